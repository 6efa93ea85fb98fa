// EventReader: one reader's way through the journal: what it wants, and how far it is.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <map>
#include <string>
#include <vector>

#include "signaling/conference/event_journal.h"

namespace tutti::conference {

// Empty lists are everything.
struct EventFilter {
  std::vector<std::string> conferences;
  std::vector<std::string> events;  // name_of()
  bool takes(const ConferenceEvent& event) const;
  bool operator==(const EventFilter&) const = default;
};

// Thread: one at a time, any but a media core's.
class EventReader {
 public:
  // Begins behind what is there now. `journal` outlives it.
  EventReader(const EventJournal& journal, EventFilter filter);

  // Goes to a place: of all conferences where the filter names none, else of `conference`.
  void seek(Cursor after);
  void seek(const std::string& conference, Cursor after);

  struct Batch {
    std::vector<EntryPointer> entries;  // of each conference in order; of all in order where none is named
    bool gap = false;                   // before the first entry, as in Page
    std::uint64_t lost = 0;
    Cursor behind;
    std::string conference;  // that has the gap; empty: of all
    bool more = false;       // may be had at once
  };
  // Up to `max` that the filter takes. A batch with a gap is of one conference where the filter names some.
  Batch read(std::size_t max);
  // Events behind its place, whether the filter takes them or not and though the journal may have forgotten
  // some.
  std::uint64_t waiting() const;

  // From now on it reads what is there now, and nothing that comes.
  void end_here();
  // One that reads on by another filter where this one, from now on, ends: each event is read by one of them.
  EventReader succeed(EventFilter filter);

 private:
  static constexpr std::uint64_t kNever = std::numeric_limits<std::uint64_t>::max();

  // Where it ends, as its cursor there counts.
  std::uint64_t end_of(const std::string& conference) const;
  bool read_pages(const std::string& conference, Cursor& cursor, std::size_t max, Batch& batch);

  const EventJournal& journal_;
  const EventFilter filter_;
  Cursor all_;
  std::map<std::string, Cursor> cursors_;              // of each that the filter names
  std::string turn_;                                   // whose was read last: the next one comes first
  std::uint64_t first_ = 0;                            // positions: behind this one
  std::uint64_t last_ = kNever;                        // and up to this one
  std::map<std::string, std::uint64_t> last_numbers_;  // where it ends, of each that the filter names
};

}  // namespace tutti::conference
