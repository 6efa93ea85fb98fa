// What a packet will touch, fetched into the cache some packets before it is taken.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "dataplane/base/check.h"
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

// Before all else their slots' marks: where many are there, they are in no second-level cache either. Thread:
// the core.
inline void prefetch_marks(const CoreState& state,
                           std::span<const net::ReceivedPacket> packets) TUTTI_REALTIME {
  for (const net::ReceivedPacket& packet : packets) {
    base::prefetch(state.marks.get() + static_cast<std::uint32_t>(packet.endpoint));
  }
}

inline void prefetch_payload(const std::byte* payload, std::size_t from) TUTTI_REALTIME {
  for (std::size_t at = from; at < stream::PayloadPool::kShortBytes; at += 64) base::prefetch(payload + at);
}

// What one will touch of a participant that is on its way, before anything is known of the packet: not its
// slot of the jitter buffer. Thread: the core.
inline void prefetch_expected(const CoreState& state, const Participant& participant,
                              std::uint32_t slot) TUTTI_REALTIME {
  participant.inbound.prefetch_arrivals();
  const std::byte* const payload = state.payloads.next_written(slot);
  if (payload != nullptr) prefetch_payload(payload, 0);
}

// Then the rest, whether or not there is anybody: so many at most. Thread: the core.
inline void prefetch_for_arrival(CoreState& state,
                                 std::span<const net::ReceivedPacket> packets) TUTTI_REALTIME {
  DCHECK(packets.size() <= kArrivalsTogether);
  struct Place {
    const Participant* participant;  // none: of no slot that there is
    const std::byte* payload;
  };
  std::array<Place, kArrivalsTogether> places;
  for (std::size_t i = 0; i < packets.size(); ++i) {
    const auto slot = static_cast<std::uint32_t>(packets[i].endpoint);
    places[i].participant = nullptr;
    if (slot >= state.participants.capacity()) continue;
    places[i] = {state.participants.at(slot), state.payloads.next_written(slot)};
    places[i].participant->inbound.prefetch();
    if (places[i].payload != nullptr) base::prefetch(places[i].payload);
  }
  for (std::size_t i = 0; i < packets.size(); ++i) {
    const auto [participant, payload] = places[i];
    if (participant == nullptr) continue;
    const rtp::SequenceNumber number = rtp::number_of(packets[i].payload);
    participant->inbound.prefetch_for_arrival(number);
    if (payload != nullptr) prefetch_payload(payload, 64);
    if (state.quiet.may_owe(static_cast<std::uint32_t>(packets[i].endpoint))) {
      // Frames are made up before it is taken: at 60 ms of delay this one's, or the next one's, which is in
      // the same line or in that of `number`.
      base::prefetch(participant);
      participant->inbound.prefetch_slot(number + -4);
    }
  }
}

}  // namespace tutti::core
