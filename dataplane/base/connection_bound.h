// ConnectionBound: how many connections may be open at one time, and how many of them one client may have.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>

#include "dataplane/base/host_network.h"
#include "dataplane/base/socket_address.h"

namespace tutti::base {

// A client is what network_of() says. One of another host has `of_client` places; one of loopback as many as
// there are, for a proxy brings everybody from there. But some are kept: neither loopback nor all other hosts
// together ever have the last sixteenth of all, nor any one client the last eighth. So strangers do not keep
// out who sits at the host, nor a proxy those who come past it, nor 127.0.0.1 who comes from 127.0.0.2.
// Thread: one.
class ConnectionBound {
 public:
  struct Limits {
    std::size_t all = 0;
    std::size_t of_client = 0;
  };
  enum class Answer : std::uint8_t { kTaken, kNoPlace, kNoPlaceForClient };

  ConnectionBound() = default;  // no place
  explicit ConnectionBound(Limits limits) : limits_(limits) {}

  // For those who come; who is above a lower limit stays.
  void set_limits(Limits limits) { limits_ = limits; }
  // On kTaken `client` has one place more until it leaves it.
  Answer try_enter(const SocketAddress& client);
  void leave(const SocketAddress& client);
  std::size_t taken() const { return taken_; }

 private:
  Limits limits_;
  std::size_t taken_ = 0;
  std::size_t taken_on_loopback_ = 0;
  std::map<NetworkKey, std::size_t> clients_;  // none has 0
};

}  // namespace tutti::base
