// JournalStore: the journal's memory: the events that are held, by conference and in the order of all, packed
// (docs/decisions/0025).
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "signaling/conference/event_log.h"
#include "signaling/conference/journal_entry.h"

namespace tutti::conference {

// Thread: one at a time.
class JournalStore {
 public:
  // Holds `events_max` of each conference and `bytes_max` of all; the oldest go. Statistics go when newer
  // ones of their conference come (docs/decisions/0029). `first_position` is the first event's.
  JournalStore(std::size_t events_max, std::size_t bytes_max, std::uint64_t first_position);

  // Other bounds; what is held beyond them goes by shrink(), or with what is written.
  void set_bounds(std::size_t events_max, std::size_t bytes_max);
  // Lets up to `most` of the oldest go that are too much; false once none is.
  bool shrink(std::size_t most);

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

  std::size_t events() const { return events_; }
  std::size_t bytes() const { return bytes_; }
  std::size_t conferences() const { return rooms_.size(); }

 private:
  // The newest of a conference; number 0: there are none.
  struct Statistics {
    std::vector<std::uint8_t> packed;
    std::uint64_t number = 0;
    std::uint64_t position = 0;
  };
  struct Room {
    std::string_view name;
    std::uint64_t first_position = 0;  // of its numbering
    Cursor last;                       // written
    std::uint64_t dropped = 0;         // the last number that had to go
    EventLog log;                      // all but statistics
    Statistics statistics;

    std::size_t events() const { return log.events() + (statistics.number != 0 ? 1 : 0); }
  };
  // An event; or a hole: null where it had to go or never came, which is told, `replaced_` where it is not.
  struct Held {
    std::uint64_t position;
    Room* room;
  };
  using Order = std::deque<Held>;

  Room& room_of(const JournalEntry& entry);
  // Counts one more event, or one less, of so many packed bytes.
  void count(std::size_t packed);
  void uncount(std::size_t packed);
  void keep_statistics(Room& room, const JournalEntry& entry);
  void drop_statistics(Room& room, Room* hole);
  void drop_oldest(Room& room);
  void drop_all(Room& room);
  // Closes holes before they are more than the events.
  void make_hole(std::uint64_t position, Room* hole);
  void close_first_holes();
  void close_holes();
  Order::const_iterator find_from(std::uint64_t position) const;
  static EntryPointer entry_at(const Room& room, const EventLog::Place& place);
  static EntryPointer entry_of_statistics(const Room& room);
  static EntryPointer entry_of(const Room& room, ConferenceEvent event, std::uint64_t number,
                               std::uint64_t position);

  std::size_t events_max_;
  std::size_t bytes_max_;
  const std::uint64_t first_position_;
  std::uint64_t last_position_;
  std::uint64_t dropped_;  // the last position in front of `order_` that is told to be gone
  std::map<std::string, Room, std::less<>> rooms_;
  Order order_;  // by position; its first is an event
  Room replaced_;
  std::size_t holes_made_ = 0;  // since they were closed last
  std::size_t events_ = 0;
  std::size_t bytes_ = 0;
};

}  // namespace tutti::conference
