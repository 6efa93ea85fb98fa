// The clock of a test that plays the threads of a core and of the slow path itself.
#pragma once

#include <cstdint>

#include "dataplane/base/clock.h"

namespace tutti::dpdk {

constexpr base::Duration kStep = std::chrono::microseconds(500);

// The test moves it on.
inline base::Instant virtual_now{};

inline base::Instant tell_virtual_now() noexcept {
  return virtual_now;
}
inline std::uint64_t no_wall_clock() {
  return 0xE000'0000'0000'0000U;
}

}  // namespace tutti::dpdk
