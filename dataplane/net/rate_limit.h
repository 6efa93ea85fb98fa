// RateLimit: one each interval in the long run, and some at once.
#pragma once

#include <algorithm>
#include <cstdint>

#include "dataplane/base/clock.h"
#include "dataplane/base/realtime.h"

namespace tutti::net {

// False: too many. `used_until`, Instant::min() at first, is all that is kept of one whose limits others
// know; `credit`: as many intervals as are taken at once.
inline bool try_take(base::Instant& used_until, base::Duration interval, base::Duration credit,
                     base::Instant now) TUTTI_REALTIME {
  used_until = std::max(used_until, now - credit);
  if (used_until + interval > now) return false;
  used_until += interval;
  return true;
}

// Thread: one.
class RateLimit {
 public:
  RateLimit(base::Duration interval, std::uint32_t at_once)
      : interval_(interval), credit_(interval * at_once) {}

  // False: too many.
  bool try_take(base::Instant now) { return net::try_take(used_until_, interval_, credit_, now); }

 private:
  const base::Duration interval_;
  const base::Duration credit_;
  base::Instant used_until_ = base::Instant::min();
};

}  // namespace tutti::net
