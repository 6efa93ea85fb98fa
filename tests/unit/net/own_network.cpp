#include "own_network.h"

#include <cstring>
#include <fstream>

#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "dataplane/base/check.h"

namespace tutti::net {
namespace {

// /proc/self/net is the main thread's; sysctls are those of who opens them.
void set_frames(bool taken) {
  for (const char* name : {"accept_local", "route_localnet"}) {
    std::ofstream(std::string("/proc/sys/net/ipv4/conf/lo/") + name) << (taken ? "1" : "0") << std::flush;
  }
}

// False where the process may make networks, and nothing in them (CAP_NET_ADMIN).
bool raise_loopback() {
  const int socket = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  ifreq request{};
  std::strcpy(request.ifr_name, "lo");
  CHECK(::ioctl(socket, SIOCGIFFLAGS, &request) == 0);
  request.ifr_flags = static_cast<short>(request.ifr_flags | IFF_UP);
  const bool raised = ::ioctl(socket, SIOCSIFFLAGS, &request) == 0;
  ::close(socket);
  return raised;
}

}  // namespace

std::unique_ptr<OwnNetwork> OwnNetwork::enter() {
  const int before = ::open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
  CHECK(before >= 0);
  if (::unshare(CLONE_NEWNET) != 0) {
    ::close(before);
    return nullptr;
  }
  std::unique_ptr<OwnNetwork> network(new OwnNetwork(before));
  if (!raise_loopback()) return nullptr;
  set_frames(true);
  return network;
}

OwnNetwork::~OwnNetwork() {
  CHECK(::setns(before_, CLONE_NEWNET) == 0);
  ::close(before_);
}

void OwnNetwork::refuse_frames() {
  set_frames(false);
}

}  // namespace tutti::net
