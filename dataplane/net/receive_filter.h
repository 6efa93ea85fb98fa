// PortLane and its filters: which packets come through a core's ReceiveRing instead of their sockets.
#pragma once

#include <cstdint>
#include <vector>

#include <linux/filter.h>

#include "dataplane/base/realtime.h"
#include "dataplane/base/socket_address.h"

namespace tutti::net {

// One core's share of a range of ports: every `lanes`th pair of even and odd.
struct PortLane {
  base::SocketAddress ip;   // its port is not used
  std::uint16_t first = 0;  // even
  std::uint16_t last = 0;   // inclusive
  std::uint32_t lane = 0;
  std::uint32_t lanes = 1;

  // Of the whole pairs between any two ports, as EndpointAllocator counts them.
  static PortLane of(const base::SocketAddress& ip, std::uint16_t from, std::uint16_t to, std::uint32_t lane,
                     std::uint32_t lanes) {
    return {ip, static_cast<std::uint16_t>(from + from % 2), to, lane, lanes};
  }

  std::uint32_t pairs() const TUTTI_REALTIME { return last < first ? 0 : (last - first + 1u) / 2; }
  // Of an even port: which of the lane's, from zero; pairs() and more where it is another's.
  std::uint32_t place_of(std::uint32_t port) const TUTTI_REALTIME {
    const std::uint32_t pair = (port - first) / 2;  // wraps below the range
    return port % 2 == 0 && pair < pairs() && pair % lanes == lane ? pair / lanes : pairs();
  }
};

// Header and payload of the largest UDP packet that goes through a ring: with IPv6's header it fills a slot.
// G.711 of 40 ms is 340. What is larger goes through its socket: no packet goes both ways, and none neither
// way, but fragments and IP options within so few bytes, which no phone sends.
inline constexpr std::uint32_t kRingUdpBytesMax = 392;

// What a ring keeps, which sees packets from their IP header on: whole UDP packets to the lane's even ports
// at its address, for this host, without a VLAN tag. Source: Linux, Documentation/networking/filter.rst.
std::vector<sock_filter> ring_filter(const PortLane& lane);
// What such a port's socket keeps, which sees them from their UDP header on: all that did not come through
// `interface`, and what the ring there leaves.
std::vector<sock_filter> socket_filter(int interface);

}  // namespace tutti::net
