// UdpFrame: the Ethernet, IP and UDP headers of one flow's packets, written once; each packet then needs its
// lengths and checksums only.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "dataplane/base/realtime.h"
#include "dataplane/base/socket_address.h"

namespace tutti::net {

using MacAddress = std::array<std::uint8_t, 6>;

// Source: RFC 894, 791, 8200, 768; no options, no VLAN, not fragmented (DF).
class UdpFrame {
 public:
  static constexpr std::size_t kHeadBytesMax = 62;  // 14 + 40 + 8

  // Both addresses of one family.
  void make(const MacAddress& from_mac, const MacAddress& to_mac, const base::SocketAddress& from,
            const base::SocketAddress& to) TUTTI_REALTIME;

  // Ethernet 14, IPv4 20 or IPv6 40, UDP 8.
  std::size_t head_bytes() const TUTTI_REALTIME { return head_bytes_; }
  // Writes the headers of a packet. The UDP checksum is begun (the pseudo-header's sum), for who sums the
  // rest: from head_bytes() - 8 on, into the place 6 bytes later.
  // Shapes: `out` has kHeadBytesMax, of which head_bytes() count.
  void write(std::size_t payload_bytes, std::byte* out) const TUTTI_REALTIME;

 private:
  // Checksum fields hold the sums of all but the lengths.
  std::array<std::uint8_t, kHeadBytesMax> head_{};
  std::uint8_t head_bytes_ = 0;
};

}  // namespace tutti::net
