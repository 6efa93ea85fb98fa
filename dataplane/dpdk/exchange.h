// Exchange: what the queues of one device hand to one another: which core has which of our ports, packets
// that came on another core's queue, and what is for the slow path.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "dataplane/base/realtime.h"
#include "dataplane/base/spsc_ring.h"
#include "dataplane/dpdk/local_addresses.h"

struct rte_mbuf;

namespace tutti::dpdk {

struct ExchangeOptions {
  std::uint16_t cores = 1;
  std::uint16_t first_port = 0;  // of the range that endpoints are opened in: what comes there is media
  std::uint16_t last_port = 0;   // inclusive
  // The slow path has one: it can put fragments together, and may have a port of the range that no call has.
  bool kernel_beside = false;
};

// Thread: each function says whose.
class Exchange {
 public:
  using Ring = base::SpscRing<rte_mbuf*>;
  static constexpr std::size_t kHandOver = 1'024;  // packets on their way from one core to another
  static constexpr std::size_t kExceptions = 256;  // from one core to the slow path, and back
  // Of them at most, where more wait, that are no neighbour's, and of those to media's ports that nobody has:
  // whoever floods us from beyond a router leaves room for what neighbours answer, without whom all falls
  // silent, and to ports of media for all else. The latter is what the slow path takes of a core in a turn.
  static constexpr std::size_t kOthers = kExceptions * 3 / 4;
  static constexpr std::size_t kUnowned = kExceptions / 2;

  // `addresses` outlive it.
  Exchange(const LocalAddresses& addresses, const ExchangeOptions& options);
  ~Exchange();  // gives back what still waits; the pools live
  Exchange(const Exchange&) = delete;
  Exchange& operator=(const Exchange&) = delete;

  const LocalAddresses& addresses() const TUTTI_REALTIME { return addresses_; }
  std::uint16_t cores() const TUTTI_REALTIME { return options_.cores; }
  bool in_range(std::uint16_t port) const TUTTI_REALTIME {
    return port >= options_.first_port && port <= options_.last_port;
  }

  bool kernel_beside() const TUTTI_REALTIME { return options_.kernel_beside; }

  // Thread: that core's.
  void claim(LocalPort port, std::uint16_t core) TUTTI_REALTIME;
  void release(LocalPort port, std::uint16_t core) TUTTI_REALTIME;
  // Thread: any core's.
  std::optional<std::uint16_t> owner(LocalPort port) const TUTTI_REALTIME;

  // Pushed by the core `from`, popped by the core `to`; there is none from a core to itself.
  Ring& between(std::uint16_t from, std::uint16_t to) TUTTI_REALTIME {
    return *between_[static_cast<std::size_t>(from) * options_.cores + to];
  }
  // Pushed by the core, popped by the slow path.
  Ring& to_slow_path(std::uint16_t core) TUTTI_REALTIME { return *to_slow_path_[core]; }
  // Frames that the slow path has the first core send, where the device has no queue for it: pushed by the
  // slow path, popped by core 0.
  Ring& from_slow_path() TUTTI_REALTIME { return from_slow_path_; }

 private:
  const LocalAddresses& addresses_;
  const ExchangeOptions options_;
  const std::unique_ptr<std::atomic<std::uint8_t>[]> owners_;  // by LocalPort::index(): core + 1, 0: nobody
  std::vector<std::unique_ptr<Ring>> between_;
  std::vector<std::unique_ptr<Ring>> to_slow_path_;
  Ring from_slow_path_{kExceptions};
};

}  // namespace tutti::dpdk
