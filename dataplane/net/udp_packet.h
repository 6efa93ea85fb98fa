// UdpPacket: what an IP packet from the wire says, where no kernel has read it before us.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "dataplane/base/drop_reason.h"
#include "dataplane/base/realtime.h"
#include "dataplane/base/result.h"
#include "dataplane/base/socket_address.h"

namespace tutti::net {

struct UdpPacket {
  base::SocketAddress source;
  base::SocketAddress destination;
  std::span<const std::byte> payload;
};

// Whether the sums were seen to be right by somebody else: the card, or a sender on this very host.
enum class Checksums : std::uint8_t { kTrusted, kUnknown };

// Reads IPv4 (RFC 791, options skipped) or IPv6 (RFC 8200, no extension headers) and UDP (RFC 768). What is
// behind the lengths that the headers tell is padding of the link.
// Errors: kTruncated, kMalformed (no UDP, a fragment, lengths that contradict each other, a source that no
// host has: not unicast, port 0), kBadChecksum.
base::Result<UdpPacket, base::DropReason> parse_udp_packet(std::span<const std::byte> ip,
                                                           Checksums checksums) TUTTI_REALTIME;

}  // namespace tutti::net
