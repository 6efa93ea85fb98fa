// ReceiveFilter: which packets come through a core's ReceiveRing instead of their sockets.
#pragma once

#include <cstdint>
#include <vector>

#include <linux/filter.h>

#include "dataplane/net/port_lane.h"

namespace tutti::net {

// Header and payload of the largest UDP packet that comes through a ring: with IPv6's header it fills a slot.
// G.711 of 40 ms is 340. What is larger comes through its socket: no packet comes both ways, and none neither
// way, but fragments and IP options within so few bytes, which no phone sends.
inline constexpr std::uint32_t kRingUdpBytesMax = 382;

// What a ring keeps, which sees packets from their Ethernet header on: whole UDP packets to the lane's even
// ports at its address, for this host, in no VLAN; of any size, as several small ones may come as one large
// (GRO). Source: Linux, Documentation/networking/filter.rst.
std::vector<sock_filter> ring_filter(const PortLane& lane);
// What such a port's socket keeps, which sees them from their UDP header on, each by itself: all that did not
// come through `interface`, and what is larger.
std::vector<sock_filter> socket_filter(int interface);

}  // namespace tutti::net
