#include "signaling/sip/connection_guard_impl.h"

#include <algorithm>
#include <mutex>

#include <sys/socket.h>

#include "signaling/sip/interposition_impl.h"
#include "signaling/sip/sofia_impl.h"

extern "C" {
// The library's own, exported and in no header of it.
int tport_tcp_init_secondary(tport_t* self, int socket, int accepted, const char** reason);
int tport_set_secondary_timer(tport_t* self);
}

namespace tutti::sip {
namespace {

// Stacks of several threads are in tests alone; a connection comes and goes too rarely to mind the lock.
struct Guards {
  std::mutex mutex;
  std::vector<ConnectionGuard*> all;
};

Guards& guards() {
  static Guards* const guards = new Guards;  // sockets are closed until the very end of the process
  return *guards;
}

base::SocketAddress address_by(int (*ask)(int, sockaddr*, socklen_t*), int socket) {
  sockaddr_storage storage{};
  socklen_t length = sizeof storage;
  auto* name = reinterpret_cast<sockaddr*>(&storage);
  return ask(socket, name, &length) == 0 ? base::from_sockaddr(name, length) : base::SocketAddress{};
}

bool has_place(int socket) {
  Guards& those = guards();
  const std::lock_guard lock(those.mutex);
  const base::SocketAddress local = address_by(getsockname, socket);
  for (ConnectionGuard* guard : those.all) {
    if (guard->watches(local)) return guard->enter(socket, address_by(getpeername, socket));
  }
  return true;
}

void give_back_place(int socket) {
  Guards& those = guards();
  const std::lock_guard lock(those.mutex);
  for (ConnectionGuard* guard : those.all) guard->leave(socket);
}

// Nothing of what came is read, and the library sees what it sees of a peer that is gone.
void reset_connection(int socket) {
  sockaddr nobody{};
  nobody.sa_family = AF_UNSPEC;
  static_cast<void>(connect(socket, &nobody, sizeof nobody));
}

}  // namespace

ConnectionGuard::ConnectionGuard(base::ConnectionBound::Limits limits, SipCounters& counters)
    : bound_(limits), counters_(counters) {
  const std::lock_guard lock(guards().mutex);
  guards().all.push_back(this);
}

ConnectionGuard::~ConnectionGuard() {
  const std::lock_guard lock(guards().mutex);
  auto& all = guards().all;
  all.erase(std::find(all.begin(), all.end(), this));
}

bool ConnectionGuard::watches(const base::SocketAddress& local) const {
  const base::SocketAddress plain = base::without_mapping(local);
  return std::any_of(watched_.begin(), watched_.end(), [&](const base::SocketAddress& listening) {
    return listening.port == plain.port && (listening.unspecified() || listening == plain);
  });
}

bool ConnectionGuard::enter(int socket, const base::SocketAddress& peer) {
  switch (bound_.try_enter(peer)) {
    case base::ConnectionBound::Answer::kTaken:
      peers_[socket] = peer;
      counters_.connections.set(static_cast<std::int64_t>(bound_.taken()));
      return true;
    case base::ConnectionBound::Answer::kNoPlace:
      counters_.refused_connections.add();
      return false;
    case base::ConnectionBound::Answer::kNoPlaceForClient:
      counters_.refused_address.add();
      return false;
  }
  return false;
}

void ConnectionGuard::leave(int socket) {
  const auto found = peers_.find(socket);
  if (found == peers_.end()) return;
  bound_.leave(found->second);
  peers_.erase(found);
  counters_.connections.set(static_cast<std::int64_t>(bound_.taken()));
}

bool connection_guard_is_in_place() {
  return is_interposed("tport_tcp_init_secondary", &tport_tcp_init_secondary) &&
         is_interposed("su_close", &su_close);
}

}  // namespace tutti::sip

// Both take the place of the library's functions of these names, as msg_extract does.

// Each new TCP connection of the library's passes here. One without a place is reset and left to the library,
// which closes it in its next turn: an error here would have it take out of its tree of connections what it
// has not put in. One that stays gets its idle timer, which the library itself sets with the first bytes
// only.
extern "C" int tport_tcp_init_secondary(tport_t* self, int socket, int accepted, const char** reason) {
  static const auto library =
      tutti::sip::library_function<int(tport_t*, int, int, const char**)>("tport_tcp_init_secondary");
  const int result = library(self, socket, accepted, reason);
  if (result != 0 || !accepted) return result;
  if (tutti::sip::has_place(socket)) {
    tport_set_secondary_timer(self);
  } else {
    tutti::sip::reset_connection(socket);
  }
  return result;
}

extern "C" int su_close(su_socket_t socket) {
  static const auto library = tutti::sip::library_function<int(su_socket_t)>("su_close");
  tutti::sip::give_back_place(socket);  // first: the number may be somebody else's as soon as it is closed
  return library(socket);
}
