// PacketHeads: the headers of packets of one whole frame each that leave together, counted as sent when they
// are written.
#pragma once

#include <array>
#include <cstddef>
#include <span>

#include "dataplane/base/realtime.h"
#include "dataplane/core/core_state.h"

namespace tutti::core {

// Thread: the core.
class PacketHeads {
 public:
  static constexpr std::size_t kMax = 16;
  static constexpr std::size_t kLast = kMax - 1;
  static constexpr std::size_t kPayloadBytes = base::kFrameSamples;  // G.711: a byte a sample

  // The header of the packet that is due to one whose packet of this tick is one whole frame. Returns its
  // place; behind kLast there is none.
  std::size_t add(Participant& participant, base::Instant due) TUTTI_REALTIME {
    const std::size_t place = count_;  // not read anew behind each store
    net::PacketHead& head = heads_[place];
    head.endpoint = endpoint_of(participant);
    head.to = participant.send_to;
    participant.outbound.pass_frame(due, head.bytes);
    count_ = place + 1;
    return place;
  }
  bool empty() const TUTTI_REALTIME { return count_ == 0; }
  // Valid until the next add(), also behind finish().
  std::span<const net::PacketHead> all() const TUTTI_REALTIME { return std::span(heads_).first(count_); }

  // The first `sent` have left, the others are lost: for them no buffer was free.
  void finish(CoreState& state, std::size_t sent) TUTTI_REALTIME {
    state.counters.packets_sent.add(sent);
    state.counters.bytes_sent.add(sent * (rtp::kRtpHeaderBytes + kPayloadBytes));
    for (const net::PacketHead& lost : all().subspan(sent)) {
      state.participants[static_cast<std::uint32_t>(lost.endpoint)].outbound.take_back(lost.bytes);
    }
    count_ = 0;
  }

 private:
  std::size_t count_ = 0;
  std::array<net::PacketHead, kMax> heads_;
};

}  // namespace tutti::core
