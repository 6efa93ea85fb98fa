#include "signaling/conference/event_log.h"

#include <algorithm>
#include <span>

#include "dataplane/base/check.h"
#include "signaling/conference/packed_event.h"

namespace tutti::conference {
namespace {

// Some ten events. Nothing else that lasts or comes and goes with a call is of this size, so that the heap's
// pages for it stay full.
constexpr std::size_t kBlock = 512;

}  // namespace

void EventLog::append(const ConferenceEvent& event, std::uint64_t position) {
  std::vector<std::uint8_t> packed;
  pack(event, packed);
  append_packed(event.number, position, packed);
  ++events_;
}

void EventLog::append_hole(std::uint64_t number, std::uint64_t position) {
  append_packed(number, position, {});
}

void EventLog::append_packed(std::uint64_t number, std::uint64_t position,
                             const std::vector<std::uint8_t>& packed) {
  CHECK(number > last_number_ && position > last_position_);
  std::vector<std::uint8_t> record;
  record.reserve(packed.size() + 3 * 10);
  put_varint(number - last_number_, record);
  put_varint(position - last_position_, record);
  put_varint(packed.size(), record);
  record.insert(record.end(), packed.begin(), packed.end());

  if (blocks_.empty() || blocks_.back().size - blocks_.back().end < record.size()) {
    const std::size_t size = std::max(kBlock, record.size());
    blocks_.push_back({.memory = std::make_unique_for_overwrite<std::uint8_t[]>(size),
                       .size = static_cast<std::uint32_t>(size),
                       .number = number,
                       .position = position});
  }
  Block& block = blocks_.back();
  std::copy(record.begin(), record.end(), block.memory.get() + block.end);
  block.end += static_cast<std::uint32_t>(record.size());
  last_number_ = number;
  last_position_ = position;
  bytes_ += record.size();
}

void EventLog::drop_oldest() {
  CHECK(!blocks_.empty());
  Block& block = blocks_.front();
  const Head gone = head_at(block, block.begin);
  const std::size_t end = gone.offset + gone.bytes;
  if (gone.bytes != 0) --events_;
  bytes_ -= end - block.begin;
  if (end == block.end) {
    blocks_.erase(blocks_.begin());
    return;
  }
  const Head oldest = head_at(block, end);
  block.begin = static_cast<std::uint32_t>(end);
  block.number += oldest.number_step;
  block.position += oldest.position_step;
}

EventLog::Head EventLog::head_at(const Block& block, std::size_t offset) const {
  const std::uint8_t* const memory = block.memory.get();
  std::span<const std::uint8_t> rest(memory + offset, block.end - offset);
  Head head;
  head.number_step = take_varint(rest);
  head.position_step = take_varint(rest);
  head.bytes = take_varint(rest);
  head.offset = block.end - rest.size();
  return head;
}

EventLog::Place EventLog::first_of(std::size_t block) const {
  const Block& its = blocks_[block];
  return {block, its.begin, its.number, its.position, head_at(its, its.begin).bytes == 0};
}

std::optional<EventLog::Place> EventLog::next(const Place& place) const {
  const Block& block = blocks_[place.block];
  const Head head = head_at(block, place.offset);
  const std::size_t end = head.offset + head.bytes;
  if (end != block.end) {
    const Head following = head_at(block, end);
    return Place{place.block, end, place.number + following.number_step,
                 place.position + following.position_step, following.bytes == 0};
  }
  if (place.block + 1 == blocks_.size()) return std::nullopt;
  return first_of(place.block + 1);
}

template <typename Before>
std::optional<EventLog::Place> EventLog::find_first_not(Before before) const {
  if (blocks_.empty()) return std::nullopt;
  const auto behind = std::partition_point(blocks_.begin(), blocks_.end(), before);
  const auto blocks_before = static_cast<std::size_t>(behind - blocks_.begin());
  std::optional<Place> place = first_of(blocks_before == 0 ? 0 : blocks_before - 1);
  while (place && before(*place)) place = next(*place);
  return place;
}

std::optional<EventLog::Place> EventLog::find_after(std::uint64_t number) const {
  return find_first_not([number](const auto& one) { return one.number <= number; });
}

std::optional<EventLog::Place> EventLog::find_from(std::uint64_t position) const {
  return find_first_not([position](const auto& one) { return one.position < position; });
}

ConferenceEvent EventLog::read(const Place& place) const {
  const Block& block = blocks_[place.block];
  const Head head = head_at(block, place.offset);
  ConferenceEvent event = unpack({block.memory.get() + head.offset, head.bytes});
  event.number = place.number;
  return event;
}

}  // namespace tutti::conference
