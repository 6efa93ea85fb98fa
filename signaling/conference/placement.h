// Placement: which core a participant goes to. A conference may sit on several, linked to each other.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace tutti::conference {

// What placement knows of a core.
struct CoreLoad {
  std::size_t participants = 0;  // slots taken, also of those who are joining or leaving
  bool full = false;             // no slot left for a participant, or none for a conference that needs one
  std::int64_t load_permille = 0;
  bool seated = false;  // the participant's conference sits here already: no new share to link
};

// A core where the conference sits, then one where it does not yet; of these the one with the fewest
// participants, then the less busy one; empty when all are full.
std::optional<std::size_t> choose_core(std::span<const CoreLoad> cores);

}  // namespace tutti::conference
