// Puts the checksums of an IP packet right where its lengths allow it: who makes bytes at random would hardly
// ever.
#pragma once

#include <cstddef>
#include <cstring>
#include <span>

#include "dataplane/net/internet_checksum.h"
#include "dataplane/net/ip_packet.h"

namespace tutti::fuzz {

inline void mend_sums(std::span<std::byte> ip) {
  const auto mend = [](std::span<std::byte> bytes, std::size_t place, std::uint64_t pseudo) {
    std::memset(&bytes[place], 0, 2);
    const std::uint16_t sum = net::checksum(pseudo + net::internet_sum(bytes));
    std::memcpy(&bytes[place], &sum, 2);
  };
  if (!ip.empty() && (ip[0] >> 4) == std::byte{4}) {
    const std::size_t head = 4 * std::to_integer<std::size_t>(ip[0] & std::byte{0x0F});
    if (head >= 20 && head <= ip.size()) mend(ip.first(head), 10, 0);
  }
  const auto packet = net::parse_ip_packet(ip, net::Checksums::kTrusted);
  if (packet && packet->protocol == net::IpProtocol::kHopByHop && packet->payload.size() >= 2) {
    // MLD's: ICMPv6 behind options.
    const std::size_t options = 8 * (std::to_integer<std::size_t>(packet->payload[1]) + 1);
    if (options + 4 > packet->payload.size()) return;
    net::IpPacket inner = *packet;
    inner.protocol = net::IpProtocol::kIcmpv6;
    const std::size_t bytes = packet->payload.size() - options;
    mend(ip.subspan(static_cast<std::size_t>(packet->payload.data() - ip.data()) + options, bytes), 2,
         inner.pseudo_sum(bytes));
    return;
  }
  if (!packet || packet->payload.size() < 4) return;
  if (packet->protocol != net::IpProtocol::kIcmp && packet->protocol != net::IpProtocol::kIcmpv6) return;
  const auto at = static_cast<std::size_t>(packet->payload.data() - ip.data());
  mend(ip.subspan(at, packet->payload.size()), 2,
       packet->ipv6() ? packet->pseudo_sum(packet->payload.size()) : 0);
}

}  // namespace tutti::fuzz
