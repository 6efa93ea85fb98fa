// SlotMarks: what of a participant is told without a look at it, for all in one dense array: a packet reads
// one line of that, of sixteen slots, before anything of the participant's own is in the cache.
#pragma once

#include <cstdint>

namespace tutti::core {

// Whose packets a slot takes.
enum class Presence : std::uint8_t {
  kNobody,
  kPresent,
  kTakesRtp,   // what comes on its RTP flow goes to its stream: it may receive, no RTCP comes there
  kDetaching,  // nobody's: it only waits for the network to let go
};

// Thread: the core.
struct SlotMarks {
  std::uint16_t quiet_since = 0;  // QuietStreams': the era in which it was found to be quiet; 0: it is not
  std::uint8_t shelf_taken = 0;   // PayloadPool's: a bit for each block of its shelf
  Presence presence = Presence::kNobody;
};
static_assert(sizeof(SlotMarks) == 4);

}  // namespace tutti::core
