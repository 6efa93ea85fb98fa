#include "dataplane/net/mld_packet.h"

#include <cstring>

#include "dataplane/base/check.h"
#include "dataplane/net/internet_checksum.h"
#include "dataplane/net/network_bytes.h"

namespace tutti::net {
namespace {

using base::AddressFamily;
using base::DropReason;
using base::SocketAddress;

constexpr std::size_t kOptionsBytes = 8;
constexpr std::uint8_t kMldHops = 1;
constexpr std::uint32_t kQuery = 130;
constexpr std::uint32_t kReportV1 = 131;
constexpr std::uint32_t kReportV2 = 143;
constexpr std::size_t kQueryBytesV1 = 24;
constexpr std::size_t kQueryBytesV2 = 28;
constexpr std::size_t kRecordBytes = 20;
constexpr std::uint32_t kRouterAlert = 5;  // RFC 2711: two bytes, 0: of MLD
constexpr std::uint32_t kPad1 = 0;
constexpr std::uint32_t kPadN = 1;

// Section 5.1.3, in ms.
std::uint32_t response_ms(std::uint32_t code) TUTTI_REALTIME {
  if (code < 0x8000) return code;
  return ((code & 0x0FFFU) | 0x1000U) << ((code >> 12 & 7U) + 3);
}

// Whether the options have a router alert of MLD's; false too where they do not add up.
bool has_router_alert(std::span<const std::byte> options) TUTTI_REALTIME {
  bool alert = false;
  while (!options.empty()) {
    const std::uint32_t type = get8(&options[0]);
    if (type == kPad1) {
      options = options.subspan(1);
      continue;
    }
    if (options.size() < 2 || options.size() < 2 + get8(&options[1])) return false;
    const std::size_t bytes = get8(&options[1]);
    if (type == kRouterAlert) {
      if (bytes != 2 || get16(&options[2]) != 0) return false;
      alert = true;
    }
    options = options.subspan(2 + bytes);
  }
  return alert;
}

// Around a message at `out` + 48, whose checksum is written too.
std::size_t finish(const SocketAddress& from, const SocketAddress& to, std::span<std::byte> message,
                   std::byte* out) TUTTI_REALTIME {
  write_ip_head(from, to, IpProtocol::kHopByHop, kMldHops, kOptionsBytes + message.size(), out);
  std::byte* const options = out + kIpv6HeadBytes;
  std::memset(options, 0, kOptionsBytes);
  put8(options, static_cast<std::uint32_t>(IpProtocol::kIcmpv6));
  put8(options + 2, kRouterAlert);
  put8(options + 3, 2);
  put8(options + 6, kPadN);
  const IpPacket ip{
      .family = AddressFamily::kIpv6, .protocol = IpProtocol::kIcmpv6, .addresses = {out + 8, 32}};
  const std::uint16_t sum = checksum(ip.pseudo_sum(message.size()) + internet_sum(message));
  std::memcpy(&message[2], &sum, sizeof(sum));
  return kIpv6HeadBytes + kOptionsBytes + message.size();
}

}  // namespace

base::Result<MldQuery, DropReason> parse_mld_query(const IpPacket& ip) TUTTI_REALTIME {
  if (!ip.ipv6() || ip.protocol != IpProtocol::kHopByHop) return base::unexpected(DropReason::kOtherProtocol);
  if (ip.payload.size() < kOptionsBytes) return base::unexpected(DropReason::kTruncated);
  const std::size_t options = 8 * (get8(&ip.payload[1]) + 1);
  if (get8(&ip.payload[0]) != static_cast<std::uint32_t>(IpProtocol::kIcmpv6)) {
    return base::unexpected(DropReason::kOtherProtocol);
  }
  if (options + kQueryBytesV1 > ip.payload.size()) return base::unexpected(DropReason::kTruncated);
  const auto message = ip.payload.subspan(options);
  IpPacket inner = ip;
  inner.protocol = IpProtocol::kIcmpv6;
  if (!comes_out(inner.pseudo_sum(message.size()) + internet_sum(message))) {
    return base::unexpected(DropReason::kBadChecksum);
  }
  if (get8(&message[0]) != kQuery) return base::unexpected(DropReason::kOtherProtocol);
  const bool version_1 = message.size() == kQueryBytesV1;
  MldQuery query{.version_1 = version_1, .group = get_ip(AddressFamily::kIpv6, &message[8])};
  if (ip.hop_limit != kMldHops || !ip.source().link_local() ||
      !has_router_alert(ip.payload.subspan(2, options - 2)) ||
      (!version_1 && message.size() < kQueryBytesV2) ||
      (!query.group.unspecified() && query.group.ip[0] != 0xFF)) {
    return base::unexpected(DropReason::kMalformed);
  }
  const std::uint32_t code = get16(&message[4]);
  query.within = std::chrono::milliseconds(version_1 ? code : response_ms(code));
  return query;
}

std::size_t write_mld_report(MldRecord record, std::span<const SocketAddress> groups,
                             const SocketAddress& from, std::byte* out) TUTTI_REALTIME {
  DCHECK(!groups.empty() && groups.size() <= kMldGroupsMax);
  std::byte* const message = out + kIpv6HeadBytes + kOptionsBytes;
  const std::size_t bytes = 8 + groups.size() * kRecordBytes;
  std::memset(message, 0, bytes);
  put8(message, kReportV2);
  put16(message + 6, static_cast<std::uint32_t>(groups.size()));
  std::byte* at = message + 8;
  for (const SocketAddress& group : groups) {
    put8(at, static_cast<std::uint32_t>(record));
    put_ip(at + 4, group);
    at += kRecordBytes;
  }
  return finish(from, mld_routers(), {message, bytes}, out);
}

std::size_t write_mld_report_v1(const SocketAddress& group, const SocketAddress& from,
                                std::byte* out) TUTTI_REALTIME {
  std::byte* const message = out + kIpv6HeadBytes + kOptionsBytes;
  std::memset(message, 0, kQueryBytesV1);
  put8(message, kReportV1);
  put_ip(message + 8, group);
  return finish(from, group, {message, kQueryBytesV1}, out);
}

SocketAddress mld_routers() TUTTI_REALTIME {
  SocketAddress group;
  group.family = AddressFamily::kIpv6;
  group.ip = {0xFF, 0x02, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x16};
  return group;
}

}  // namespace tutti::net
