#include "dataplane/net/udp_frame.h"

#include <cstring>

#include <netinet/in.h>

#include "dataplane/base/check.h"
#include "dataplane/net/internet_checksum.h"
#include "dataplane/net/network_bytes.h"

namespace tutti::net {
namespace {

constexpr std::size_t kEthernetBytes = EthernetFrame::kHeadBytes;
constexpr std::size_t kIpv4Bytes = 20;
constexpr std::size_t kIpv6Bytes = 40;
constexpr std::size_t kUdpBytes = 8;
constexpr std::size_t kUdpChecksum = 6;
constexpr std::size_t kPortsBytes = 4;
constexpr std::uint32_t kTag = 0x8100;
constexpr std::uint8_t kUdp = 17;
constexpr std::uint8_t kHops = 64;

// The Internet checksum's sum, of an even number of bytes, in the order that put16() writes.
std::uint32_t sum(const std::byte* bytes, std::size_t count) TUTTI_REALTIME {
  std::uint32_t total = 0;
  for (std::size_t i = 0; i < count; i += 2) total += get16(bytes + i);
  return total;
}

}  // namespace

void UdpFrame::make(const MacAddress& from_mac, const MacAddress& to_mac, const base::SocketAddress& from,
                    const base::SocketAddress& to, VlanId vlan) TUTTI_REALTIME {
  CHECK(from.family == to.family && from.valid());
  const bool ipv4 = from.family == base::AddressFamily::kIpv4;
  head_ = {};
  put_mac(&head_[0], to_mac);
  put_mac(&head_[6], from_mac);
  std::byte* ip = &head_[kEthernetBytes];
  if (vlan != kNoVlan) {
    put16(ip - 2, kTag);
    put16(ip, vlan);
    ip += EthernetFrame::kTagBytes;
  }
  put16(ip - 2, static_cast<std::uint32_t>(ipv4 ? EtherType::kIpv4 : EtherType::kIpv6));
  const std::size_t address_bytes = ip_bytes(from.family);
  std::byte* addresses = ip + (ipv4 ? 12 : 8);
  put_ip(addresses, from);
  put_ip(addresses + address_bytes, to);
  std::byte* udp = ip + (ipv4 ? kIpv4Bytes : kIpv6Bytes);
  if (ipv4) {
    put8(ip, 0x45);
    put16(ip + 6, 0x4000);  // DF
    put8(ip + 8, kHops);
    put8(ip + 9, kUdp);
    put16(ip + 10, fold(sum(ip, kIpv4Bytes)));
  } else {
    put8(ip, 0x60);
    put8(ip + 6, kUdp);
    put8(ip + 7, kHops);
  }
  put16(udp, from.port);
  put16(udp + 2, to.port);
  put16(udp + kPortsBytes, fold(sum(addresses, 2 * address_bytes) + kUdp));
}

std::size_t UdpFrame::ip_at() const TUTTI_REALTIME {
  return get16(&head_[kEthernetBytes - 2]) == kTag ? kEthernetBytes + EthernetFrame::kTagBytes
                                                   : kEthernetBytes;
}

std::size_t UdpFrame::head_bytes() const TUTTI_REALTIME {
  const std::size_t ip = ip_at();
  return ip + (get8(&head_[ip]) == 0x60 ? kIpv6Bytes : kIpv4Bytes) + kUdpBytes;
}

std::size_t UdpFrame::write_head(std::size_t payload_bytes, std::byte* out) const TUTTI_REALTIME {
  const std::size_t ip_at = this->ip_at();
  const bool ipv6 = get8(&head_[ip_at]) == 0x60;
  const std::size_t udp_at = ip_at + (ipv6 ? kIpv6Bytes : kIpv4Bytes);
  const auto udp_bytes = static_cast<std::uint32_t>(kUdpBytes + payload_bytes);
  // All up to the ports, 38 to 62 bytes: two copies that overlap.
  constexpr std::size_t kHalf = 32;
  const std::size_t second = udp_at + kPortsBytes - kHalf;
  std::memcpy(out, head_.data(), kHalf);
  std::memcpy(out + second, &head_[second], kHalf);
  std::byte* ip = out + ip_at;
  if (ipv6) {
    put16(ip + 4, udp_bytes);
  } else {
    const auto ip_bytes = static_cast<std::uint32_t>(kIpv4Bytes + udp_bytes);
    put16(ip + 2, ip_bytes);
    put16(ip + 10, ~static_cast<std::uint32_t>(fold(get16(&head_[ip_at + 10]) + ip_bytes)));
  }
  put16(out + udp_at + 4, udp_bytes);
  return udp_at;
}

std::size_t UdpFrame::write(std::size_t payload_bytes, std::byte* out) const TUTTI_REALTIME {
  const std::size_t udp_at = write_head(payload_bytes, out);
  const std::uint32_t begun = get16(&head_[udp_at + kPortsBytes]);
  put16(out + udp_at + kUdpChecksum, fold(begun + static_cast<std::uint32_t>(kUdpBytes + payload_bytes)));
  return udp_at + kUdpBytes;
}

std::size_t UdpFrame::write_summed(std::size_t payload_bytes, std::byte* out) const TUTTI_REALTIME {
  return write_summed(payload_bytes, out, internet_sum({out + head_bytes(), payload_bytes}));
}

std::size_t UdpFrame::write_summed(std::size_t payload_bytes, std::byte* out,
                                   std::uint64_t payload_sum) const TUTTI_REALTIME {
  const std::size_t udp_at = write_head(payload_bytes, out);
  // From what is known of the header, not from what was just written: that is slow to read in other pieces.
  const std::byte* stored = &head_[udp_at];
  const auto udp_bytes = static_cast<std::uint32_t>(kUdpBytes + payload_bytes);
  const std::uint32_t head = get16(stored) + get16(stored + 2) + get16(stored + kPortsBytes) + 2 * udp_bytes;
  const std::uint32_t finished = 0xFFFFU - fold(head + ntohs(fold(payload_sum)));
  put16(out + udp_at + kUdpChecksum, finished != 0 ? finished : 0xFFFF);
  return udp_at + kUdpBytes;
}

}  // namespace tutti::net
