// DpdkBackend: media through a network card that no kernel has: DPDK's queues for the cores, and a thread
// that answers for our addresses.
#pragma once

#include <memory>
#include <vector>

#include "dataplane/dpdk/device.h"
#include "dataplane/dpdk/dpdk_port.h"
#include "dataplane/dpdk/eal.h"
#include "dataplane/dpdk/exchange.h"
#include "dataplane/dpdk/local_addresses.h"
#include "dataplane/dpdk/local_endpoints.h"
#include "dataplane/dpdk/slow_path.h"
#include "dataplane/dpdk/steering.h"
#include "signaling/server/media_backend.h"

namespace tutti::server {

class DpdkBackend final : public MediaBackend {
 public:
  // Shapes: the configuration has no find_dpdk_fault(). Errors: what DPDK, the card or the host lacks.
  static base::Result<std::unique_ptr<MediaBackend>, StartError> start(const Configuration& configuration,
                                                                       std::size_t cores);
  ~DpdkBackend() override;

  net::EndpointFactory& factory() override { return endpoints_; }
  const std::vector<base::SocketAddress>& addresses() const override { return addresses_; }
  base::Result<std::unique_ptr<net::PacketPort>, StartError> make_port(std::size_t core) override;
  void start() override;
  void stop() override;

 private:
  DpdkBackend(const Configuration& configuration, std::unique_ptr<dpdk::Eal> eal,
              std::unique_ptr<dpdk::Device> device, const net::PortLimits& limits);

  const net::PortLimits limits_;
  const std::vector<base::SocketAddress> addresses_;
  const dpdk::LocalAddresses local_;
  dpdk::LocalEndpoints endpoints_;
  // In the order of their making.
  const std::unique_ptr<dpdk::Eal> eal_;
  const std::unique_ptr<dpdk::Device> device_;
  dpdk::Exchange exchange_;
  const dpdk::Steering steering_;
  dpdk::SlowPath slow_path_;
};

}  // namespace tutti::server
