// Placement: which core a conference goes to; all its participants follow it there.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace tutti::conference {

// What placement knows of a core.
struct CoreLoad {
  std::size_t participants = 0;  // slots taken, also of those who are joining or leaving
  bool full = false;             // no slot left for a participant or for a conference
  std::int64_t load_permille = 0;
};

// The core with the fewest participants, of equal ones the less busy one; empty when all are full.
std::optional<std::size_t> choose_core(std::span<const CoreLoad> cores);

}  // namespace tutti::conference
