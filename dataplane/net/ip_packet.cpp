#include "dataplane/net/ip_packet.h"

#include <cstring>

#include <netinet/in.h>

#include "dataplane/base/check.h"
#include "dataplane/net/internet_checksum.h"
#include "dataplane/net/network_bytes.h"

namespace tutti::net {
namespace {

using base::DropReason;
using Bytes = std::span<const std::byte>;

constexpr std::uint32_t kDoNotFragment = 0x4000;
constexpr std::uint32_t kMoreFragmentsOrOffset = 0x3FFF;
constexpr std::uint32_t kIpv6Fragment = 44;

base::Result<IpPacket, DropReason> parse_ipv4(Bytes ip, Checksums checksums) TUTTI_REALTIME {
  if (ip.size() < kIpv4HeadBytes) return base::unexpected(DropReason::kTruncated);
  const std::size_t head = 4 * (get8(&ip[0]) & 0x0FU);
  const std::size_t total = get16(&ip[2]);
  if (head < kIpv4HeadBytes || total < head) return base::unexpected(DropReason::kMalformed);
  if (total > ip.size()) return base::unexpected(DropReason::kTruncated);
  if (checksums == Checksums::kUnknown && !comes_out(internet_sum(ip.first(head)))) {
    return base::unexpected(DropReason::kBadChecksum);
  }
  if ((get16(&ip[6]) & kMoreFragmentsOrOffset) != 0) return base::unexpected(DropReason::kFragment);
  return IpPacket{.family = base::AddressFamily::kIpv4,
                  .protocol = static_cast<IpProtocol>(ip[9]),
                  .hop_limit = std::to_integer<std::uint8_t>(ip[8]),
                  .addresses = ip.subspan(12, 8),
                  .payload = ip.subspan(head, total - head)};
}

base::Result<IpPacket, DropReason> parse_ipv6(Bytes ip) TUTTI_REALTIME {
  if (ip.size() < kIpv6HeadBytes) return base::unexpected(DropReason::kTruncated);
  const std::size_t bytes = get16(&ip[4]);
  if (kIpv6HeadBytes + bytes > ip.size()) return base::unexpected(DropReason::kTruncated);
  if (get8(&ip[6]) == kIpv6Fragment) return base::unexpected(DropReason::kFragment);
  return IpPacket{.family = base::AddressFamily::kIpv6,
                  .protocol = static_cast<IpProtocol>(ip[6]),
                  .hop_limit = std::to_integer<std::uint8_t>(ip[7]),
                  .addresses = ip.subspan(8, 32),
                  .payload = ip.subspan(kIpv6HeadBytes, bytes)};
}

}  // namespace

base::SocketAddress IpPacket::source() const TUTTI_REALTIME {
  return get_ip(family, addresses.data());
}

base::SocketAddress IpPacket::destination() const TUTTI_REALTIME {
  return get_ip(family, addresses.data() + ip_bytes(family));
}

std::uint64_t IpPacket::pseudo_sum(std::size_t payload_bytes) const TUTTI_REALTIME {
  return internet_sum(addresses) + htons(static_cast<std::uint16_t>(protocol)) +
         htons(static_cast<std::uint16_t>(payload_bytes));
}

base::Result<IpPacket, DropReason> parse_ip_packet(Bytes ip, Checksums checksums) TUTTI_REALTIME {
  if (ip.empty()) return base::unexpected(DropReason::kTruncated);
  switch (get8(&ip[0]) >> 4U) {
    case 4:
      return parse_ipv4(ip, checksums);
    case 6:
      return parse_ipv6(ip);
    default:
      return base::unexpected(DropReason::kMalformed);
  }
}

bool is_host(const base::SocketAddress& ip) TUTTI_REALTIME {
  if (ip.family == base::AddressFamily::kIpv4) return ip.ip[0] != 0 && ip.ip[0] < 224;
  return ip.valid() && ip.ip[0] != 0xFF && !ip.unspecified();
}

std::size_t write_ip_head(const base::SocketAddress& from, const base::SocketAddress& to, IpProtocol protocol,
                          std::uint8_t hop_limit, std::size_t payload_bytes, std::byte* out) TUTTI_REALTIME {
  DCHECK(from.family == to.family && from.valid());
  if (from.family == base::AddressFamily::kIpv4) {
    std::memset(out, 0, kIpv4HeadBytes);
    put8(out, 0x45);
    put16(out + 2, static_cast<std::uint32_t>(kIpv4HeadBytes + payload_bytes));
    put16(out + 6, kDoNotFragment);
    put8(out + 8, hop_limit);
    put8(out + 9, static_cast<std::uint32_t>(protocol));
    put_ip(out + 12, from);
    put_ip(out + 16, to);
    const std::uint16_t sum = checksum(internet_sum({out, kIpv4HeadBytes}));
    std::memcpy(out + 10, &sum, sizeof(sum));
    return kIpv4HeadBytes;
  }
  std::memset(out, 0, kIpv6HeadBytes);
  put8(out, 0x60);
  put16(out + 4, static_cast<std::uint32_t>(payload_bytes));
  put8(out + 6, static_cast<std::uint32_t>(protocol));
  put8(out + 7, hop_limit);
  put_ip(out + 8, from);
  put_ip(out + 24, to);
  return kIpv6HeadBytes;
}

}  // namespace tutti::net
