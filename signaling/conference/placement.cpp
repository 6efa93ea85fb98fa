#include "signaling/conference/placement.h"

#include <tuple>

namespace tutti::conference {

std::optional<std::size_t> choose_core(std::span<const CoreLoad> cores) {
  const auto burden = [&cores](std::size_t core) {
    return std::tuple(!cores[core].seated, cores[core].participants, cores[core].load_permille);
  };
  std::optional<std::size_t> best;
  for (std::size_t core = 0; core < cores.size(); ++core) {
    if (cores[core].full) continue;
    if (!best || burden(core) < burden(*best)) best = core;
  }
  return best;
}

}  // namespace tutti::conference
