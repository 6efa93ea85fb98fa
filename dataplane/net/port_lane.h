// PortLane: one core's share of a range of ports, in pairs of even (RTP) and odd (RTCP).
#pragma once

#include <cstdint>

#include "dataplane/base/realtime.h"
#include "dataplane/base/socket_address.h"

namespace tutti::net {

// Every `lanes`th pair. Source: RFC 3550, section 11.
struct PortLane {
  base::SocketAddress ip;   // its port is not used
  std::uint32_t first = 0;  // even; beyond all ports where the range has no pair
  std::uint32_t last = 0;   // inclusive
  std::uint32_t lane = 0;
  std::uint32_t lanes = 1;

  // Of the whole pairs between any two ports.
  static PortLane of(const base::SocketAddress& ip, std::uint16_t from, std::uint16_t to,
                     std::uint32_t lane = 0, std::uint32_t lanes = 1) {
    return {ip, from + from % 2u, to, lane, lanes};
  }

  // Of all lanes.
  std::uint32_t pairs() const TUTTI_REALTIME { return last < first ? 0 : (last - first + 1u) / 2; }
  // Of an even port: which of the lane's, from zero; pairs() and more where it is another's.
  std::uint32_t place_of(std::uint32_t port) const TUTTI_REALTIME {
    const std::uint32_t pair = (port - first) / 2;  // wraps below the range
    return port % 2 == 0 && pair < pairs() && pair % lanes == lane ? pair / lanes : pairs();
  }
};

}  // namespace tutti::net
