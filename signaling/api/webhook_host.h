// resolve_host(): the addresses of a webhook's host.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include <sys/socket.h>

#include "dataplane/base/result.h"

namespace tutti::api {

// As the kernel has it, with the scope of a link-local one.
struct HostAddress {
  sockaddr_storage storage{};
  socklen_t length = 0;
};

// Blocks. Errors: one sentence. Thread: any.
using ResolveHost = std::function<base::Result<std::vector<HostAddress>, std::string>(
    const std::string& host, const std::string& port)>;

// By the host's own resolver, in the order that it likes best; at least one. As ResolveHost.
base::Result<std::vector<HostAddress>, std::string> resolve_host(const std::string& host,
                                                                 const std::string& port);

}  // namespace tutti::api
