// TalkerPackets: packets of those who are in the mix and hear the rest of it, each of its own, encoded
// several at a time where they leave from.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "dataplane/base/realtime.h"
#include "dataplane/base/tick.h"
#include "dataplane/core/core_state.h"
#include "dataplane/core/packet_heads.h"
#include "mixer/codec/codec_id.h"
#include "mixer/conference_mixer.h"

namespace tutti::core {

// As ListenerBatch. Thread: the core.
class TalkerPackets {
 public:
  TalkerPackets(CoreState& state, mixer::ConferenceMixer& mixer) TUTTI_REALTIME : state_(state),
                                                                                  mixer_(mixer) {}

  // Whose packet of this tick is one whole frame, due now: the mix without `own`. Valid until flush().
  void add(Participant& participant, base::Instant due, const base::Frame& own) TUTTI_REALTIME {
    const codec::CodecId codec = participant.outbound.codec();
    Lane& lane = lanes_[static_cast<std::size_t>(codec)];
    const std::size_t place = lane.heads.add(participant, due);
    lane.own[place] = own.samples.data();
    if (place == PacketHeads::kLast) flush(codec);
  }

  void flush() TUTTI_REALTIME {
    flush(codec::CodecId::kPcmu);
    flush(codec::CodecId::kPcma);
  }

 private:
  struct Lane {
    PacketHeads heads;
    std::array<const std::int16_t*, PacketHeads::kMax> own;
  };

  void flush(codec::CodecId codec) TUTTI_REALTIME {
    Lane& lane = lanes_[static_cast<std::size_t>(codec)];
    if (!lane.heads.empty()) send(codec, lane);
  }

  // Out of the way of the lane that is empty: as a rule one of the two.
  [[gnu::noinline]] void send(codec::CodecId codec, Lane& lane) TUTTI_REALTIME {
    const auto heads = lane.heads.all();
    std::array<std::uint8_t*, PacketHeads::kMax> places;
    std::size_t sent = 0;
    while (sent < heads.size()) {
      const std::size_t count = state_.port.reserve_payloads(std::span(places).first(heads.size() - sent));
      if (count == 0) break;
      mixer_.mix_minus_encoded(codec, std::span(lane.own).subspan(sent, count),
                               std::span(places).first(count));
      state_.port.send_reserved(heads.subspan(sent, count), PacketHeads::kPayloadBytes);
      sent += count;
    }
    lane.heads.finish(state_, sent);
  }

  CoreState& state_;
  mixer::ConferenceMixer& mixer_;
  std::array<Lane, 2> lanes_;  // by CodecId
};

}  // namespace tutti::core
