// MediaBackend: what moves the packets of all cores: the kernel, through sockets and io_uring, or DPDK.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <vector>

#include "dataplane/base/result.h"
#include "dataplane/base/socket_address.h"
#include "dataplane/net/endpoint_factory.h"
#include "dataplane/net/packet_port.h"
#include "signaling/server/card_facts.h"
#include "signaling/server/configuration.h"
#include "signaling/server/start_error.h"

namespace tutti::server {

// Thread: signaling. Outlives the ports that it made.
class MediaBackend {
 public:
  virtual ~MediaBackend() = default;

  // Where endpoints are opened: at these addresses, whose ports are not used.
  virtual net::EndpointFactory& factory() = 0;
  virtual const std::vector<base::SocketAddress>& addresses() const = 0;

  // The port of a core, from zero; once for each.
  virtual base::Result<std::unique_ptr<net::PacketPort>, StartError> make_port(std::size_t core) = 0;
  // What it does beside the cores: from when all ports are made, until before the first one ends.
  virtual void start() {}
  virtual void stop() {}

  // Of a card that we drive ourselves; none where the kernel has it. All ports are made.
  virtual std::optional<CardFacts> card() const { return std::nullopt; }
};

// The one that cores.backend names, for so many cores.
base::Result<std::unique_ptr<MediaBackend>, StartError> make_media_backend(const Configuration& configuration,
                                                                           std::size_t cores);

}  // namespace tutti::server
