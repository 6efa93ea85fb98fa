#include "dataplane/base/source_address.h"

#include <sys/socket.h>
#include <unistd.h>

#include "dataplane/base/bound_address.h"

namespace tutti::base {

// A datagram socket that is connected has chosen its route, and knows its own end.
SocketAddress source_address(const SocketAddress& destination) {
  constexpr std::uint16_t kAnyPort = 9;  // discard: there must be one, and none is sent to
  sockaddr_storage storage{};
  const socklen_t length =
      to_sockaddr(destination.port != 0 ? destination : destination.with_port(kAnyPort), storage);
  const int fd = ::socket(storage.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return {};
  SocketAddress source;
  if (::connect(fd, reinterpret_cast<const sockaddr*>(&storage), length) == 0) {
    source = bound_address(fd).with_port(0);
  }
  ::close(fd);
  return source;
}

}  // namespace tutti::base
