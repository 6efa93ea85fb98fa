// The connection guard: bounds the TCP connections that others open to one stack, which the library does not.
// docs/decisions/0005-sofia-nta.md tells how it stands in the library's way.
#pragma once

#include <map>
#include <vector>

#include "dataplane/base/connection_bound.h"
#include "dataplane/base/socket_address.h"
#include "signaling/sip/sip_counters.h"

namespace tutti::sip {

// Outlives the agent whose sockets it watches. Thread: the loop's.
class ConnectionGuard {
 public:
  ConnectionGuard(base::ConnectionBound::Limits limits, SipCounters& counters);
  ConnectionGuard(const ConnectionGuard&) = delete;
  ConnectionGuard& operator=(const ConnectionGuard&) = delete;
  ~ConnectionGuard();

  // From now on, connections to `listening`, which may be 0.0.0.0 or ::.
  void watch(const base::SocketAddress& listening) { watched_.push_back(listening); }

  // What the library tells, of each of its sockets.
  bool watches(const base::SocketAddress& local) const;
  // False: there is no place for it, it is to be closed.
  bool enter(int socket, const base::SocketAddress& peer);
  void leave(int socket);

 private:
  base::ConnectionBound bound_;
  SipCounters& counters_;
  std::vector<base::SocketAddress> watched_;
  std::map<int, base::SocketAddress> peers_;
};

// True when the library really asks us; false in a program whose linker bound its functions otherwise.
bool connection_guard_is_in_place();

}  // namespace tutti::sip
