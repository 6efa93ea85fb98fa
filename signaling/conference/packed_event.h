// PackedEvent: an event as few bytes: what the journal holds, a fifth to a twentieth of the event in memory.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "signaling/conference/conference_event.h"

namespace tutti::conference {

// Appends all of an event but its number and its conference, which whoever holds it knows.
void pack(const ConferenceEvent& event, std::vector<std::uint8_t>& out);
// The same back. `packed` is what one pack() appended, by this process: nothing from outside.
ConferenceEvent unpack(std::span<const std::uint8_t> packed);

// Seven bits a byte, least first, the eighth says that one more follows.
void put_varint(std::uint64_t value, std::vector<std::uint8_t>& out);
// Takes one from the front of `packed`.
std::uint64_t take_varint(std::span<const std::uint8_t>& packed);

}  // namespace tutti::conference
