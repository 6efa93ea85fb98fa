// EventLog: one conference's events, packed one behind the other in small blocks; the oldest go first.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "signaling/conference/conference_event.h"

namespace tutti::conference {

// Owns: what is packed. Thread: one at a time.
class EventLog {
 public:
  // Where an event is, until the log changes.
  struct Place {
    std::size_t block = 0;
    std::size_t offset = 0;
    std::uint64_t number = 0;
    std::uint64_t position = 0;
    bool hole = false;  // no event: some never came, the last of them with this number
  };

  // Both numbers are greater than those of the last, of an event or a hole.
  void append(const ConferenceEvent& event, std::uint64_t position);
  void append_hole(std::uint64_t number, std::uint64_t position);
  // An event or a hole; there is one.
  void drop_oldest();

  std::size_t events() const { return events_; }
  // Of what is packed; its blocks are half of one more, in the mean.
  std::size_t bytes() const { return bytes_; }

  // The first, event or hole, behind that number; or behind all in front of a position.
  std::optional<Place> find_after(std::uint64_t number) const;
  std::optional<Place> find_from(std::uint64_t position) const;
  std::optional<Place> next(const Place& place) const;
  // An event, with its number, without its conference.
  ConferenceEvent read(const Place& place) const;

 private:
  struct Block {
    std::unique_ptr<std::uint8_t[]> memory;
    std::uint32_t size = 0;
    std::uint32_t begin = 0;  // of the first event that is held
    std::uint32_t end = 0;
    std::uint64_t number = 0;  // its
    std::uint64_t position = 0;
  };
  // What stands in front of a packed event.
  struct Head {
    std::uint64_t number_step = 0;  // since the one before in its block
    std::uint64_t position_step = 0;
    std::size_t offset = 0;  // of what is packed
    std::size_t bytes = 0;   // of it; 0: a hole
  };

  // Nothing packed is a hole.
  void append_packed(std::uint64_t number, std::uint64_t position, const std::vector<std::uint8_t>& packed);
  Head head_at(const Block& block, std::size_t offset) const;
  Place first_of(std::size_t block) const;
  template <typename Before>
  std::optional<Place> find_first_not(Before before) const;

  std::vector<Block> blocks_;
  std::size_t events_ = 0;
  std::size_t bytes_ = 0;
  std::uint64_t last_number_ = 0;
  std::uint64_t last_position_ = 0;
};

}  // namespace tutti::conference
