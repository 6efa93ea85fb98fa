#include "dataplane/dpdk/held_packets.h"

#include <utility>

#include "dataplane/base/check.h"

namespace tutti::dpdk {

rte_mbuf* HeldPackets::put(std::uint32_t flow, rte_mbuf* packet, base::Instant now) TUTTI_REALTIME {
  for (std::size_t i = 0; i < count_; ++i) {
    if (held_[i].flow != flow) continue;
    held_[i].until = now + kFor;
    return std::exchange(held_[i].packet, packet);
  }
  if (count_ == kMax) return packet;
  held_[count_++] = {flow, packet, now + kFor};
  return nullptr;
}

rte_mbuf* HeldPackets::take(std::uint32_t flow) TUTTI_REALTIME {
  for (std::size_t i = 0; i < count_; ++i) {
    if (held_[i].flow == flow) return take_at(i);
  }
  return nullptr;
}

rte_mbuf* HeldPackets::take_at(std::size_t i) TUTTI_REALTIME {
  DCHECK(i < count_);
  rte_mbuf* const packet = held_[i].packet;
  held_[i] = held_[--count_];
  return packet;
}

}  // namespace tutti::dpdk
