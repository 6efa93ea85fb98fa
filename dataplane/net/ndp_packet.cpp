#include "dataplane/net/ndp_packet.h"

#include <cstring>

#include "dataplane/net/network_bytes.h"

namespace tutti::net {
namespace {

using base::AddressFamily;
using base::DropReason;
using base::SocketAddress;

constexpr std::size_t kMessageBytes = 24;
constexpr std::size_t kOptionBytes = 8;
constexpr std::uint8_t kNdpHops = 255;  // section 7.1: whom a router has forwarded is not believed
constexpr std::uint32_t kSolicitation = 135;
constexpr std::uint32_t kAdvertisement = 136;
constexpr std::uint32_t kSourceMac = 1;
constexpr std::uint32_t kTargetMac = 2;
constexpr std::uint32_t kRouter = 0x80;
constexpr std::uint32_t kSolicited = 0x40;
constexpr std::uint32_t kOverride = 0x20;

bool is_multicast(const SocketAddress& ip) TUTTI_REALTIME {
  return ip.ip[0] == 0xFF;
}

}  // namespace

base::Result<NdpPacket, DropReason> parse_ndp_packet(const IpPacket& ip,
                                                     const IcmpPacket& icmp) TUTTI_REALTIME {
  const bool solicitation = icmp.kind == IcmpPacket::Kind::kNeighbourSolicitation;
  if (!solicitation && icmp.kind != IcmpPacket::Kind::kNeighbourAdvertisement) {
    return base::unexpected(DropReason::kOtherProtocol);
  }
  const auto message = icmp.message;
  if (message.size() < kMessageBytes) return base::unexpected(DropReason::kTruncated);
  const auto malformed = base::unexpected(DropReason::kMalformed);
  if (ip.hop_limit != kNdpHops || get8(&message[1]) != 0) return malformed;
  NdpPacket read{.kind = solicitation ? NdpPacket::Kind::kSolicitation : NdpPacket::Kind::kAdvertisement,
                 .target = get_ip(AddressFamily::kIpv6, &message[8])};
  if (!is_host(read.target)) return malformed;
  for (auto options = message.subspan(kMessageBytes); !options.empty();) {
    if (options.size() < 2) return malformed;
    const std::size_t bytes = kOptionBytes * get8(&options[1]);
    if (bytes == 0 || bytes > options.size()) return malformed;
    if (get8(&options[0]) == (solicitation ? kSourceMac : kTargetMac)) {
      const MacAddress mac = get_mac(&options[2]);
      if (bytes != kOptionBytes || !is_station(mac)) return malformed;
      read.mac = mac;
    }
    options = options.subspan(bytes);
  }
  if (solicitation) {
    const bool detecting = ip.source().unspecified();  // RFC 4862, section 5.4: duplicates of an address
    if (detecting && (read.mac || ip.destination() != solicited_node(read.target))) return malformed;
    if (!detecting && !is_host(ip.source())) return malformed;
    return read;
  }
  const std::uint32_t flags = get8(&message[4]);
  read.router = (flags & kRouter) != 0;
  read.solicited = (flags & kSolicited) != 0;
  read.overrides = (flags & kOverride) != 0;
  if (!is_host(ip.source()) || (read.solicited && is_multicast(ip.destination()))) return malformed;
  return read;
}

std::size_t write_ndp_packet(const NdpPacket& packet, const SocketAddress& from, const SocketAddress& to,
                             std::byte* out) TUTTI_REALTIME {
  const bool solicitation = packet.kind == NdpPacket::Kind::kSolicitation;
  const std::size_t bytes = kMessageBytes + (packet.mac ? kOptionBytes : 0);
  std::byte* const message = out + kIpv6HeadBytes;
  std::memset(message, 0, bytes);
  put8(message, solicitation ? kSolicitation : kAdvertisement);
  put8(message + 4, (packet.router ? kRouter : 0) | (packet.solicited ? kSolicited : 0) |
                        (packet.overrides ? kOverride : 0));
  put_ip(message + 8, packet.target);
  if (packet.mac) {
    put8(message + kMessageBytes, solicitation ? kSourceMac : kTargetMac);
    put8(message + kMessageBytes + 1, 1);
    put_mac(message + kMessageBytes + 2, *packet.mac);
  }
  return finish_icmp_packet(from, to, kNdpHops, {message, bytes}, out) + bytes;
}

SocketAddress solicited_node(const SocketAddress& ip) TUTTI_REALTIME {
  SocketAddress group = all_nodes();
  group.ip[11] = 1;
  group.ip[12] = 0xFF;
  std::memcpy(&group.ip[13], &ip.ip[13], 3);
  return group;
}

SocketAddress all_nodes() TUTTI_REALTIME {
  SocketAddress group;
  group.family = AddressFamily::kIpv6;
  group.ip = {0xFF, 0x02, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
  return group;
}

MacAddress group_mac(const SocketAddress& multicast) TUTTI_REALTIME {
  MacAddress mac{0x33, 0x33};
  std::memcpy(&mac[2], &multicast.ip[12], 4);
  return mac;
}

}  // namespace tutti::net
