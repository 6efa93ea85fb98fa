#include "dataplane/dpdk/link_watch.h"

#include "dataplane/dpdk/device.h"

namespace tutti::dpdk {

std::optional<bool> LinkWatch::look(base::Instant now) {
  if (now < look_at_) return std::nullopt;
  look_at_ = now + kLookEvery;
  const bool up = device_.link_up();
  if (up == this->up()) return std::nullopt;
  up_.store(up, std::memory_order_relaxed);
  if (!up) downs_.add();
  return up;
}

}  // namespace tutti::dpdk
