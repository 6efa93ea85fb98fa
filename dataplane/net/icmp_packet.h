// IcmpPacket: ICMP of either family, of which a host without a kernel must answer echo requests.
// Source: RFC 792; RFC 4443.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "dataplane/base/drop_reason.h"
#include "dataplane/base/realtime.h"
#include "dataplane/base/result.h"
#include "dataplane/net/ip_packet.h"

namespace tutti::net {

struct IcmpPacket {
  enum class Kind : std::uint8_t {
    kEchoRequest,
    kError,  // about a packet of ours
    kRouterAdvertisement,
    kNeighbourSolicitation,
    kNeighbourAdvertisement,
    kOther,
  };

  Kind kind = Kind::kOther;
  std::span<const std::byte> message;  // from its type on
};

// Reads the payload of an IP packet whose protocol is its family's ICMP.
// Errors: kTruncated, kBadChecksum, kMalformed (an echo request with a code), kOtherProtocol (no ICMP).
base::Result<IcmpPacket, base::DropReason> parse_icmp_packet(const IpPacket& ip) TUTTI_REALTIME;

// Writes IP and ICMP of the answer to an echo request: its identifier, sequence number and data; returns the
// length. Shapes: `out` has kIpHeadBytesMax and the request's message.
std::size_t write_echo_reply(const IpPacket& ip, const IcmpPacket& request, std::byte* out) TUTTI_REALTIME;

// Writes IP's header before an ICMP message, whose checksum it writes too; returns the header's length.
// Shapes: `message` begins at `out` + 20 (IPv4) or + 40 (IPv6).
std::size_t finish_icmp_packet(const base::SocketAddress& from, const base::SocketAddress& to,
                               std::uint8_t hop_limit, std::span<std::byte> message,
                               std::byte* out) TUTTI_REALTIME;

}  // namespace tutti::net
