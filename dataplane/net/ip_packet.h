// IpPacket: the header of an IPv4 or IPv6 packet, where no kernel has read it before us.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "dataplane/base/drop_reason.h"
#include "dataplane/base/realtime.h"
#include "dataplane/base/result.h"
#include "dataplane/base/socket_address.h"

namespace tutti::net {

// Whether the sums were seen to be right by somebody else: the card, or a sender on this very host.
enum class Checksums : std::uint8_t { kTrusted, kUnknown };

// Of the registry that both families share.
enum class IpProtocol : std::uint8_t { kHopByHop = 0, kIcmp = 1, kUdp = 17, kIcmpv6 = 58 };

// Addresses stay where they are until somebody wants them: to copy one costs more than to read all the rest.
struct IpPacket {
  base::AddressFamily family{};
  IpProtocol protocol{};  // of IPv6 the first next header, whatever it is
  std::uint8_t hop_limit = 0;
  std::span<const std::byte> addresses;  // both, one behind the other, as the pseudo-header has them
  std::span<const std::byte> payload;    // without the link's padding

  bool ipv6() const TUTTI_REALTIME { return family == base::AddressFamily::kIpv6; }
  // Their ports are 0.
  base::SocketAddress source() const TUTTI_REALTIME;
  base::SocketAddress destination() const TUTTI_REALTIME;
  // The sum of the pseudo-header before a payload of this packet. Source: RFC 768; RFC 8200, section 8.1.
  std::uint64_t pseudo_sum(std::size_t payload_bytes) const TUTTI_REALTIME;
};

// Reads IPv4 (RFC 791, options skipped) or IPv6 (RFC 8200, no extension headers).
// Errors: kTruncated, kMalformed (lengths that contradict each other, another version), kFragment,
// kBadChecksum (of the header).
base::Result<IpPacket, base::DropReason> parse_ip_packet(std::span<const std::byte> ip,
                                                         Checksums checksums) TUTTI_REALTIME;

// Whether a packet may come from there: only a host's own address may be a source.
// Source: RFC 1122, section 3.2.1.3; RFC 4291, section 2.7.
bool is_host(const base::SocketAddress& ip) TUTTI_REALTIME;

inline constexpr std::size_t kIpv4HeadBytes = 20;  // without options
inline constexpr std::size_t kIpv6HeadBytes = 40;
inline constexpr std::size_t kIpHeadBytesMax = kIpv6HeadBytes;
constexpr std::size_t ip_head_bytes(bool ipv6) TUTTI_REALTIME {
  return ipv6 ? kIpv6HeadBytes : kIpv4HeadBytes;
}

// Writes the header of a packet that is no fragment; returns its length. Addresses of one family.
// Shapes: `out` has kIpHeadBytesMax.
std::size_t write_ip_head(const base::SocketAddress& from, const base::SocketAddress& to, IpProtocol protocol,
                          std::uint8_t hop_limit, std::size_t payload_bytes, std::byte* out) TUTTI_REALTIME;

}  // namespace tutti::net
