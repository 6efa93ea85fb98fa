// Device: one Ethernet port of DPDK's, a card or a virtual one, with a receive and a transmit queue for each
// core, and the packet buffers of each queue.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "dataplane/base/realtime.h"
#include "dataplane/base/result.h"
#include "dataplane/dpdk/hash_spread.h"
#include "dataplane/dpdk/received_sums.h"
#include "dataplane/net/packet_port.h"
#include "dataplane/net/udp_frame.h"

struct rte_mempool;

namespace tutti::dpdk {

struct DeviceOptions {
  // A PCI address, or a driver's name with a number and its arguments: "net_af_packet0,iface=eth1".
  std::string name;
  std::uint16_t cores = 1;
  net::PortLimits limits;  // of each core; endpoints are of no interest here
  std::uint16_t mtu = 1'500;
  std::uint16_t receive_descriptors = 2'048;  // of each queue: packets that wait while nobody looks
  std::uint16_t transmit_descriptors = 1'024;
  bool promiscuous = false;
  bool kernel_beside = false;  // frames go on to one, which looks at their sums itself
};

// What the port does itself, where it can; else we do it.
struct Offloads {
  ReceiveOffloads received;
  bool transmit_udp_checksum = false;
};

// Megabytes that the buffers of such a device take, with room to lay them.
std::uint32_t memory_mb(const DeviceOptions& options);

// Thread: not a core's, but where it says so. DPDK has begun (Eal).
class Device {
 public:
  // Makes it known to DPDK where that has not been done, configures and starts it.
  // Errors: one sentence: an unknown driver, what the driver refuses, too few queues, no memory.
  static base::Result<std::unique_ptr<Device>, std::string> open(const DeviceOptions& options);
  // Stops and closes it. All buffers must be back in their pools, but those that its queues hold.
  ~Device();
  Device(const Device&) = delete;
  Device& operator=(const Device&) = delete;

  const std::string& name() const { return name_; }
  std::uint16_t number() const TUTTI_REALTIME { return number_; }
  const net::MacAddress& mac() const { return mac_; }
  const std::string& driver() const { return driver_; }
  std::uint16_t cores() const { return cores_; }
  std::uint16_t receive_descriptors() const TUTTI_REALTIME { return receive_descriptors_; }
  const Offloads& offloads() const { return offloads_; }
  // Whether a buffer that a packet came in may leave with another one. Not AF_XDP's: the kernel counts on
  // them.
  bool reuses_buffers() const { return driver_ != "net_af_xdp"; }

  // A transmit queue beyond the cores', for the slow path; none where the driver has no more.
  bool has_spare_queue() const { return spare_queue_; }

  bool link_up() const;
  // Of a link that is down: a sentence.
  std::string link_complaint() const;
  // Errors: the complaint.
  base::Result<void, std::string> wait_for_link(std::chrono::milliseconds patience) const;

  // The driver's own counters, by its names.
  std::vector<std::pair<std::string, std::uint64_t>> statistics() const;

  // Of a core's queue. Received packets are in buffers of the first; sent ones may be in any.
  rte_mempool* receive_pool(std::uint16_t core) const { return pools_[2 * core]; }
  rte_mempool* transmit_pool(std::uint16_t core) const { return pools_[2 * core + 1]; }
  // For the slow path: a few.
  rte_mempool* spare_pool() const { return pools_.back(); }
  // Of all pools: for the leak ledger. Those on their way and in the queues are in use.
  std::size_t buffers() const;
  std::size_t receive_buffers(std::uint16_t core) const;
  std::size_t transmit_buffers(std::uint16_t core) const;
  std::size_t spare_buffers() const;
  std::size_t free_receive_buffers(std::uint16_t core) const;
  std::size_t free_transmit_buffers(std::uint16_t core) const;
  std::size_t free_spare_buffers() const;
  std::size_t free_buffers() const;

  // How it spreads what comes over the queues; empty where it does not.
  const HashSpread& hash() const { return hash_; }

 private:
  Device() = default;
  base::Result<void, std::string> find(const DeviceOptions& options);
  base::Result<void, std::string> make_pools(const DeviceOptions& options);
  base::Result<void, std::string> configure(const DeviceOptions& options);
  HashSpread read_hash() const;
  void fill_queues_by_hash() const;
  std::string refuses(const std::string& what, int error) const;

  std::string name_;
  std::string driver_;
  std::uint16_t number_ = 0;
  std::uint16_t cores_ = 0;
  std::uint16_t receive_descriptors_ = 0;
  std::uint16_t transmit_descriptors_ = 0;
  bool known_before_ = false;  // somebody else has made it, and ends it
  bool configured_ = false;
  bool spare_queue_ = false;
  net::MacAddress mac_{};
  Offloads offloads_;
  std::vector<rte_mempool*> pools_;
  HashSpread hash_;
};

}  // namespace tutti::dpdk
