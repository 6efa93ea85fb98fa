// SlowPath: the thread that answers for our addresses (ARP, neighbours, pings), looks next hops up for the
// cores, passes on what is for a kernel beside us, and looks after the link.
#pragma once

#include <atomic>
#include <cstddef>
#include <memory>
#include <span>
#include <thread>
#include <vector>

#include "dataplane/base/counters.h"
#include "dataplane/dpdk/eal.h"
#include "dataplane/dpdk/exchange.h"
#include "dataplane/dpdk/link_watch.h"
#include "dataplane/net/ip_host.h"
#include "dataplane/net/next_hops.h"
#include "dataplane/net/rate_limit.h"

namespace tutti::dpdk {

class Device;

// A kernel beside us on the same port: a tap, for one. Thread: the slow path's.
class ExceptionSink {
 public:
  virtual ~ExceptionSink() = default;
  // A frame from the wire that is for it.
  virtual void take(std::span<const std::byte> frame) = 0;
  // Writes the next frame that it wants sent; returns its length, 0 when there is none.
  virtual std::size_t next(std::span<std::byte> frame) = 0;
};

// Thread: made and ended by signaling; turn() by its own, or by a test that does not start it.
class SlowPath {
 public:
  // How long a question waits: a neighbour is known a millisecond, the core's next look at its queue and
  // another millisecond after it was asked for, if it answers at once.
  static constexpr base::Duration kTurnEvery = std::chrono::milliseconds(1);
  static constexpr std::size_t kFrameBytesMax = 1'518;
  static constexpr int kFramesPerTurn = 128;  // of each core, and of the sink
  // Of addresses that somebody else has too; anyone on the link may claim them a thousand times a second.
  static constexpr base::Duration kTellEvery = std::chrono::seconds(10);
  static constexpr std::uint32_t kTellAtOnce = 4;

  // The device, the exchange and the sink outlive it. `log` tells of addresses that somebody else has too,
  // and of the link.
  SlowPath(const Device& device, Exchange& exchange, const net::IpHostOptions& options, LogSink log,
           ExceptionSink* beside = nullptr);
  ~SlowPath();
  SlowPath(const SlowPath&) = delete;
  SlowPath& operator=(const SlowPath&) = delete;

  // Who we are on the link, for the cores' ports.
  const net::EthernetStation& station() const { return host_.station(); }
  // Before the start: answered from then on, as long as it runs.
  void add(net::NextHops& hops) { hops_.push_back(&hops); }

  void start();
  void stop();
  void turn(base::Instant now);

  // Thread: any.
  struct Counters {
    base::Counter frames_sent;
    base::Counter frames_lost;  // no buffer or no room in the queue
    base::Counter to_sink;
    base::Counter from_sink;
  };
  const Counters& counters() const { return counters_; }
  const net::IpHost& host() const { return host_; }
  const LinkWatch& link() const { return link_; }

 private:
  void take(rte_mbuf* buffer, base::Instant now);
  void look_up(base::Instant now);
  void look_at_link(base::Instant now);
  void send(std::span<const std::byte> frame);
  void run();

  const Device& device_;
  Exchange& exchange_;
  const LogSink log_;
  ExceptionSink* const beside_;
  net::IpHost host_;
  LinkWatch link_;
  net::RateLimit tells_{kTellEvery, kTellAtOnce};
  std::vector<net::NextHops*> hops_;
  bool begun_ = false;
  Counters counters_;
  std::atomic<bool> stop_{false};
  std::thread thread_;
};

}  // namespace tutti::dpdk
