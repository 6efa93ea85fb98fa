#include "dataplane/net/udp_packet.h"

#include <algorithm>
#include <cstring>

#include <netinet/in.h>

namespace tutti::net {
namespace {

using base::DropReason;
using Bytes = std::span<const std::byte>;

constexpr std::size_t kIpv4HeadBytes = 20;
constexpr std::size_t kIpv6HeadBytes = 40;
constexpr std::size_t kUdpHeadBytes = 8;
constexpr std::uint32_t kMoreFragmentsOrOffset = 0x3FFF;

std::uint32_t byte_at(Bytes bytes, std::size_t at) TUTTI_REALTIME {
  return std::to_integer<std::uint32_t>(bytes[at]);
}

std::uint32_t word_at(Bytes bytes, std::size_t at) TUTTI_REALTIME {
  return byte_at(bytes, at) << 8U | byte_at(bytes, at + 1);
}

// Of the words in the machine's order: which order does not matter to a sum that carries around.
// Source: RFC 1071, section 2.
std::uint64_t sum(Bytes bytes) TUTTI_REALTIME {
  std::uint64_t total = 0;
  std::size_t at = 0;
  for (; at + 4 <= bytes.size(); at += 4) {
    std::uint32_t words = 0;
    std::memcpy(&words, bytes.data() + at, 4);
    total += words;
  }
  std::uint32_t rest = 0;
  std::memcpy(&rest, bytes.data() + at, bytes.size() - at);
  return total + rest;
}

// A sum over what holds its own checksum.
bool comes_out(std::uint64_t total) TUTTI_REALTIME {
  while ((total >> 16U) != 0) total = (total & 0xFFFFU) + (total >> 16U);
  return total == 0xFFFF;
}

base::SocketAddress address(base::AddressFamily family, Bytes ip, std::uint32_t port) TUTTI_REALTIME {
  base::SocketAddress made;
  std::memcpy(made.ip.data(), ip.data(), ip.size());
  made.port = static_cast<std::uint16_t>(port);
  made.family = family;
  return made;
}

// RFC 1122, section 3.2.1.3; RFC 4291, section 2.7: only a host's own address may be a source.
bool of_a_host(const base::SocketAddress& source) TUTTI_REALTIME {
  if (source.port == 0 || source.unspecified()) return false;
  if (source.family == base::AddressFamily::kIpv6) return source.ip[0] != 0xFF;
  return source.ip[0] != 0 && source.ip[0] < 224;
}

// `addresses` are both, one behind the other, as the pseudo-header has them.
base::Result<UdpPacket, DropReason> parse_udp(base::AddressFamily family, Bytes addresses, Bytes udp,
                                              Checksums checksums) TUTTI_REALTIME {
  if (udp.size() < kUdpHeadBytes) return base::unexpected(DropReason::kTruncated);
  const std::uint32_t bytes = word_at(udp, 4);
  if (bytes < kUdpHeadBytes || bytes > udp.size()) return base::unexpected(DropReason::kMalformed);
  udp = udp.first(bytes);
  const bool ipv6 = family == base::AddressFamily::kIpv6;
  if (checksums == Checksums::kUnknown) {
    const bool none = word_at(udp, 6) == 0;
    if (none && ipv6) return base::unexpected(DropReason::kBadChecksum);
    const std::uint64_t pseudo =
        sum(addresses) + htons(IPPROTO_UDP) + htons(static_cast<std::uint16_t>(bytes));
    if (!none && !comes_out(pseudo + sum(udp))) return base::unexpected(DropReason::kBadChecksum);
  }
  const std::size_t half = addresses.size() / 2;
  UdpPacket packet{.source = address(family, addresses.first(half), word_at(udp, 0)),
                   .destination = address(family, addresses.last(half), word_at(udp, 2)),
                   .payload = udp.subspan(kUdpHeadBytes)};
  if (!of_a_host(packet.source)) return base::unexpected(DropReason::kMalformed);
  return packet;
}

base::Result<UdpPacket, DropReason> parse_ipv4(Bytes ip, Checksums checksums) TUTTI_REALTIME {
  if (ip.size() < kIpv4HeadBytes) return base::unexpected(DropReason::kTruncated);
  const std::size_t head = 4 * (byte_at(ip, 0) & 0x0FU);
  const std::size_t total = word_at(ip, 2);
  if (head < kIpv4HeadBytes || total < head) return base::unexpected(DropReason::kMalformed);
  if (total > ip.size()) return base::unexpected(DropReason::kTruncated);
  if (byte_at(ip, 9) != IPPROTO_UDP || (word_at(ip, 6) & kMoreFragmentsOrOffset) != 0) {
    return base::unexpected(DropReason::kMalformed);
  }
  if (checksums == Checksums::kUnknown && !comes_out(sum(ip.first(head)))) {
    return base::unexpected(DropReason::kBadChecksum);
  }
  return parse_udp(base::AddressFamily::kIpv4, ip.subspan(12, 8), ip.subspan(head, total - head), checksums);
}

base::Result<UdpPacket, DropReason> parse_ipv6(Bytes ip, Checksums checksums) TUTTI_REALTIME {
  if (ip.size() < kIpv6HeadBytes) return base::unexpected(DropReason::kTruncated);
  const std::size_t bytes = word_at(ip, 4);
  if (kIpv6HeadBytes + bytes > ip.size()) return base::unexpected(DropReason::kTruncated);
  if (byte_at(ip, 6) != IPPROTO_UDP) return base::unexpected(DropReason::kMalformed);
  return parse_udp(base::AddressFamily::kIpv6, ip.subspan(8, 32), ip.subspan(kIpv6HeadBytes, bytes),
                   checksums);
}

}  // namespace

base::Result<UdpPacket, DropReason> parse_udp_packet(Bytes ip, Checksums checksums) TUTTI_REALTIME {
  if (ip.empty()) return base::unexpected(DropReason::kTruncated);
  switch (byte_at(ip, 0) >> 4U) {
    case 4:
      return parse_ipv4(ip, checksums);
    case 6:
      return parse_ipv6(ip, checksums);
    default:
      return base::unexpected(DropReason::kMalformed);
  }
}

}  // namespace tutti::net
