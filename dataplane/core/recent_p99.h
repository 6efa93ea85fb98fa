// RecentP99: what 99 of 100 values of the last seconds did not exceed.
#pragma once

#include <array>
#include <cstdint>

#include "dataplane/base/histogram.h"
#include "dataplane/base/realtime.h"

namespace tutti::core {

// Two windows, the present and the last: a rise shows at once, a fall when both have seen nothing else.
// Thread: one.
class RecentP99 {
 public:
  // While there are fewer than `values_least`, the missing ones count as zeros.
  explicit RecentP99(std::uint32_t values_least) : values_least_(values_least) {}

  void add(std::uint64_t value) TUTTI_REALTIME;
  // Begins a window; what is older than the last one is forgotten.
  void roll() TUTTI_REALTIME;
  // The upper end of its bucket, so up to 6 % too much.
  std::uint64_t value() const TUTTI_REALTIME;

 private:
  struct Window {
    std::uint32_t values = 0;
    std::array<std::uint32_t, base::LogBuckets::kCount> counts{};
  };
  const std::uint32_t values_least_;
  Window present_;
  Window last_;
};

}  // namespace tutti::core
