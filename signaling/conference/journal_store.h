// JournalStore: the journal's memory: the events that are held, by conference and in the order of all.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "signaling/conference/journal_entry.h"

namespace tutti::conference {

// Thread: one at a time.
class JournalStore {
 public:
  // Holds `events_max` of each conference and `bytes_max` (size_of) of all; the oldest go. `first_position`
  // is the first event's.
  JournalStore(std::size_t events_max, std::size_t bytes_max, std::uint64_t first_position);

  // Numbers and positions grow; what they leave out is told as a gap.
  void write(EntryPointer entry);
  // Forgets a conference, unless it was numbered anew since.
  void forget(std::string_view conference, std::uint64_t first_position);

  // As EventJournal has them.
  Page read_after(std::string_view conference, Cursor after, std::size_t max) const;
  Page read_after(Cursor after, std::size_t max) const;
  Cursor end_of(std::string_view conference) const;
  Cursor end() const { return {0, last_position_}; }
  std::uint64_t position_of(std::string_view conference, std::uint64_t number) const;
  bool knows(std::string_view conference) const { return rooms_.find(conference) != rooms_.end(); }

  std::size_t events() const { return held_.size(); }
  std::size_t bytes() const { return bytes_; }
  std::size_t conferences() const { return rooms_.size(); }

 private:
  struct Room {
    std::uint64_t first_position = 0;             // of its numbering
    Cursor last;                                  // written
    std::map<std::uint64_t, std::uint64_t> held;  // number -> position
  };
  struct Held {
    EntryPointer entry;
    Room* room;
    std::size_t bytes;
  };

  void drop_oldest(Room& room);
  void drop_all(Room& room);

  const std::size_t events_max_;
  const std::size_t bytes_max_;
  const std::uint64_t first_position_;
  std::uint64_t last_position_;
  std::map<std::string, Room, std::less<>> rooms_;
  std::map<std::uint64_t, Held> held_;  // by position
  std::size_t bytes_ = 0;
};

}  // namespace tutti::conference
