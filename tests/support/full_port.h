// FullPort: a TCP port of the loopback that answers nobody who connects: its queue is full, and stays so.
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "dataplane/base/bound_address.h"
#include "dataplane/base/check.h"

namespace tutti {

class FullPort {
 public:
  FullPort() : listener_(make()), caller_(make()) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    CHECK(::bind(listener_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
    CHECK(::listen(listener_, 0) == 0);  // which has room for one
    address.sin_port = htons(this->address().port);
    CHECK(::connect(caller_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
  }
  ~FullPort() {
    ::close(caller_);
    ::close(listener_);
  }
  FullPort(const FullPort&) = delete;
  FullPort& operator=(const FullPort&) = delete;

  base::SocketAddress address() const { return base::bound_address(listener_); }

 private:
  static int make() { return ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0); }

  const int listener_;
  const int caller_;
};

}  // namespace tutti
