#include "dataplane/net/icmp_packet.h"

#include <cstring>

#include "dataplane/net/internet_checksum.h"
#include "dataplane/net/network_bytes.h"

namespace tutti::net {
namespace {

using base::DropReason;
using Kind = IcmpPacket::Kind;

constexpr std::size_t kIcmpHeadBytes = 8;
constexpr std::uint8_t kEchoHops = 64;
constexpr std::uint32_t kEchoReply = 0;
constexpr std::uint32_t kEchoReplyV6 = 129;

Kind kind_v4(std::uint32_t type) TUTTI_REALTIME {
  switch (type) {
    case 8:
      return Kind::kEchoRequest;
    case 3:   // destination unreachable
    case 11:  // time exceeded
    case 12:  // parameter problem
      return Kind::kError;
    default:
      return Kind::kOther;
  }
}

Kind kind_v6(std::uint32_t type) TUTTI_REALTIME {
  switch (type) {
    case 128:
      return Kind::kEchoRequest;
    case 134:
      return Kind::kRouterAdvertisement;
    case 135:
      return Kind::kNeighbourSolicitation;
    case 136:
      return Kind::kNeighbourAdvertisement;
    default:
      return type != 0 && type < 128 ? Kind::kError : Kind::kOther;  // section 2.1
  }
}

}  // namespace

base::Result<IcmpPacket, DropReason> parse_icmp_packet(const IpPacket& ip) TUTTI_REALTIME {
  if (ip.protocol != (ip.ipv6() ? IpProtocol::kIcmpv6 : IpProtocol::kIcmp)) {
    return base::unexpected(DropReason::kOtherProtocol);
  }
  const auto message = ip.payload;
  if (message.size() < kIcmpHeadBytes) return base::unexpected(DropReason::kTruncated);
  const std::uint64_t pseudo = ip.ipv6() ? ip.pseudo_sum(message.size()) : 0;
  if (!comes_out(pseudo + internet_sum(message))) return base::unexpected(DropReason::kBadChecksum);
  const std::uint32_t type = get8(&message[0]);
  const IcmpPacket read{.kind = ip.ipv6() ? kind_v6(type) : kind_v4(type), .message = message};
  if (read.kind == Kind::kEchoRequest && get8(&message[1]) != 0) {
    return base::unexpected(DropReason::kMalformed);
  }
  return read;
}

std::size_t write_echo_reply(const IpPacket& ip, const IcmpPacket& request, std::byte* out) TUTTI_REALTIME {
  std::byte* const at = out + ip_head_bytes(ip.ipv6());
  std::memcpy(at, request.message.data(), request.message.size());
  put8(at, ip.ipv6() ? kEchoReplyV6 : kEchoReply);
  const std::span message(at, request.message.size());
  return finish_icmp_packet(ip.destination(), ip.source(), kEchoHops, message, out) + message.size();
}

std::size_t finish_icmp_packet(const base::SocketAddress& from, const base::SocketAddress& to,
                               std::uint8_t hop_limit, std::span<std::byte> message,
                               std::byte* out) TUTTI_REALTIME {
  const bool ipv6 = from.family == base::AddressFamily::kIpv6;
  const IpProtocol protocol = ipv6 ? IpProtocol::kIcmpv6 : IpProtocol::kIcmp;
  const std::size_t head = write_ip_head(from, to, protocol, hop_limit, message.size(), out);
  IpPacket ip{.family = from.family, .protocol = protocol};
  if (ipv6) ip.addresses = {out + 8, 32};
  put16(&message[2], 0);
  const std::uint16_t sum = checksum((ipv6 ? ip.pseudo_sum(message.size()) : 0) + internet_sum(message));
  std::memcpy(&message[2], &sum, sizeof(sum));
  return head;
}

}  // namespace tutti::net
