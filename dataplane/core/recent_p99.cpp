#include "dataplane/core/recent_p99.h"

#include <algorithm>

namespace tutti::core {

void RecentP99::add(std::uint64_t value) TUTTI_REALTIME {
  ++present_.counts[base::LogBuckets::of(value)];
  ++present_.values;
}

void RecentP99::roll() TUTTI_REALTIME {
  last_ = present_;
  present_ = {};
}

std::uint64_t RecentP99::value() const TUTTI_REALTIME {
  const std::uint32_t values = std::max(present_.values + last_.values, values_least_);
  std::uint32_t above = 0;
  for (std::size_t bucket = base::LogBuckets::kCount; bucket-- > 0;) {
    above += present_.counts[bucket] + last_.counts[bucket];
    if (above > values / 100) return base::LogBuckets::greatest(bucket);
  }
  return 0;
}

}  // namespace tutti::core
