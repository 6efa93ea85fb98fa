#include "dataplane/net/udp_frame.h"

#include <cstring>
#include <span>

#include "dataplane/base/check.h"

namespace tutti::net {
namespace {

constexpr std::size_t kEthernetBytes = 14;
constexpr std::size_t kIpv4Bytes = 20;
constexpr std::size_t kIpv6Bytes = 40;
constexpr std::size_t kUdpBytes = 8;
constexpr std::size_t kUdpChecksum = 6;
constexpr std::uint8_t kUdp = 17;
constexpr std::uint8_t kHops = 64;

void put16(std::uint8_t* at, std::uint32_t value) TUTTI_REALTIME {
  at[0] = static_cast<std::uint8_t>(value >> 8);
  at[1] = static_cast<std::uint8_t>(value);
}
std::uint32_t get16(const std::uint8_t* at) TUTTI_REALTIME {
  return static_cast<std::uint32_t>(at[0]) << 8 | at[1];
}

// The Internet checksum's sum, of an even number of bytes. Source: RFC 1071.
std::uint32_t sum(std::span<const std::uint8_t> bytes) TUTTI_REALTIME {
  std::uint32_t total = 0;
  for (std::size_t i = 0; i < bytes.size(); i += 2) total += get16(&bytes[i]);
  return total;
}
std::uint32_t fold(std::uint32_t total) TUTTI_REALTIME {
  total = (total >> 16) + (total & 0xFFFF);
  return (total >> 16) + (total & 0xFFFF);
}

}  // namespace

void UdpFrame::make(const MacAddress& from_mac, const MacAddress& to_mac, const base::SocketAddress& from,
                    const base::SocketAddress& to) TUTTI_REALTIME {
  CHECK(from.family == to.family && from.valid());
  const bool ipv4 = from.family == base::AddressFamily::kIpv4;
  const std::size_t address_bytes = ipv4 ? 4 : 16;
  head_ = {};
  head_bytes_ = static_cast<std::uint8_t>(kEthernetBytes + (ipv4 ? kIpv4Bytes : kIpv6Bytes) + kUdpBytes);
  std::memcpy(&head_[0], to_mac.data(), to_mac.size());
  std::memcpy(&head_[6], from_mac.data(), from_mac.size());
  put16(&head_[12], ipv4 ? 0x0800 : 0x86DD);
  std::uint8_t* ip = &head_[kEthernetBytes];
  std::uint8_t* addresses = ip + (ipv4 ? 12 : 8);
  std::memcpy(addresses, from.ip.data(), address_bytes);
  std::memcpy(addresses + address_bytes, to.ip.data(), address_bytes);
  if (ipv4) {
    ip[0] = 0x45;
    put16(ip + 6, 0x4000);  // DF
    ip[8] = kHops;
    ip[9] = kUdp;
    put16(ip + 10, fold(sum({ip, kIpv4Bytes})));
  } else {
    ip[0] = 0x60;
    ip[6] = kUdp;
    ip[7] = kHops;
  }
  std::uint8_t* udp = &head_[head_bytes_ - kUdpBytes];
  put16(udp, from.port);
  put16(udp + 2, to.port);
  put16(udp + kUdpChecksum, fold(sum({addresses, 2 * address_bytes}) + kUdp));
}

void UdpFrame::write(std::size_t payload_bytes, std::byte* out) const TUTTI_REALTIME {
  std::memcpy(out, head_.data(), kHeadBytesMax);
  auto* head = reinterpret_cast<std::uint8_t*>(out);
  const auto udp_bytes = static_cast<std::uint32_t>(kUdpBytes + payload_bytes);
  std::uint8_t* udp = head + head_bytes_ - kUdpBytes;
  put16(udp + 4, udp_bytes);
  put16(udp + kUdpChecksum, fold(get16(udp + kUdpChecksum) + udp_bytes));
  std::uint8_t* ip = head + kEthernetBytes;
  if ((ip[0] >> 4) == 4) {
    const auto ip_bytes = static_cast<std::uint32_t>(kIpv4Bytes + udp_bytes);
    put16(ip + 2, ip_bytes);
    put16(ip + 10, ~fold(get16(ip + 10) + ip_bytes));
  } else {
    put16(ip + 4, udp_bytes);
  }
}

}  // namespace tutti::net
