// BoundAddress: what a socket is bound to.
#pragma once

#include <sys/socket.h>

#include "dataplane/base/realtime.h"
#include "dataplane/base/socket_address.h"

namespace tutti::base {

// Not valid() where it is no socket of IPv4 or IPv6.
inline SocketAddress bound_address(int socket) TUTTI_REALTIME {
  sockaddr_storage address{};
  socklen_t length = sizeof address;
  if (::getsockname(socket, reinterpret_cast<sockaddr*>(&address), &length) != 0) return {};
  return from_sockaddr(reinterpret_cast<const sockaddr*>(&address), length);
}

}  // namespace tutti::base
