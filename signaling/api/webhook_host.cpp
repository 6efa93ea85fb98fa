#include "signaling/api/webhook_host.h"

#include <cstring>

#include <netdb.h>

namespace tutti::api {

base::Result<std::vector<HostAddress>, std::string> resolve_host(const std::string& host,
                                                                 const std::string& port) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* list = nullptr;
  const int failed = getaddrinfo(host.c_str(), port.c_str(), &hints, &list);
  if (failed != 0) return base::unexpected(host + " is not resolved: " + gai_strerror(failed));
  std::vector<HostAddress> all;
  for (const addrinfo* one = list; one != nullptr; one = one->ai_next) {
    HostAddress& address = all.emplace_back();
    address.length = one->ai_addrlen;
    std::memcpy(&address.storage, one->ai_addr, one->ai_addrlen);
  }
  freeaddrinfo(list);
  return all;
}

}  // namespace tutti::api
