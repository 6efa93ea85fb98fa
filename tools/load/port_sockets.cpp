#include "tools/load/port_sockets.h"

#include <cerrno>
#include <cstring>

#include <fmt/format.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "dataplane/base/bound_address.h"

namespace tutti::load {
namespace {

constexpr rlim_t kOtherDescriptors = 64;  // SIP, timers, the terminal

// Empty when this process may open that many descriptors, or can be allowed to.
std::string lack_of_descriptors(std::size_t callers) {
  rlimit limit{};
  const rlim_t needed = static_cast<rlim_t>(callers) + kOtherDescriptors;
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= needed) return {};
  if (limit.rlim_max != RLIM_INFINITY && limit.rlim_max < needed) {
    return fmt::format(
        "{} callers need {} descriptors, one a caller and {} besides; this process may have {}: raise the "
        "hard limit (ulimit -Hn), or ask for fewer callers",
        callers, needed, kOtherDescriptors, limit.rlim_max);
  }
  limit.rlim_cur = needed;
  return ::setrlimit(RLIMIT_NOFILE, &limit) == 0
             ? std::string()
             : fmt::format("cannot raise the limit of descriptors to {}: {}", needed, std::strerror(errno));
}

}  // namespace

base::Result<PortSockets, std::string> PortSockets::open(std::size_t count,
                                                         const base::SocketAddress& local_ip) {
  if (std::string lack = lack_of_descriptors(count); !lack.empty()) return base::unexpected(lack);
  PortSockets sockets;
  sockets.descriptors_.reserve(count);
  sockaddr_storage address{};
  const socklen_t length = base::to_sockaddr(local_ip.with_port(0), address);
  for (std::size_t i = 0; i < count; ++i) {
    const int socket = ::socket(address.ss_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (socket >= 0) sockets.descriptors_.push_back(socket);
    if (socket < 0 || ::bind(socket, reinterpret_cast<const sockaddr*>(&address), length) != 0) {
      return base::unexpected(fmt::format("no UDP port at {} for caller {} of {}: {}",
                                          base::ip_to_string(local_ip), i, count, std::strerror(errno)));
    }
  }
  return sockets;
}

PortSockets::~PortSockets() {
  for (const int socket : descriptors_) ::close(socket);
}

base::SocketAddress PortSockets::address(std::size_t index) const {
  return base::bound_address(descriptors_[index]);
}

base::Duration realtime_ahead() {
  timespec time{};
  ::clock_gettime(CLOCK_REALTIME, &time);
  const base::Duration real = std::chrono::seconds(time.tv_sec) + base::Duration(time.tv_nsec);
  return real - base::monotonic_now().time_since_epoch();
}

}  // namespace tutti::load
