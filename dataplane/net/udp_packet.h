// UdpPacket: what a UDP packet from the wire says, where no kernel has read it before us.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "dataplane/base/drop_reason.h"
#include "dataplane/base/realtime.h"
#include "dataplane/base/result.h"
#include "dataplane/base/socket_address.h"
#include "dataplane/net/ip_packet.h"

namespace tutti::net {

inline constexpr std::size_t kUdpHeadBytes = 8;

struct UdpPacket {
  base::SocketAddress source;
  base::SocketAddress destination;
  std::span<const std::byte> payload;
};

// Reads an IP packet (parse_ip_packet) and its UDP (RFC 768). What is behind the lengths that the headers
// tell is padding of the link.
// Errors: parse_ip_packet's; kTruncated, kOtherProtocol (no UDP), kMalformed (lengths that contradict each
// other, a source that no host has: not unicast, port 0), kBadChecksum.
base::Result<UdpPacket, base::DropReason> parse_udp_packet(std::span<const std::byte> ip,
                                                           Checksums checksums) TUTTI_REALTIME;

}  // namespace tutti::net
