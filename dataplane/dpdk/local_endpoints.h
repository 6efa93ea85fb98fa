// LocalEndpoints: opens and closes ports of our own addresses on a DPDK port: no socket, only who has which.
#pragma once

#include <vector>

#include "dataplane/dpdk/hash_spread.h"
#include "dataplane/dpdk/local_addresses.h"
#include "dataplane/net/endpoint_factory.h"

namespace tutti::dpdk {

// Thread: signaling.
class LocalEndpoints final : public net::EndpointFactory {
 public:
  // Both outlive it; `spread`: how packets come to the cores' queues, null where the port is no matter.
  explicit LocalEndpoints(const LocalAddresses& addresses, const HashSpread* spread = nullptr)
      : addresses_(addresses), spread_(spread), taken_(addresses.size() * LocalPort::kPorts) {}

  // Errors: kAddressNotAvailable: not one of ours; kAddressInUse: opened already, and not closed.
  base::Result<base::EndpointHandles, net::NetError> open(const base::SocketAddress& local,
                                                          bool with_rtcp) override;
  bool leads_to(const base::SocketAddress& local, const base::SocketAddress& remote,
                std::size_t core) const override;
  void close(const base::EndpointHandles& handles) override;

 private:
  const LocalAddresses& addresses_;
  const HashSpread* const spread_;
  std::vector<bool> taken_;  // by LocalPort::index()
};

}  // namespace tutti::dpdk
