// Handles: how signaling names a participant or a conference to the core that holds it.
//
// Signaling owns the slots: it takes a free one of the core, and has it back with the event that says
// the core is done. The generation tells a slot's tenants apart, so a late event names the right one.
#pragma once

#include <cstdint>

namespace tutti::mailbox {

struct ParticipantHandle {
  std::uint32_t slot = 0;
  std::uint32_t generation = 0;
  bool operator==(const ParticipantHandle&) const = default;
};

struct ConferenceHandle {
  std::uint32_t slot = 0;
  std::uint32_t generation = 0;
  bool operator==(const ConferenceHandle&) const = default;
};

// How many of each a core has room for; equal on both sides of the door.
struct CoreCapacity {
  std::uint32_t participants = 8'192;
  std::uint32_t conferences = 4'096;
};

// A process has at most so many cores; a core's index is its name.
inline constexpr std::uint32_t kCoresMax = 64;

// A conference is mixed as at most so many shares, on any cores; each has a number below this, its own for as
// long as it is open.
inline constexpr std::uint32_t kSharesMax = 64;

}  // namespace tutti::mailbox
