#include "tools/load/send_slots.h"

#include <array>
#include <numeric>
#include <random>
#include <utility>

namespace tutti::load {

// Each forty callers have all forty slots, shuffled anew.
SendSlots::SendSlots(std::size_t callers) : callers_(kSlots) {
  std::mt19937 random(1);
  std::array<std::size_t, kSlots> slots{};
  std::iota(slots.begin(), slots.end(), std::size_t{0});
  for (std::size_t caller = 0; caller < callers; ++caller) {
    const std::size_t place = caller % kSlots;
    // Fisher and Yates, a step for each: std::shuffle is not the same with every library.
    std::swap(slots[place], slots[place + random() % (kSlots - place)]);
    callers_[slots[place]].push_back(static_cast<std::uint32_t>(caller));
  }
}

std::span<const std::uint32_t> SendSlots::in(std::size_t slot) const {
  return callers_[slot % kSlots];
}

}  // namespace tutti::load
