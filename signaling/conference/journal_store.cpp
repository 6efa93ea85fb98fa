#include "signaling/conference/journal_store.h"

#include <algorithm>
#include <iterator>
#include <utility>
#include <variant>

#include "dataplane/base/check.h"
#include "signaling/conference/packed_event.h"

namespace tutti::conference {
namespace {

// What an event takes besides its own bytes: its place in the order of all.
constexpr std::size_t kPlace = 16;

}  // namespace

JournalStore::JournalStore(std::size_t events_max, std::size_t bytes_max, std::uint64_t first_position)
    : events_max_(events_max),
      bytes_max_(bytes_max),
      first_position_(first_position),
      last_position_(first_position - 1),
      dropped_(last_position_) {}

void JournalStore::write(const JournalEntry& entry) {
  Room& room = room_of(entry);
  const std::uint64_t number = entry.event.number;
  if (entry.position != last_position_ + 1) order_.push_back({entry.position - 1, nullptr});
  if (number != room.last.number + 1) room.log.append_hole(number - 1, entry.position - 1);
  last_position_ = entry.position;
  room.last = {number, last_position_};
  if (std::holds_alternative<StatsUpdated>(entry.event.detail)) {
    keep_statistics(room, entry);
  } else {
    const std::size_t before = room.log.bytes();
    room.log.append(entry.event, last_position_);
    count(room.log.bytes() - before);
  }
  order_.push_back({last_position_, &room});
  close_first_holes();
  while (room.events() > events_max_) drop_oldest(room);
  // The oldest of all is its conference's oldest, too.
  while (bytes_ > bytes_max_ && !order_.empty()) drop_oldest(*order_.front().room);
}

void JournalStore::set_bounds(std::size_t events_max, std::size_t bytes_max) {
  events_max_ = events_max;
  bytes_max_ = bytes_max;
}

bool JournalStore::shrink(std::size_t most) {
  for (; bytes_ > bytes_max_ && !order_.empty() && most > 0; --most) drop_oldest(*order_.front().room);
  for (auto room = rooms_.begin(); room != rooms_.end() && most > 0; ++room) {
    for (; room->second.events() > events_max_ && most > 0; --most) drop_oldest(room->second);
  }
  return most == 0;
}

JournalStore::Room& JournalStore::room_of(const JournalEntry& entry) {
  const auto [found, made] = rooms_.try_emplace(entry.event.conference);
  Room& room = found->second;
  if (room.first_position != entry.first_position) {  // new, or numbered anew
    drop_all(room);
    room = Room();
    room.name = found->first;
    room.first_position = entry.first_position;
  }
  return room;
}

void JournalStore::count(std::size_t packed) {
  ++events_;
  bytes_ += packed + kPlace;
}

void JournalStore::uncount(std::size_t packed) {
  --events_;
  bytes_ -= packed + kPlace;
}

void JournalStore::keep_statistics(Room& room, const JournalEntry& entry) {
  if (room.statistics.number != 0) drop_statistics(room, &replaced_);
  pack(entry.event, room.statistics.packed);
  room.statistics.number = entry.event.number;
  room.statistics.position = entry.position;
  count(room.statistics.packed.size());
}

void JournalStore::drop_statistics(Room& room, Room* hole) {
  uncount(room.statistics.packed.size());
  room.statistics.packed.clear();
  room.statistics.number = 0;
  make_hole(room.statistics.position, hole);
}

void JournalStore::drop_oldest(Room& room) {
  const auto first = room.log.find_after(0);
  const std::uint64_t statistics = room.statistics.number;
  if (statistics != 0 && (!first || statistics < first->number)) {
    room.dropped = statistics;
    return drop_statistics(room, nullptr);
  }
  room.dropped = first->number;
  const std::size_t before = room.log.bytes();
  room.log.drop_oldest();
  if (first->hole) return;
  uncount(before - room.log.bytes());
  make_hole(first->position, nullptr);
}

void JournalStore::drop_all(Room& room) {
  while (room.events() != 0) drop_oldest(room);
}

void JournalStore::make_hole(std::uint64_t position, Room* hole) {
  const auto held = order_.begin() + (find_from(position) - order_.cbegin());
  CHECK(held != order_.end() && held->position == position);
  held->room = hole;
  ++holes_made_;
  close_first_holes();
  if (2 * holes_made_ > order_.size()) close_holes();
}

void JournalStore::close_first_holes() {
  for (; !order_.empty(); order_.pop_front()) {
    const Held& first = order_.front();
    if (first.room != nullptr && first.room != &replaced_) return;
    if (first.room == nullptr) dropped_ = first.position;
  }
}

// Of holes in a row that are told the last stays, for all of them.
void JournalStore::close_holes() {
  std::erase_if(order_, [this](const Held& one) { return one.room == &replaced_; });
  const auto same_hole = [](const Held& one, const Held& next) {
    return one.room == nullptr && next.room == nullptr;
  };
  order_.erase(order_.begin(), std::unique(order_.rbegin(), order_.rend(), same_hole).base());
  holes_made_ = 0;
}

JournalStore::Order::const_iterator JournalStore::find_from(std::uint64_t position) const {
  return std::lower_bound(order_.begin(), order_.end(), position,
                          [](const Held& held, std::uint64_t wanted) { return held.position < wanted; });
}

EntryPointer JournalStore::entry_at(const Room& room, const EventLog::Place& place) {
  return entry_of(room, room.log.read(place), place.number, place.position);
}

EntryPointer JournalStore::entry_of_statistics(const Room& room) {
  const Statistics& statistics = room.statistics;
  return entry_of(room, unpack(statistics.packed), statistics.number, statistics.position);
}

EntryPointer JournalStore::entry_of(const Room& room, ConferenceEvent event, std::uint64_t number,
                                    std::uint64_t position) {
  auto entry = std::make_shared<JournalEntry>();
  entry->event = std::move(event);
  entry->event.number = number;
  entry->event.conference = room.name;
  entry->position = position;
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
  CHECK(max > 0);
  const auto found = rooms_.find(conference);
  if (found == rooms_.end()) return {.next = after};
  const Room& room = found->second;
  // The cursor is of another numbering, before this one or after a clock went back.
  const bool foreign =
      after.number > room.last.number ||
      (after.position != 0 && (after.position < room.first_position || after.position > room.last.position));
  const std::uint64_t read = foreign ? 0 : after.number;
  Page page;
  page.gap = foreign || read < room.dropped;
  auto at = room.log.find_after(read);
  bool statistics = room.statistics.number > read;  // are to come
  while (page.entries.size() < max && (at || statistics)) {
    if (statistics && (!at || room.statistics.number < at->number)) {
      page.entries.push_back(entry_of_statistics(room));
      statistics = false;
      continue;
    }
    if (at->hole && !page.entries.empty()) break;  // for the next page
    if (at->hole) {
      page.gap = true;
    } else {
      page.entries.push_back(entry_at(room, *at));
    }
    at = room.log.next(*at);
  }
  const std::uint64_t before = page.entries.empty() ? room.last.number : page.entries[0]->event.number - 1;
  if (page.gap) page.behind = {before, room.first_position};
  if (page.gap && !foreign) page.lost = before - read;
  page.next = page.entries.empty() ? Cursor{before, room.first_position}
                                   : Cursor{page.entries.back()->event.number, page.entries.back()->position};
  return page;
}

Page JournalStore::read_after(Cursor after, std::size_t max) const {
  CHECK(max > 0);
  const bool foreign =
      after.position != 0 && (after.position < first_position_ - 1 || after.position > last_position_);
  const std::uint64_t read = foreign || after.position == 0 ? first_position_ - 1 : after.position;
  Page page;
  page.gap = foreign || read < dropped_;
  for (auto at = find_from(read + 1); at != order_.end() && page.entries.size() < max; ++at) {
    if (at->room == &replaced_) continue;
    if (at->room == nullptr && !page.entries.empty()) break;  // for the next page
    if (at->room == nullptr) {
      page.gap = true;
      continue;
    }
    const Room& room = *at->room;
    page.entries.push_back(room.statistics.number != 0 && room.statistics.position == at->position
                               ? entry_of_statistics(room)
                               : entry_at(room, *room.log.find_from(at->position)));
  }
  const std::uint64_t before = page.entries.empty() ? last_position_ : page.entries[0]->position - 1;
  if (page.gap) page.behind = {0, before};
  if (page.gap && !foreign) page.lost = before - read;
  page.next = page.entries.empty() ? Cursor{0, before}
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
  if (place && place->number == number && !place->hole) return place->position;
  return number != 0 && number == room->second.statistics.number ? room->second.statistics.position : 0;
}

}  // namespace tutti::conference
