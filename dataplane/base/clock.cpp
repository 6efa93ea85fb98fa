#include "dataplane/base/clock.h"

#include <time.h>

namespace tutti::base {

Instant monotonic_now() TUTTI_REALTIME {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return Instant(std::chrono::seconds(now.tv_sec) + Duration(now.tv_nsec));
}

Duration thread_cpu_time() TUTTI_REALTIME {
  timespec used{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
  return std::chrono::seconds(used.tv_sec) + Duration(used.tv_nsec);
}

std::uint64_t ntp_now() TUTTI_REALTIME {
  constexpr std::uint64_t kUnixEpoch = 2'208'988'800;  // seconds from 1900 to 1970
  timespec now{};
  ::clock_gettime(CLOCK_REALTIME, &now);
  const auto fraction = (static_cast<std::uint64_t>(now.tv_nsec) << 32) / 1'000'000'000;
  return ((static_cast<std::uint64_t>(now.tv_sec) + kUnixEpoch) << 32) | fraction;
}

}  // namespace tutti::base
