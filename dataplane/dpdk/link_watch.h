// LinkWatch: whether a port's link is up, looked at now and then: a cable that is pulled, a switch that
// starts anew.
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>

#include "dataplane/base/clock.h"
#include "dataplane/base/counters.h"

namespace tutti::dpdk {

class Device;

// Thread: look() by one; the others by any.
class LinkWatch {
 public:
  // Some drivers ask their card's firmware.
  static constexpr base::Duration kLookEvery = std::chrono::milliseconds(200);

  // The device outlives it, and was up: nothing starts over a port that is down.
  explicit LinkWatch(const Device& device) : device_(device) {}

  // Whether it is up now, where that has changed since the last look.
  std::optional<bool> look(base::Instant now);

  bool up() const { return up_.load(std::memory_order_relaxed); }
  std::uint64_t downs() const { return downs_.value(); }  // times that it went down

 private:
  const Device& device_;
  base::Instant look_at_;
  std::atomic<bool> up_{true};
  base::Counter downs_;
};

}  // namespace tutti::dpdk
