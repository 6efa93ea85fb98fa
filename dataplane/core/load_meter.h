// LoadMeter: the share of its time that a core spends in its turns.
#pragma once

#include "dataplane/base/clock.h"
#include "dataplane/base/counters.h"
#include "dataplane/base/realtime.h"

namespace tutti::core {

// Thread: the core writes, through the gauge anyone reads.
class LoadMeter {
 public:
  explicit LoadMeter(base::Gauge& permille) : permille_(permille) {}

  // A turn went on from `begin` to `end`.
  void turn(base::Instant begin, base::Instant end) TUTTI_REALTIME {
    if (window_begin_ == base::Instant{}) window_begin_ = begin;
    busy_ += end - begin;
    const base::Duration window = end - window_begin_;
    if (window < std::chrono::seconds(1)) return;
    permille_.set(busy_ * 1'000 / window);
    window_begin_ = end;
    busy_ = base::Duration::zero();
  }

 private:
  base::Gauge& permille_;
  base::Instant window_begin_;
  base::Duration busy_ = base::Duration::zero();
};

}  // namespace tutti::core
