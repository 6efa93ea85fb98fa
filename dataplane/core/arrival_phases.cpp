#include "dataplane/core/arrival_phases.h"

#include <algorithm>
#include <numeric>

namespace tutti::core {

void ArrivalPhases::note(std::uint32_t phase, std::uint32_t before) TUTTI_REALTIME {
  if (arrivals_[phase] != UINT16_MAX) ++arrivals_[phase];
  const std::uint32_t off = (phase + kPhases - before) % kPhases;
  unevenness_ = std::max(unevenness_, static_cast<std::uint16_t>(std::min(off, kPhases - off)));
}

std::uint32_t ArrivalPhases::total() const TUTTI_REALTIME {
  return std::accumulate(arrivals_.begin(), arrivals_.end(), std::uint32_t{0});
}

// Half of what they come apart by is among the arrivals themselves already.
std::uint32_t ArrivalPhases::margin() const TUTTI_REALTIME {
  return std::min(kMarginLeast + unevenness_ / 2, kMarginMost);
}

std::uint32_t ArrivalPhases::wait(std::uint32_t sub_slot) const TUTTI_REALTIME {
  // From the last that is in time back to the one that just is not.
  const std::uint32_t near = margin();
  std::uint32_t phase = (sub_slot * kSubSlotPhases + kPhases - near) % kPhases;
  std::uint32_t sum = 0;
  for (std::uint32_t waited = near + 1; waited <= near + kPhases; ++waited) {
    phase = phase == 0 ? kPhases - 1 : phase - 1;
    sum += arrivals_[phase] * waited;
  }
  return sum;
}

std::uint32_t ArrivalPhases::passed(std::uint32_t from, int steps) const TUTTI_REALTIME {
  std::uint32_t sum = 0;
  for (std::uint32_t phase = 0; phase < kPhases; ++phase) {
    if (passes(phases_waited(phase, from), steps)) sum += arrivals_[phase];
  }
  return sum;
}

void ArrivalPhases::age() TUTTI_REALTIME {
  // Rounded so that a single one is forgotten, too.
  for (std::uint16_t& arrivals : arrivals_)
    arrivals = static_cast<std::uint16_t>(arrivals - (arrivals + 7) / 8);
  unevenness_ = static_cast<std::uint16_t>(unevenness_ - (unevenness_ + 7) / 8);
}

}  // namespace tutti::core
