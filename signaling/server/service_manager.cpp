#include "signaling/server/service_manager.h"

#include <algorithm>
#include <cstddef>
#include <cstdlib>

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace tutti::server {

std::string ServiceManager::socket_of_environment() {
  constexpr const char* kVariable = "NOTIFY_SOCKET";
  const char* const value = std::getenv(kVariable);
  std::string socket = value == nullptr ? "" : value;
  ::unsetenv(kVariable);
  return socket;
}

void ServiceManager::status(base::Instant now, std::string_view text) {
  if (statuses_.try_take(now)) tell("STATUS=" + std::string(text));
}

void ServiceManager::tell(const std::string& state) const {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (socket_.empty() || socket_.size() >= sizeof address.sun_path) return;
  std::copy(socket_.begin(), socket_.end(), address.sun_path);
  if (address.sun_path[0] == '@') address.sun_path[0] = '\0';
  const auto bytes = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + socket_.size());
  const int fd = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return;
  static_cast<void>(!::sendto(fd, state.data(), state.size(), MSG_NOSIGNAL | MSG_DONTWAIT,
                              reinterpret_cast<const sockaddr*>(&address), bytes));
  ::close(fd);
}

}  // namespace tutti::server
