// LocalEndpoints: opens and closes ports of our own addresses on a DPDK port: no socket, only who has which.
#pragma once

#include <vector>

#include "dataplane/dpdk/local_addresses.h"
#include "dataplane/net/endpoint_factory.h"

namespace tutti::dpdk {

// Thread: signaling.
class LocalEndpoints final : public net::EndpointFactory {
 public:
  // `addresses` outlive it.
  explicit LocalEndpoints(const LocalAddresses& addresses)
      : addresses_(addresses), taken_(addresses.size() * LocalPort::kPorts) {}

  // Errors: kAddressNotAvailable: not one of ours; kAddressInUse: opened already, and not closed.
  base::Result<base::EndpointHandles, net::NetError> open(const base::SocketAddress& local,
                                                          bool with_rtcp) override;
  void close(const base::EndpointHandles& handles) override;

 private:
  const LocalAddresses& addresses_;
  std::vector<bool> taken_;  // by LocalPort::index()
};

}  // namespace tutti::dpdk
