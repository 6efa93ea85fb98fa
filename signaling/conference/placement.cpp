#include "signaling/conference/placement.h"

#include <algorithm>
#include <cmath>
#include <tuple>

namespace tutti::conference {
namespace {

// So many participants weigh as much in the cost of one as the guess: what few cost is mostly the idle
// core's.
constexpr double kGuessWeight = 32;
// Listeners whom nobody speaks to, or callers on hold, cost next to nothing: more like them may not come.
constexpr double kLeastPermille = kGuessedPermille / 4;
constexpr double kHysteresisPermille = 50;
// Differences below are noise: the number of participants decides.
constexpr double kStepPermille = 20;

double cost_permille(const CoreLoad& core) {
  const auto used = static_cast<double>(core.used_permille);
  const auto measured = static_cast<double>(core.measured);
  return std::max((used + kGuessedPermille * kGuessWeight) / (measured + kGuessWeight), kLeastPermille);
}

}  // namespace

double expected_permille(const CoreLoad& core) {
  const auto coming = static_cast<double>(std::min(core.recent, core.participants) + 1);
  return static_cast<double>(core.used_permille) + coming * cost_permille(core);
}

bool is_closed(const CoreLoad& core, const AdmissionRules& rules) {
  if (core.participants == 0) return false;
  const double limit = 1'000.0 - 10.0 * rules.headroom_percent;
  return expected_permille(core) > (core.closed ? limit - kHysteresisPermille : limit);
}

std::optional<std::size_t> choose_core(std::span<const CoreLoad> cores, const AdmissionRules& rules) {
  const auto burden = [&](std::size_t i) {
    const CoreLoad& core = cores[i];
    return std::tuple(!core.seated, std::floor(expected_permille(core) / kStepPermille), core.participants);
  };
  std::optional<std::size_t> best;
  for (std::size_t i = 0; i < cores.size(); ++i) {
    if (cores[i].full || (rules.by_headroom && is_closed(cores[i], rules))) continue;
    if (!best || burden(i) < burden(*best)) best = i;
  }
  return best;
}

std::size_t RecentPlacements::count(base::Instant now) {
  while (!placed_.empty() && now - placed_.front() >= kMeasuredAfter) placed_.pop_front();
  return placed_.size();
}

}  // namespace tutti::conference
