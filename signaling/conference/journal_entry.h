// JournalEntry, Cursor, Page: an event as the journal keeps it, where a reader is, and what it gets.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "signaling/conference/conference_event.h"

namespace tutti::conference {

struct JournalEntry {
  ConferenceEvent event;
  // Among the events of all conferences, growing by one; it starts at the microseconds since 1970, so that
  // those of the next process are greater.
  std::uint64_t position = 0;
  std::uint64_t first_position = 0;  // of the event that was number 1
};
using EntryPointer = std::shared_ptr<const JournalEntry>;

// What was read last. Zeros are the beginning. A cursor of one conference may lack its position: it then
// means the numbers of that name as they run now.
struct Cursor {
  std::uint64_t number = 0;
  std::uint64_t position = 0;
  bool operator==(const Cursor&) const = default;
};

struct Page {
  // In order; between two of them nothing is missing but statistics that newer ones of the same conference
  // took the place of.
  std::vector<EntryPointer> entries;
  bool gap = false;        // but before the first: others after the cursor are gone
  std::uint64_t lost = 0;  // so many, such statistics among them; 0 = nobody can tell: they were numbered
                           // before it began anew
  Cursor behind;           // where there is a gap: its end, so that the first that can be had is
                           // `behind.number + 1`, of all conferences at `behind.position + 1`
  Cursor next;             // behind the entries, and the gap: it is told once
};

}  // namespace tutti::conference
