// NearHost: our side of a cable of memory: a device, its exchange, a port for each core, and the far host.
#pragma once

#include <memory>
#include <vector>

#include "dataplane/dpdk/device.h"
#include "dataplane/dpdk/dpdk_port.h"
#include "dataplane/dpdk/local_endpoints.h"
#include "dataplane/net/endpoint_allocator.h"
#include "far_host.h"

namespace tutti::dpdk {

inline constexpr net::EndpointId kId{3};  // whom a test of one endpoint opens

struct NearOptions {
  std::uint16_t cores = 1;
  net::PortLimits limits{.endpoints = 16, .receive_buffers = 256, .transmit_buffers = 64};
  // The cable's, each way; the far end has four times as many buffers. Few by default: making them is most of
  // a test's time.
  std::uint32_t ring = 1'024;
  std::uint16_t transmit_descriptors = 1'024;
  bool ipv6 = false;
  unsigned addresses = 1;  // of ours, one behind the other
  net::VlanId vlan = net::kNoVlan;
  bool kernel_beside = false;
  const char* gateway_ipv6 = "2001:db8::fe";
  DpdkPort::Clock clock = &base::monotonic_now;
};

// Thread: one.
class NearHost {
 public:
  static constexpr std::uint16_t kFirstPort = 20'000;
  static constexpr std::uint16_t kLastPort = 29'999;

  // The gateway's MAC address is known, and the far host is beyond it.
  explicit NearHost(const NearOptions& options = {});
  // All buffers must be back: it looks.
  ~NearHost();
  NearHost(const NearHost&) = delete;
  NearHost& operator=(const NearHost&) = delete;

  DpdkPort& port(std::size_t core = 0) { return *ports_[core]; }
  FarHost& far() { return far_; }
  Device& device() { return *device_; }
  Exchange& exchange() { return exchange_; }
  net::EndpointAllocator& allocator() { return allocator_; }
  const base::SocketAddress& ip() const { return ips_[0]; }

  // Opened and attached.
  net::Endpoint attach(net::EndpointId id, std::size_t core = 0, bool with_rtcp = true);
  // What receive() brings, as text; until nothing more comes.
  std::vector<std::string> receive(std::size_t core = 0);
  // False where no buffer is free.
  bool send(net::EndpointId id, const base::SocketAddress& to, std::string_view payload, std::size_t core = 0,
            net::Flow flow = net::Flow::kRtp);
  std::uint64_t drops(base::DropReason reason, std::size_t core = 0) {
    return ports_[core]->counters().drops.value(reason);
  }

 private:
  const std::vector<base::SocketAddress> ips_;
  CrossedRings rings_;
  FarHost far_;
  const std::unique_ptr<Device> device_;
  const LocalAddresses addresses_;
  Exchange exchange_;
  LocalEndpoints endpoints_;
  net::EndpointAllocator allocator_;
  std::vector<std::unique_ptr<DpdkPort>> ports_;
};

}  // namespace tutti::dpdk
