// RateLimit: one each interval in the long run, and some at once.
#pragma once

#include <algorithm>
#include <cstdint>

#include "dataplane/base/clock.h"

namespace tutti::net {

// Thread: one.
class RateLimit {
 public:
  RateLimit(base::Duration interval, std::uint32_t at_once)
      : interval_(interval), credit_(interval * at_once) {}

  // False: too many.
  bool try_take(base::Instant now) {
    used_until_ = std::max(used_until_, now - credit_);
    if (used_until_ + interval_ > now) return false;
    used_until_ += interval_;
    return true;
  }

 private:
  const base::Duration interval_;
  const base::Duration credit_;
  base::Instant used_until_ = base::Instant::min();
};

}  // namespace tutti::net
