#include "signaling/conference/journal_store.h"

#include <utility>

#include "signaling/conference/event_size.h"

namespace tutti::conference {

JournalStore::JournalStore(std::size_t events_max, std::size_t bytes_max, std::uint64_t first_position)
    : events_max_(events_max),
      bytes_max_(bytes_max),
      first_position_(first_position),
      last_position_(first_position - 1) {}

void JournalStore::write(EntryPointer entry) {
  const ConferenceEvent& event = entry->event;
  Room& room = rooms_[event.conference];
  if (room.first_position != entry->first_position) {  // new, or numbered anew
    drop_all(room);
    room.first_position = entry->first_position;
  }
  last_position_ = entry->position;
  room.last = {event.number, last_position_};
  room.held.emplace_hint(room.held.end(), event.number, last_position_);
  const std::size_t bytes = size_of(event);
  held_.emplace_hint(held_.end(), last_position_, Held{std::move(entry), &room, bytes});
  bytes_ += bytes;
  while (room.held.size() > events_max_) drop_oldest(room);
  // The oldest of all is its conference's oldest, too.
  while (bytes_ > bytes_max_ && !held_.empty()) drop_oldest(*held_.begin()->second.room);
}

void JournalStore::drop_oldest(Room& room) {
  const auto held = held_.find(room.held.begin()->second);
  room.held.erase(room.held.begin());
  bytes_ -= held->second.bytes;
  held_.erase(held);
}

void JournalStore::drop_all(Room& room) {
  while (!room.held.empty()) drop_oldest(room);
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
  auto at = room.held.upper_bound(read);
  const std::uint64_t first = at == room.held.end() ? room.last.number + 1 : at->first;
  Page page;
  page.gap = foreign || first != read + 1;
  if (page.gap) page.behind = {first - 1, room.first_position};
  if (page.gap && !foreign) page.lost = first - read - 1;
  for (; at != room.held.end() && page.entries.size() < max; ++at) {
    if (at->first != first + page.entries.size()) break;  // a gap, for the next page
    page.entries.push_back(held_.at(at->second).entry);
  }
  page.next = page.entries.empty() ? Cursor{first - 1, room.first_position}
                                   : Cursor{page.entries.back()->event.number, page.entries.back()->position};
  return page;
}

Page JournalStore::read_after(Cursor after, std::size_t max) const {
  const bool foreign =
      after.position != 0 && (after.position < first_position_ - 1 || after.position > last_position_);
  const std::uint64_t read = foreign || after.position == 0 ? first_position_ - 1 : after.position;
  auto at = held_.upper_bound(read);
  const std::uint64_t first = at == held_.end() ? last_position_ + 1 : at->first;
  Page page;
  page.gap = foreign || first != read + 1;
  if (page.gap) page.behind = {0, first - 1};
  if (page.gap && !foreign) page.lost = first - read - 1;
  for (; at != held_.end() && page.entries.size() < max; ++at) {
    if (at->first != first + page.entries.size()) break;
    page.entries.push_back(at->second.entry);
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
  const auto position = room->second.held.find(number);
  return position == room->second.held.end() ? 0 : position->second;
}

}  // namespace tutti::conference
