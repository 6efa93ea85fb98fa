// Histogram: how often values of each size were seen; written by one thread, read by any.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

#include "dataplane/base/counters.h"
#include "dataplane/base/realtime.h"

namespace tutti::base {

// Buckets that grow with what they hold: each of 0 to 31 has its own, then 16 share each power of two, so
// that none is wider than a sixteenth of its values (6 %). From kLeastTooLarge on all share the last.
struct LogBuckets {
  static constexpr std::size_t kPerOctave = 16;
  static constexpr int kBitsMax = 20;
  static constexpr std::uint64_t kLeastTooLarge = std::uint64_t{1} << kBitsMax;
  static constexpr std::size_t kCount = kPerOctave * (kBitsMax - 3);  // 272

  static constexpr std::size_t of(std::uint64_t value) TUTTI_REALTIME {
    value = std::min(value, kLeastTooLarge - 1);
    const auto width = static_cast<std::size_t>(std::bit_width(value));
    const std::size_t shift = width > 5 ? width - 5 : 0;
    return kPerOctave * shift + static_cast<std::size_t>(value >> shift);
  }
  // The greatest value of a bucket; of the last: and all above.
  static constexpr std::uint64_t greatest(std::size_t bucket) TUTTI_REALTIME {
    if (bucket < 2 * kPerOctave) return bucket;
    return ((bucket % kPerOctave + kPerOctave + 1) << (bucket / kPerOctave - 1)) - 1;
  }
};
static_assert(LogBuckets::of(LogBuckets::kLeastTooLarge) == LogBuckets::kCount - 1);
static_assert(LogBuckets::greatest(LogBuckets::kCount - 1) == LogBuckets::kLeastTooLarge - 1);

// Thread: add() by its one writer, the rest by anyone: what it reads may lack the newest value in one place
// and have it in another.
class Histogram {
 public:
  void add(std::uint64_t value) TUTTI_REALTIME {
    counts_[LogBuckets::of(value)].add();
    sum_.add(value);
  }
  std::uint64_t count(std::size_t bucket) const { return counts_[bucket].value(); }
  std::uint64_t sum() const { return sum_.value(); }

 private:
  std::array<Counter, LogBuckets::kCount> counts_;
  Counter sum_;
};

// What `permille` of the values seen are not above, as exact as the buckets are; 0 when none was seen.
// Thread: any.
inline std::uint64_t percentile(const Histogram& histogram, std::uint64_t permille) {
  std::uint64_t all = 0;
  for (std::size_t bucket = 0; bucket < LogBuckets::kCount; ++bucket) all += histogram.count(bucket);
  std::uint64_t seen = 0;
  for (std::size_t bucket = 0; bucket < LogBuckets::kCount && all != 0; ++bucket) {
    seen += histogram.count(bucket);
    if (seen * 1'000 >= all * permille) return LogBuckets::greatest(bucket);
  }
  return 0;
}

}  // namespace tutti::base
