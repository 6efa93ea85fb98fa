#include "dataplane/net/udp_endpoint_factory.h"

#include <cerrno>

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "dataplane/net/net_error.h"

namespace tutti::net {
namespace {

base::Result<int, NetError> open_socket(const base::SocketAddress& local,
                                        const std::vector<sock_filter>& filter = {}) {
  if (!local.valid() || local.unspecified()) return base::unexpected(NetError::kAddressNotAvailable);
  sockaddr_storage address;
  const socklen_t length = base::to_sockaddr(local, address);
  // Blocking on purpose: on a non-blocking socket io_uring reports EAGAIN where it should wait.
  const int fd = ::socket(address.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return base::unexpected(net_error_from_errno(errno));
  const int on = 1;
  if (address.ss_family == AF_INET6) ::setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on));
  const int bytes = UdpEndpointFactory::kReceiveBytes;
  ::setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof(bytes));
  const sock_fprog program{static_cast<unsigned short>(filter.size()),
                           const_cast<sock_filter*>(filter.data())};
  const bool filtered =
      filter.empty() || ::setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program)) == 0;
  if (!filtered || ::bind(fd, reinterpret_cast<const sockaddr*>(&address), length) < 0) {
    const NetError error = net_error_from_errno(errno);
    ::close(fd);
    return base::unexpected(error);
  }
  return fd;
}

}  // namespace

base::Result<base::EndpointHandles, NetError> UdpEndpointFactory::open(const base::SocketAddress& local,
                                                                       bool with_rtcp) {
  const auto rtp = open_socket(local, rtp_filter_);
  if (!rtp) return base::unexpected(rtp.error());
  base::EndpointHandles handles{.rtp = *rtp, .rtcp = base::EndpointHandles::kNone};
  if (!with_rtcp) return handles;
  const auto rtcp = open_socket(local.with_port(static_cast<std::uint16_t>(local.port + 1)));
  if (!rtcp) {
    ::close(*rtp);
    return base::unexpected(rtcp.error());
  }
  handles.rtcp = *rtcp;
  return handles;
}

void UdpEndpointFactory::close(const base::EndpointHandles& handles) {
  ::close(handles.rtp);
  if (handles.rtcp != base::EndpointHandles::kNone) ::close(handles.rtcp);
}

}  // namespace tutti::net
