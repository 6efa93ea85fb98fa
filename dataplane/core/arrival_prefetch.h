// What a packet will touch, fetched into the cache some packets before it is taken.
#pragma once

#include <cstdint>

#include "dataplane/base/prefetch.h"
#include "dataplane/base/realtime.h"
#include "dataplane/core/core_state.h"
#include "dataplane/net/packet_port.h"
#include "dataplane/rtp/rtp_packet.h"

namespace tutti::core {

// Memory is some 150 ns away, a packet takes 30.
inline constexpr std::uint32_t kArrivalsAhead = 16;

// Before all else what is told of its slot in dense arrays: where many are there, they are in no second-level
// cache either. Thread: the core.
inline void prefetch_presence(const CoreState& state, const net::ReceivedPacket& packet) TUTTI_REALTIME {
  const auto slot = static_cast<std::uint32_t>(packet.endpoint);
  base::prefetch(state.presence.get() + slot);
  state.quiet.prefetch(slot);
}

// Then the rest, of one that is taken so many after the present one. Thread: the core.
inline void prefetch_for_arrival(CoreState& state, const net::ReceivedPacket& packet,
                                 std::uint32_t ahead) TUTTI_REALTIME {
  const auto slot = static_cast<std::uint32_t>(packet.endpoint);
  if (slot < state.participants.capacity()) {
    const Participant* const participant = state.participants.at(slot);
    const rtp::SequenceNumber number = rtp::number_of(packet.payload);
    participant->prefetch_for_arrival(number);
    if (state.quiet.may_owe(slot)) {
      // Frames are made up before it is taken: at 60 ms of delay this one's, or the next one's, which is in
      // the same line or in that of `number`.
      base::prefetch(participant);
      participant->prefetch_for_arrival(number + -4);
    }
  }
  state.payloads.prefetch_free(ahead);
}

}  // namespace tutti::core
