#include "dataplane/core/arrival_phases.h"

#include <numeric>

namespace tutti::core {

std::uint32_t ArrivalPhases::total() const TUTTI_REALTIME {
  return std::accumulate(arrivals_.begin(), arrivals_.end(), std::uint32_t{0});
}

std::uint32_t ArrivalPhases::wait(std::uint32_t sub_slot) const TUTTI_REALTIME {
  std::uint32_t sum = 0;
  for (std::uint32_t arrival = 0; arrival < kSubSlots; ++arrival) {
    const std::uint32_t waited = sub_slots_waited(arrival, sub_slot);
    sum += arrivals_[arrival] * (waited == 0 ? kSubSlots : waited);
  }
  return sum;
}

std::uint32_t ArrivalPhases::passed(std::uint32_t from, int steps) const TUTTI_REALTIME {
  std::uint32_t sum = 0;
  for (std::uint32_t arrival = 0; arrival < kSubSlots; ++arrival) {
    if (passes(sub_slots_waited(arrival, from), steps)) sum += arrivals_[arrival];
  }
  return sum;
}

void ArrivalPhases::age() TUTTI_REALTIME {
  // Rounded so that a single one is forgotten, too.
  for (std::uint32_t& arrivals : arrivals_) arrivals -= (arrivals + 7) / 8;
}

}  // namespace tutti::core
