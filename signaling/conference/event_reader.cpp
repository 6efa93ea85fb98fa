#include "signaling/conference/event_reader.h"

#include <algorithm>
#include <utility>

namespace tutti::conference {
namespace {

// Looked through for what the filter takes, before whoever reads gets its turn.
constexpr std::size_t kPagesAtOnce = 16;
constexpr std::size_t kPageEntries = 64;

template <typename Text>
bool has(const std::vector<std::string>& list, const Text& text) {
  return list.empty() || std::find(list.begin(), list.end(), text) != list.end();
}

}  // namespace

bool EventFilter::takes(const ConferenceEvent& event) const {
  return has(conferences, event.conference) && has(events, name_of(event.detail));
}

EventReader::EventReader(const EventJournal& journal, EventFilter filter)
    : journal_(journal), filter_(std::move(filter)), all_(journal.end()) {
  for (const std::string& conference : filter_.conferences) {
    cursors_[conference] = journal.end_of(conference);
  }
}

void EventReader::seek(Cursor after) {
  all_ = after;
}

void EventReader::seek(const std::string& conference, Cursor after) {
  cursors_[conference] = after;
}

EventReader::Batch EventReader::read(std::size_t max) {
  Batch batch;
  if (cursors_.empty()) {
    batch.more = read_pages({}, all_, max, batch);
    return batch;
  }
  auto at = cursors_.upper_bound(turn_);
  for (std::size_t i = 0; i < cursors_.size(); ++i, ++at) {
    if (at == cursors_.end()) at = cursors_.begin();
    turn_ = at->first;
    batch.more = read_pages(at->first, at->second, max, batch);
    if (batch.gap || !batch.entries.empty()) batch.more = true;  // of the next one
    if (batch.more) return batch;
  }
  return batch;
}

// Its last position first: what comes in between is read by its number and left by its position, to who
// succeeds. The other way round nobody would take it.
void EventReader::end_here() {
  last_ = std::min(last_, journal_.end().position);
  for (const auto& [conference, cursor] : cursors_) {
    last_numbers_[conference] = journal_.end_of(conference).number;
  }
}

EventReader EventReader::succeed(EventFilter filter) {
  // Its places first: what comes in between is before its first position, and this one's.
  EventReader next(journal_, std::move(filter));
  end_here();
  next.first_ = last_;
  return next;
}

std::uint64_t EventReader::end_of(const std::string& conference) const {
  if (conference.empty()) return last_;
  const auto found = last_numbers_.find(conference);
  return found == last_numbers_.end() ? kNever : found->second;
}

std::uint64_t EventReader::waiting() const {
  // More than there ever were are not behind a place of another numbering, or of none.
  const auto between = [most = journal_.counters().emitted.value()](std::uint64_t from, std::uint64_t to) {
    return to > from ? std::min(to - from, most) : 0;
  };
  if (cursors_.empty()) return between(all_.position, std::min(last_, journal_.end().position));
  std::uint64_t sum = 0;
  for (const auto& [conference, cursor] : cursors_) {
    sum += between(cursor.number, std::min(end_of(conference), journal_.end_of(conference).number));
  }
  return sum;
}

// True where there may be more at once.
bool EventReader::read_pages(const std::string& conference, Cursor& cursor, std::size_t max, Batch& batch) {
  const std::uint64_t end = end_of(conference);
  for (std::size_t i = 0; i < kPagesAtOnce; ++i) {
    const std::uint64_t read = conference.empty() ? cursor.position : cursor.number;
    // A place beyond all that ever were is a gap like any other of another numbering.
    if (end != kNever && read >= end) return false;
    // A page may hold fewer that the filter takes, and never more than there is room for.
    const std::size_t room = std::min(kPageEntries, max - batch.entries.size());
    Page page = conference.empty() ? journal_.read_after(cursor, room)
                                   : journal_.read_after(conference, cursor, room);
    if (page.gap && (batch.gap || !batch.entries.empty())) return true;  // the next batch's
    cursor = page.next;
    if (page.gap) {
      batch.gap = true;
      batch.conference = conference;
      batch.lost = std::min(page.lost, end - read);
      batch.behind = page.behind;
    }
    for (EntryPointer& entry : page.entries) {
      const bool mine = entry->position > first_ && entry->position <= last_;
      if (mine && filter_.takes(entry->event)) batch.entries.push_back(std::move(entry));
    }
    if (batch.entries.size() >= max) return true;
    if (page.entries.empty()) return false;
  }
  return true;
}

}  // namespace tutti::conference
