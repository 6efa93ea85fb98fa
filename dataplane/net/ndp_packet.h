// NdpPacket: who has an IPv6 address on this Ethernet: neighbour solicitations and advertisements.
// Source: RFC 4861, sections 4.3, 4.4, 7.1; RFC 4291, section 2.7.1.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "dataplane/base/drop_reason.h"
#include "dataplane/base/realtime.h"
#include "dataplane/base/result.h"
#include "dataplane/base/socket_address.h"
#include "dataplane/net/icmp_packet.h"
#include "dataplane/net/ip_packet.h"
#include "dataplane/net/mac_address.h"

namespace tutti::net {

struct NdpPacket {
  static constexpr std::size_t kBytesMax = 72;  // IPv6 40, the message 24, one option 8
  enum class Kind : std::uint8_t { kSolicitation, kAdvertisement };

  Kind kind = Kind::kSolicitation;
  base::SocketAddress target;
  // Of a solicitation its sender's, of an advertisement the target's.
  std::optional<MacAddress> mac;
  // Of an advertisement:
  bool router = false;
  bool solicited = false;
  bool overrides = false;
};

// Reads a message that parse_icmp_packet() found to be of one of the two kinds. Options other than a
// link-layer address are skipped.
// Errors: kMalformed (what section 7.1 has a host discard: a hop limit other than 255, a code, a target or a
// length that cannot be, ...), kTruncated, kOtherProtocol (neither kind).
base::Result<NdpPacket, base::DropReason> parse_ndp_packet(const IpPacket& ip,
                                                           const IcmpPacket& icmp) TUTTI_REALTIME;

// Writes IPv6 and ICMPv6; returns the length. Shapes: `out` has kBytesMax.
std::size_t write_ndp_packet(const NdpPacket& packet, const base::SocketAddress& from,
                             const base::SocketAddress& to, std::byte* out) TUTTI_REALTIME;

// Where who has the address listens: ff02::1:ff00:0/104 and its last 24 bits.
base::SocketAddress solicited_node(const base::SocketAddress& ip) TUTTI_REALTIME;
// Where everybody listens: ff02::1.
base::SocketAddress all_nodes() TUTTI_REALTIME;
// The Ethernet group of an IPv6 multicast address. Source: RFC 2464, section 7.
MacAddress group_mac(const base::SocketAddress& multicast) TUTTI_REALTIME;

}  // namespace tutti::net
