// ListenerBatch: packets of those who hear the same on their way to the port, several at a time.
#pragma once

#include <array>
#include <cstddef>
#include <span>

#include "dataplane/base/realtime.h"
#include "dataplane/core/core_state.h"
#include "mixer/codec/codec_id.h"

namespace tutti::core {

// Made anew for each conference and tick; flushed before it is left, and before anything else of one who is
// in it is sent. Thread: the core.
class ListenerBatch {
 public:
  explicit ListenerBatch(CoreState& state) TUTTI_REALTIME : state_(state) {}

  // Whose packet of this tick is one whole frame, due now, that others share. Valid until flush().
  void add(Participant& participant, base::Instant due, std::span<const std::byte> payload) TUTTI_REALTIME {
    auto& outbound = participant.outbound;
    Lane& lane = lanes_[static_cast<std::size_t>(outbound.codec())];
    net::PacketHead& head = lane.heads[lane.count];
    head.endpoint = endpoint_of(participant);
    head.to = participant.send_to;
    outbound.pass_frame(due, head.bytes);
    outbound.sent(payload.size());
    lane.payload = payload;
    if (++lane.count == kLaneMax) flush(lane);
  }

  void flush() TUTTI_REALTIME {
    for (Lane& lane : lanes_) flush(lane);
  }

 private:
  static constexpr std::size_t kLaneMax = 16;

  struct Lane {
    std::size_t count = 0;
    std::span<const std::byte> payload;
    std::array<net::PacketHead, kLaneMax> heads;
  };

  void flush(Lane& lane) TUTTI_REALTIME {
    if (lane.count == 0) return;
    const auto heads = std::span<const net::PacketHead>(lane.heads).first(lane.count);
    lane.count = 0;
    const std::size_t sent = state_.port.send(heads, lane.payload);
    state_.counters.packets_sent.add(sent);
    state_.counters.bytes_sent.add(sent * (rtp::kRtpHeaderBytes + lane.payload.size()));
    for (const net::PacketHead& lost : heads.subspan(sent)) {
      state_.participants[static_cast<std::uint32_t>(lost.endpoint)].outbound.take_back(lost.bytes,
                                                                                        lane.payload.size());
    }
  }

  CoreState& state_;
  std::array<Lane, 2> lanes_;  // by CodecId
};

}  // namespace tutti::core
