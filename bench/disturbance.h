// Disturbance: how much of a try's time, and of its late ticks, was the machine's doing and not the core's.
#pragma once

#include <cstdint>
#include <span>

#include "dataplane/base/clock.h"

namespace tutti::bench {

// What a canary has seen, each time that it worked.
struct CanaryBeat {
  base::Instant at;
  base::Duration took{0};             // its work, which is always the same
  base::Duration stolen{0};           // that the CPU was back late, as the host had given it to somebody else
  base::Duration waited{0};           // that others of this machine had the CPU
  base::Duration callers_stalled{0};  // so far
  std::uint64_t ticks = 0;            // so far, of the core
  std::uint64_t late_ticks = 0;
};

struct Disturbance {
  base::Duration work_least{0};
  // Of the time.
  double slow = 0;       // the same work took a fifth longer than the least, or more
  double stolen = 0;     // the CPU ran nothing at all
  double disturbed = 0;  // either
  double waited = 0;
  double callers_stalled = 0;
  std::uint64_t ticks = 0;
  // Within a tick's time (20 ms) of a moment that was slow, that was stolen, or in which the callers stood
  // still; and all others.
  std::uint64_t late_disturbed = 0;
  std::uint64_t late_undisturbed = 0;
};

// Of the time from the first of the beats to the last. `work_least`: of all beats of that CPU, these or
// others.
Disturbance disturbance_of(std::span<const CanaryBeat> beats, base::Duration work_least);

}  // namespace tutti::bench
