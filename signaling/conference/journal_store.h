// JournalStore: the journal's memory: the events that are held, by conference and in the order of all, packed
// (docs/decisions/0025).
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <string_view>

#include "signaling/conference/event_log.h"
#include "signaling/conference/journal_entry.h"

namespace tutti::conference {

// Thread: one at a time.
class JournalStore {
 public:
  // Holds `events_max` of each conference and `bytes_max` of all; the oldest go. `first_position` is the
  // first event's.
  JournalStore(std::size_t events_max, std::size_t bytes_max, std::uint64_t first_position);

  // Numbers and positions grow; what they leave out is told as a gap.
  void write(const JournalEntry& entry);
  // Forgets a conference, unless it was numbered anew since.
  void forget(std::string_view conference, std::uint64_t first_position);

  // As EventJournal has them.
  Page read_after(std::string_view conference, Cursor after, std::size_t max) const;
  Page read_after(Cursor after, std::size_t max) const;
  Cursor end_of(std::string_view conference) const;
  Cursor end() const { return {0, last_position_}; }
  std::uint64_t position_of(std::string_view conference, std::uint64_t number) const;
  bool knows(std::string_view conference) const { return rooms_.find(conference) != rooms_.end(); }

  std::size_t events() const { return order_.size() - holes_; }
  std::size_t bytes() const { return bytes_; }
  std::size_t conferences() const { return rooms_.size(); }

 private:
  struct Room {
    std::string_view name;
    std::uint64_t first_position = 0;  // of its numbering
    Cursor last;                       // written
    EventLog log;
  };
  struct Held {
    std::uint64_t position;
    Room* room;  // null: a hole, its event is dropped
  };
  using Order = std::deque<Held>;

  Room& room_of(const JournalEntry& entry);
  void drop_oldest(Room& room);
  void drop_all(Room& room);
  // Counts a hole there, and closes holes before they are more than the events.
  void make_hole(std::uint64_t position);
  Order::const_iterator find_from(std::uint64_t position) const;
  static EntryPointer entry_at(const Room& room, const EventLog::Place& place);

  const std::size_t events_max_;
  const std::size_t bytes_max_;
  const std::uint64_t first_position_;
  std::uint64_t last_position_;
  std::map<std::string, Room, std::less<>> rooms_;
  Order order_;  // by position; its first is none, and not more than half are holes
  std::size_t holes_ = 0;
  std::size_t bytes_ = 0;
};

}  // namespace tutti::conference
