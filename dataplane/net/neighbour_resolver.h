// NeighbourResolver: who knows to which MAC address a frame for an IP address goes: the kernel
// (KernelNeighbours), or our own host on a port that no kernel has (IpHost).
#pragma once

#include <cstdint>
#include <optional>

#include "dataplane/base/clock.h"
#include "dataplane/base/socket_address.h"
#include "dataplane/net/mac_address.h"

namespace tutti::net {

// Thread: one, which is no core's.
class NeighbourResolver {
 public:
  virtual ~NeighbourResolver() = default;

  // The neighbour's, or the gateway's for who is beyond it. None: not known, or not yet; asking may make that
  // it will be. Who sends there goes on asking, each second or so.
  virtual std::optional<MacAddress> ask(const base::SocketAddress& to, base::Instant now) = 0;
  // Grows when something was learned that it had no answer for; stays where nobody can tell.
  virtual std::uint64_t changes() const { return 0; }
};

}  // namespace tutti::net
