// UringBackend: media through the kernel: a socket for each port, and past the kernel's UDP where that is
// asked for.
#pragma once

#include <memory>
#include <vector>

#include "dataplane/net/packet_receiver.h"
#include "signaling/server/media_backend.h"

namespace tutti::server {

class UringBackend final : public MediaBackend {
 public:
  // What is asked for besides sockets and cannot be had is said, and sockets do it.
  UringBackend(const Configuration& configuration, std::size_t cores);

  net::EndpointFactory& factory() override { return *factory_; }
  const std::vector<base::SocketAddress>& addresses() const override { return addresses_; }
  base::Result<std::unique_ptr<net::PacketPort>, StartError> make_port(std::size_t core) override;

 private:
  const Configuration::Cores cores_;
  const std::vector<base::SocketAddress> addresses_;
  std::vector<std::unique_ptr<net::PacketReceiver>> receivers_;  // one a core, or none
  const std::unique_ptr<net::EndpointFactory> factory_;
};

}  // namespace tutti::server
