// HeldPackets: of each flow whose neighbour is being asked for, the newest packet, until the neighbour
// answers.
//
// Source: RFC 1122, section 2.3.2.2: at least the latest packet of each set to the same unresolved address.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "dataplane/base/clock.h"
#include "dataplane/base/realtime.h"

struct rte_mbuf;

namespace tutti::dpdk {

// Thread: the core's. Owns: what it holds, until it is taken; empty before its end.
class HeldPackets {
 public:
  static constexpr std::size_t kMax = 64;                                   // flows at once
  static constexpr base::Duration kFor = std::chrono::milliseconds(1'000);  // then nobody wants to hear it

  struct Held {
    std::uint32_t flow = 0;
    rte_mbuf* packet = nullptr;
    base::Instant until;
  };

  bool empty() const TUTTI_REALTIME { return count_ == 0; }
  std::size_t size() const TUTTI_REALTIME { return count_; }
  const Held& operator[](std::size_t i) const TUTTI_REALTIME { return held_[i]; }

  // Returns what is to be given back instead: the flow's older packet, or this one where there is no room;
  // null where nothing is.
  rte_mbuf* put(std::uint32_t flow, rte_mbuf* packet, base::Instant now) TUTTI_REALTIME;
  // The flow's, which is held no more; null where there is none.
  rte_mbuf* take(std::uint32_t flow) TUTTI_REALTIME;
  // That one, by its place, which the last one takes.
  rte_mbuf* take_at(std::size_t i) TUTTI_REALTIME;

 private:
  std::array<Held, kMax> held_;
  std::size_t count_ = 0;
};

}  // namespace tutti::dpdk
