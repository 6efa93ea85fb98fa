// Time as the cores see it: monotonic, in nanoseconds, always handed in from outside.
#pragma once

#include <chrono>
#include <cstdint>

#include "dataplane/base/realtime.h"

namespace tutti::base {

using Duration = std::chrono::nanoseconds;

// The clock of every Instant. Real threads read it with monotonic_now(); a simulation starts it at zero
// and moves it by hand, so nothing may compare an Instant with another machine's or process's.
struct MonotonicClock {
  using rep = std::int64_t;
  using period = std::nano;
  using duration = Duration;
  using time_point = std::chrono::time_point<MonotonicClock>;
  static constexpr bool is_steady = true;
};

using Instant = MonotonicClock::time_point;

// CLOCK_MONOTONIC. Source: clock_gettime(2), answered by the vDSO in some 20 ns.
Instant monotonic_now() TUTTI_REALTIME;

// The CPU time that the calling thread has used: what others made it wait is not in it.
// CLOCK_THREAD_CPUTIME_ID, a system call of some 200 ns.
Duration thread_cpu_time() TUTTI_REALTIME;

// 64-bit NTP time (seconds since 1900, 32.32) of the wall clock. Source: RFC 3550, section 4.
std::uint64_t ntp_now() TUTTI_REALTIME;

}  // namespace tutti::base
