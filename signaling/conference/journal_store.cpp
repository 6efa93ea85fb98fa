#include "signaling/conference/journal_store.h"

#include <algorithm>

#include "dataplane/base/check.h"

namespace tutti::conference {
namespace {

// What an event takes besides its own bytes: its place in the order of all.
constexpr std::size_t kPlace = 16;

}  // namespace

JournalStore::JournalStore(std::size_t events_max, std::size_t bytes_max, std::uint64_t first_position)
    : events_max_(events_max),
      bytes_max_(bytes_max),
      first_position_(first_position),
      last_position_(first_position - 1) {}

void JournalStore::write(const JournalEntry& entry) {
  Room& room = room_of(entry);
  last_position_ = entry.position;
  room.last = {entry.event.number, last_position_};
  const std::size_t before = room.log.bytes();
  room.log.append(entry.event, last_position_);
  order_.push_back({last_position_, &room});
  bytes_ += room.log.bytes() - before + kPlace;
  while (room.log.events() > events_max_) drop_oldest(room);
  // The oldest of all is its conference's oldest, too.
  while (bytes_ > bytes_max_ && !order_.empty()) drop_oldest(*order_.front().room);
}

JournalStore::Room& JournalStore::room_of(const JournalEntry& entry) {
  const auto [found, made] = rooms_.try_emplace(entry.event.conference);
  Room& room = found->second;
  if (room.first_position != entry.first_position) {  // new, or numbered anew
    drop_all(room);
    room = {.name = found->first, .first_position = entry.first_position, .last = {}, .log = {}};
  }
  return room;
}

void JournalStore::drop_oldest(Room& room) {
  const std::uint64_t position = room.log.find_after(0)->position;
  const std::size_t before = room.log.bytes();
  room.log.drop_oldest();
  bytes_ -= before - room.log.bytes() + kPlace;
  make_hole(position);
}

void JournalStore::drop_all(Room& room) {
  while (room.log.events() != 0) drop_oldest(room);
}

void JournalStore::make_hole(std::uint64_t position) {
  const auto held = order_.begin() + (find_from(position) - order_.cbegin());
  CHECK(held != order_.end() && held->position == position);
  held->room = nullptr;
  ++holes_;
  for (; !order_.empty() && order_.front().room == nullptr; --holes_) order_.pop_front();
  if (2 * holes_ <= order_.size()) return;
  std::erase_if(order_, [](const Held& one) { return one.room == nullptr; });
  holes_ = 0;
}

JournalStore::Order::const_iterator JournalStore::find_from(std::uint64_t position) const {
  return std::lower_bound(order_.begin(), order_.end(), position,
                          [](const Held& held, std::uint64_t wanted) { return held.position < wanted; });
}

EntryPointer JournalStore::entry_at(const Room& room, const EventLog::Place& place) {
  auto entry = std::make_shared<JournalEntry>();
  entry->event = room.log.read(place);
  entry->event.conference = room.name;
  entry->position = place.position;
  entry->first_position = room.first_position;
  return entry;
}

void JournalStore::forget(std::string_view conference, std::uint64_t first_position) {
  const auto room = rooms_.find(conference);
  if (room == rooms_.end() || room->second.first_position != first_position) return;
  drop_all(room->second);
  rooms_.erase(room);
}

Page JournalStore::read_after(std::string_view conference, Cursor after, std::size_t max) const {
  const auto found = rooms_.find(conference);
  if (found == rooms_.end()) return {.next = after};
  const Room& room = found->second;
  // The cursor is of another numbering, before this one or after a clock went back.
  const bool foreign =
      after.number > room.last.number ||
      (after.position != 0 && (after.position < room.first_position || after.position > room.last.position));
  const std::uint64_t read = foreign ? 0 : after.number;
  auto at = room.log.find_after(read);
  const std::uint64_t first = at ? at->number : room.last.number + 1;
  Page page;
  page.gap = foreign || first != read + 1;
  if (page.gap) page.behind = {first - 1, room.first_position};
  if (page.gap && !foreign) page.lost = first - read - 1;
  for (; at && page.entries.size() < max; at = room.log.next(*at)) {
    if (at->number != first + page.entries.size()) break;  // a gap, for the next page
    page.entries.push_back(entry_at(room, *at));
  }
  page.next = page.entries.empty() ? Cursor{first - 1, room.first_position}
                                   : Cursor{page.entries.back()->event.number, page.entries.back()->position};
  return page;
}

Page JournalStore::read_after(Cursor after, std::size_t max) const {
  const bool foreign =
      after.position != 0 && (after.position < first_position_ - 1 || after.position > last_position_);
  const std::uint64_t read = foreign || after.position == 0 ? first_position_ - 1 : after.position;
  auto at = find_from(read + 1);
  while (at != order_.end() && at->room == nullptr) ++at;
  const std::uint64_t first = at == order_.end() ? last_position_ + 1 : at->position;
  Page page;
  page.gap = foreign || first != read + 1;
  if (page.gap) page.behind = {0, first - 1};
  if (page.gap && !foreign) page.lost = first - read - 1;
  for (; at != order_.end() && page.entries.size() < max; ++at) {
    if (at->room == nullptr || at->position != first + page.entries.size()) break;
    page.entries.push_back(entry_at(*at->room, *at->room->log.find_from(at->position)));
  }
  page.next = page.entries.empty() ? Cursor{0, first - 1}
                                   : Cursor{page.entries.back()->event.number, page.entries.back()->position};
  return page;
}

Cursor JournalStore::end_of(std::string_view conference) const {
  const auto found = rooms_.find(conference);
  return found == rooms_.end() ? Cursor{} : found->second.last;
}

std::uint64_t JournalStore::position_of(std::string_view conference, std::uint64_t number) const {
  const auto room = rooms_.find(conference);
  if (room == rooms_.end()) return 0;
  const auto place = number == 0 ? std::nullopt : room->second.log.find_after(number - 1);
  return place && place->number == number ? place->position : 0;
}

}  // namespace tutti::conference
