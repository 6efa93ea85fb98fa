// PayloadPool: where encoded payloads wait for their tick; one for all participants of a core.
#pragma once

#include <array>
#include <cstddef>

#include "dataplane/base/fixed_pool.h"

namespace tutti::stream {

// Eight cache lines; 60 ms of G.711 need 480 bytes.
struct alignas(64) PayloadBlock {
  static constexpr std::size_t kBytes = 512;
  std::array<std::byte, kBytes> bytes;
};

// Size it for the mean, not the sum of the worst: some 5 blocks a participant at 60 ms of delay and
// 20 ms a packet. A participant holds at most JitterBuffer::kSlots.
using PayloadPool = base::FixedPool<PayloadBlock>;

}  // namespace tutti::stream
