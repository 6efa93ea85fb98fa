#include "dataplane/net/udp_frame.h"

#include <cstring>

#include <netinet/in.h>

#include "dataplane/base/check.h"
#include "dataplane/net/internet_checksum.h"
#include "dataplane/net/ip_packet.h"
#include "dataplane/net/network_bytes.h"
#include "dataplane/net/udp_packet.h"

namespace tutti::net {
namespace {

constexpr std::size_t kEthernetBytes = EthernetFrame::kHeadBytes;
constexpr std::size_t kUdpChecksum = 6;
constexpr std::size_t kPortsBytes = 4;
constexpr std::uint8_t kUdp = 17;
constexpr std::uint8_t kHops = 64;

// The Internet checksum's sum, of an even number of bytes, in the order that put16() writes.
std::uint32_t sum(const std::byte* bytes, std::size_t count) TUTTI_REALTIME {
  std::uint32_t total = 0;
  for (std::size_t i = 0; i < count; i += 2) total += get16(bytes + i);
  return total;
}

// As it lies there: sums do not mind the order.
std::uint16_t word_at(const std::byte* at) TUTTI_REALTIME {
  std::uint16_t word = 0;
  std::memcpy(&word, at, sizeof(word));
  return word;
}
void put_word(std::byte* at, std::uint16_t word) TUTTI_REALTIME {
  std::memcpy(at, &word, sizeof(word));
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
    put16(ip - 2, EthernetFrame::kTagType);
    put16(ip, vlan);
    ip += EthernetFrame::kTagBytes;
  }
  put16(ip - 2, static_cast<std::uint32_t>(ipv4 ? EtherType::kIpv4 : EtherType::kIpv6));
  const std::size_t address_bytes = ip_bytes(from.family);
  std::byte* addresses = ip + (ipv4 ? 12 : 8);
  put_ip(addresses, from);
  put_ip(addresses + address_bytes, to);
  std::byte* udp = ip + ip_head_bytes(!ipv4);
  if (ipv4) {
    put8(ip, 0x45);
    put16(ip + 6, 0x4000);  // DF
    put8(ip + 8, kHops);
    put8(ip + 9, kUdp);
    put16(ip + 10, fold(sum(ip, kIpv4HeadBytes)));
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
  return get16(&head_[kEthernetBytes - 2]) == EthernetFrame::kTagType
             ? kEthernetBytes + EthernetFrame::kTagBytes
             : kEthernetBytes;
}

std::size_t UdpFrame::head_bytes() const TUTTI_REALTIME {
  const std::size_t ip = ip_at();
  return ip + ip_head_bytes(get8(&head_[ip]) == 0x60) + kUdpHeadBytes;
}

// Calls write.operator()<where IP's header is, whether it is IPv6's>(): what is known then need not be looked
// up for each field.
template <typename Write>
[[gnu::always_inline]] inline std::size_t UdpFrame::with_shape(const Write& write) const TUTTI_REALTIME {
  constexpr std::size_t kTagged = kEthernetBytes + EthernetFrame::kTagBytes;
  const std::size_t ip_at = this->ip_at();
  const bool ipv6 = get8(&head_[ip_at]) == 0x60;
  if (ip_at == kEthernetBytes) {
    return ipv6 ? write.template operator()<kEthernetBytes, true>()
                : write.template operator()<kEthernetBytes, false>();
  }
  return ipv6 ? write.template operator()<kTagged, true>() : write.template operator()<kTagged, false>();
}

template <std::size_t kIpAt, bool kIpv6>
[[gnu::always_inline]] inline void UdpFrame::write_head(std::uint16_t udp_bytes,
                                                        std::byte* out) const TUTTI_REALTIME {
  constexpr std::size_t kUdpAt = kIpAt + ip_head_bytes(kIpv6);
  // All up to the ports, 38 to 62 bytes: two copies that overlap.
  constexpr std::size_t kHalf = 32;
  constexpr std::size_t kSecond = kUdpAt + kPortsBytes - kHalf;
  std::memcpy(out, head_.data(), kHalf);
  std::memcpy(out + kSecond, &head_[kSecond], kHalf);
  std::byte* const ip = out + kIpAt;
  if constexpr (kIpv6) {
    put_word(ip + 4, htons(udp_bytes));
  } else {
    const std::uint16_t ip_bytes = htons(static_cast<std::uint16_t>(kIpv4HeadBytes + udp_bytes));
    put_word(ip + 2, ip_bytes);
    put_word(ip + 10, checksum(std::uint64_t{word_at(&head_[kIpAt + 10])} + ip_bytes));
  }
  put_word(out + kUdpAt + 4, htons(udp_bytes));
}

std::size_t UdpFrame::write(std::size_t payload_bytes, std::byte* out) const TUTTI_REALTIME {
  return with_shape([&]<std::size_t kIpAt, bool kIpv6>() TUTTI_REALTIME {
    constexpr std::size_t kUdpAt = kIpAt + ip_head_bytes(kIpv6);
    const auto udp_bytes = static_cast<std::uint16_t>(kUdpHeadBytes + payload_bytes);
    write_head<kIpAt, kIpv6>(udp_bytes, out);
    put_word(out + kUdpAt + kUdpChecksum,
             fold(std::uint64_t{word_at(&head_[kUdpAt + kPortsBytes])} + htons(udp_bytes)));
    return kUdpAt + kUdpHeadBytes;
  });
}

std::size_t UdpFrame::write_summed(std::size_t payload_bytes, std::byte* out) const TUTTI_REALTIME {
  return write_summed(payload_bytes, out, internet_sum({out + head_bytes(), payload_bytes}));
}

std::size_t UdpFrame::write_summed(std::size_t payload_bytes, std::byte* out,
                                   std::uint64_t payload_sum) const TUTTI_REALTIME {
  return with_shape([&]<std::size_t kIpAt, bool kIpv6>() TUTTI_REALTIME {
    constexpr std::size_t kUdpAt = kIpAt + ip_head_bytes(kIpv6);
    const auto udp_bytes = static_cast<std::uint16_t>(kUdpHeadBytes + payload_bytes);
    write_head<kIpAt, kIpv6>(udp_bytes, out);
    // From what is known of the header, not from what was just written: that is slow to read in other pieces.
    // The length is the pseudo-header's, too.
    const std::byte* const stored = &head_[kUdpAt];
    const std::uint16_t finished = checksum(payload_sum + word_at(stored) + word_at(stored + 2) +
                                            word_at(stored + kPortsBytes) + 2U * htons(udp_bytes));
    put_word(out + kUdpAt + kUdpChecksum, finished != 0 ? finished : 0xFFFF);
    return kUdpAt + kUdpHeadBytes;
  });
}

}  // namespace tutti::net
