#include "dataplane/net/arp_packet.h"

#include "dataplane/net/ethernet_frame.h"
#include "dataplane/net/ip_packet.h"
#include "dataplane/net/network_bytes.h"

namespace tutti::net {
namespace {

using base::AddressFamily;
using base::DropReason;

constexpr std::uint32_t kEthernet = 1;
constexpr std::uint32_t kLengths = 0x0604;  // of a MAC and of an IPv4 address

}  // namespace

base::Result<ArpPacket, DropReason> parse_arp_packet(std::span<const std::byte> payload) TUTTI_REALTIME {
  if (payload.size() < ArpPacket::kBytes) return base::unexpected(DropReason::kTruncated);
  if (get16(&payload[0]) != kEthernet || get16(&payload[2]) != static_cast<std::uint32_t>(EtherType::kIpv4) ||
      get16(&payload[4]) != kLengths) {
    return base::unexpected(DropReason::kOtherProtocol);
  }
  const std::uint32_t operation = get16(&payload[6]);
  const bool request = operation == static_cast<std::uint32_t>(ArpPacket::Kind::kRequest);
  if (!request && operation != static_cast<std::uint32_t>(ArpPacket::Kind::kReply)) {
    return base::unexpected(DropReason::kMalformed);
  }
  const ArpPacket read{.kind = request ? ArpPacket::Kind::kRequest : ArpPacket::Kind::kReply,
                       .sender_mac = get_mac(&payload[8]),
                       .sender_ip = get_ip(AddressFamily::kIpv4, &payload[14]),
                       .target_mac = get_mac(&payload[18]),
                       .target_ip = get_ip(AddressFamily::kIpv4, &payload[24])};
  const bool probe = request && read.sender_ip.unspecified();
  if (!is_station(read.sender_mac) || (!probe && !is_host(read.sender_ip))) {
    return base::unexpected(DropReason::kMalformed);
  }
  return read;
}

std::size_t write_arp_packet(const ArpPacket& packet, std::byte* out) TUTTI_REALTIME {
  put16(out, kEthernet);
  put16(out + 2, static_cast<std::uint32_t>(EtherType::kIpv4));
  put16(out + 4, kLengths);
  put16(out + 6, static_cast<std::uint32_t>(packet.kind));
  put_mac(out + 8, packet.sender_mac);
  put_ip(out + 14, packet.sender_ip);
  put_mac(out + 18, packet.target_mac);
  put_ip(out + 24, packet.target_ip);
  return ArpPacket::kBytes;
}

}  // namespace tutti::net
