// What a packet will touch, fetched into the cache some packets before it is taken.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "dataplane/base/prefetch.h"
#include "dataplane/base/realtime.h"
#include "dataplane/core/core_state.h"
#include "dataplane/net/packet_port.h"
#include "dataplane/rtp/rtp_packet.h"

namespace tutti::core {

// So many packets are taken while what the next ones touch is on its way: memory is some 150 ns away, a
// packet takes 30. Together, because the first line of each page is waited for where the page's address has
// to be looked up: a processor looks up some six at once, but does not go far beyond one that it waits for.
inline constexpr std::size_t kArrivalsTogether = 16;

// Before all else what is told of their slots in dense arrays: where many are there, they are in no
// second-level cache either. Thread: the core.
inline void prefetch_presence(const CoreState& state,
                              std::span<const net::ReceivedPacket> packets) TUTTI_REALTIME {
  for (const net::ReceivedPacket& packet : packets) {
    const auto slot = static_cast<std::uint32_t>(packet.endpoint);
    base::prefetch(state.presence.get() + slot);
    state.quiet.prefetch(slot);
    state.payloads.prefetch_shelf(slot);
  }
}

// Then the rest. Thread: the core.
inline void prefetch_for_arrival(CoreState& state,
                                 std::span<const net::ReceivedPacket> packets) TUTTI_REALTIME {
  for (const net::ReceivedPacket& packet : packets) {
    const auto slot = static_cast<std::uint32_t>(packet.endpoint);
    if (slot >= state.participants.capacity()) continue;
    state.participants.at(slot)->inbound.prefetch();
    state.payloads.prefetch_next(slot, 0);
  }
  for (const net::ReceivedPacket& packet : packets) {
    const auto slot = static_cast<std::uint32_t>(packet.endpoint);
    if (slot >= state.participants.capacity()) continue;
    const Participant* const participant = state.participants.at(slot);
    const rtp::SequenceNumber number = rtp::number_of(packet.payload);
    participant->prefetch_for_arrival(number);
    for (std::size_t line = 1; line < stream::PayloadPool::kShortLines; ++line) {
      state.payloads.prefetch_next(slot, line);
    }
    if (state.quiet.may_owe(slot)) {
      // Frames are made up before it is taken: at 60 ms of delay this one's, or the next one's, which is in
      // the same line or in that of `number`.
      base::prefetch(participant);
      participant->prefetch_for_arrival(number + -4);
    }
  }
}

}  // namespace tutti::core
