// NextHops: to which MAC address a frame for an IP address goes; asked of a NeighbourResolver off the core,
// kept where the core reads it without waiting.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <unordered_set>
#include <utility>

#include "dataplane/base/clock.h"
#include "dataplane/base/realtime.h"
#include "dataplane/base/slab_memory.h"
#include "dataplane/base/socket_address.h"
#include "dataplane/base/spsc_ring.h"
#include "dataplane/net/mac_address.h"
#include "dataplane/net/neighbour_resolver.h"

namespace tutti::net {

// A place for each endpoint. What is new is asked for with the next answer(), all anew each kAgain: a
// neighbour that moves, or a route that changes, is followed then.
class NextHops {
 public:
  static constexpr base::Duration kNewEvery = std::chrono::milliseconds(20);  // of NextHopThread's answer()s
  static constexpr base::Duration kAgain = std::chrono::seconds(1);
  // Of those that are asked anew, in one answer(): 131,072 endpoints' RTP and RTCP are done in 64 of them.
  static constexpr std::uint32_t kAnewAtOnce = 4'096;
  // New ones between two answer()s that are told one by one; where there are more all are asked anew.
  static constexpr std::size_t kNewAtOnce = 1'024;

  // Memory of places that were never set is never written.
  explicit NextHops(std::uint32_t places);
  NextHops(const NextHops&) = delete;
  NextHops& operator=(const NextHops&) = delete;

  // Thread of these: the core's.
  void set(std::uint32_t place, const base::SocketAddress& to) TUTTI_REALTIME;
  void clear(std::uint32_t place) TUTTI_REALTIME;
  // None: not known yet, or no more; send by other ways.
  std::optional<MacAddress> find(std::uint32_t place) const TUTTI_REALTIME;

  // Asks for what was set since the last time; for what had no answer too where the resolver knows more now;
  // each kAgain for all.
  // Thread: one, the resolver's; not the core's.
  void answer(NeighbourResolver& resolver, base::Instant now);

 private:
  // A sequence lock: `version` is 0 while the core writes. An answer names the version that it is for. All
  // zero at first.
  struct Place {
    std::atomic<std::uint64_t> answer{0};  // version in the upper 16 bits, then the MAC; 0: none
    std::atomic<std::uint64_t> ip_high{0};
    std::atomic<std::uint64_t> ip_low{0};
    std::atomic<std::uint16_t> version{0};
    std::atomic<std::uint8_t> family{0};
    std::uint16_t last_version = 0;  // the core's
  };
  static_assert(sizeof(Place) == 32);  // docs/BUDGETS.md

  // The version and what is asked; none while nothing is.
  std::optional<std::pair<std::uint16_t, base::SocketAddress>> read(const Place& place) const;

  void ask(std::uint32_t place, NeighbourResolver& resolver, base::Instant now);

  const std::uint32_t count_;
  const base::SlabMemory memory_;
  Place* const places_;
  base::SpscRing<std::uint32_t> new_{kNewAtOnce};  // places, from the core
  std::atomic<bool> more_new_{false};              // than new_ has room for
  // answer()'s.
  std::optional<base::Instant> again_at_;
  std::uint32_t anew_left_ = 0;                // still to be asked anew
  std::uint32_t anew_at_ = 0;                  // the next one of them
  std::unordered_set<std::uint32_t> waiting_;  // places that have no answer
  std::uint64_t changes_ = 0;                  // the resolver's, when it was last asked
};

// Answers the places of one NextHops each kNewEvery, from a thread of its own: for who has no other.
class NextHopThread {
 public:
  NextHopThread(NextHops& hops, std::unique_ptr<NeighbourResolver> resolver);
  ~NextHopThread();
  NextHopThread(const NextHopThread&) = delete;
  NextHopThread& operator=(const NextHopThread&) = delete;

 private:
  void run();

  NextHops& hops_;
  const std::unique_ptr<NeighbourResolver> resolver_;
  std::mutex mutex_;
  std::condition_variable wake_;
  bool stop_ = false;  // under mutex_
  std::thread thread_;
};

}  // namespace tutti::net
