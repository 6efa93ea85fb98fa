// UdpFrame: the Ethernet, IP and UDP headers of one flow's packets, written once; each packet then needs its
// lengths and checksums only.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "dataplane/base/realtime.h"
#include "dataplane/base/socket_address.h"
#include "dataplane/net/ethernet_frame.h"
#include "dataplane/net/mac_address.h"

namespace tutti::net {

// Source: RFC 894, 791, 8200, 768; IEEE 802.1Q; no options, not fragmented (DF).
class UdpFrame {
 public:
  static constexpr std::size_t kHeadBytesMax = 66;  // 14 + 4 + 40 + 8

  // Both addresses of one family; in a VLAN, or in none.
  void make(const MacAddress& from_mac, const MacAddress& to_mac, const base::SocketAddress& from,
            const base::SocketAddress& to, VlanId vlan = kNoVlan) TUTTI_REALTIME;

  // Ethernet 14, its tag 4, IPv4 20 or IPv6 40, UDP 8.
  std::size_t head_bytes() const TUTTI_REALTIME;
  // Writes the headers of a packet. The UDP checksum is begun (the pseudo-header's sum), for who sums the
  // rest: from head_bytes() - 8 on, into the place 6 bytes later. Returns head_bytes().
  // Shapes: `out` has head_bytes(): a payload may stand behind them already.
  std::size_t write(std::size_t payload_bytes, std::byte* out) const TUTTI_REALTIME;
  // The same, and sums the rest, where no card does: the payload stands behind the headers.
  // Shapes: `out` has head_bytes() + payload_bytes.
  std::size_t write_summed(std::size_t payload_bytes, std::byte* out) const TUTTI_REALTIME;
  // The same where the payload's internet_sum() is known, wherever it stands.
  // Shapes: `out` has head_bytes().
  std::size_t write_summed(std::size_t payload_bytes, std::byte* out,
                           std::uint64_t payload_sum) const TUTTI_REALTIME;

 private:
  std::size_t ip_at() const TUTTI_REALTIME;
  template <typename Write>
  std::size_t with_shape(const Write& write) const TUTTI_REALTIME;
  // All but the UDP checksum.
  template <std::size_t kIpAt, bool kIpv6>
  void write_head(std::uint16_t udp_bytes, std::byte* out) const TUTTI_REALTIME;

  // The headers up to UDP's ports, and then the UDP checksum: the length before it is known only with a
  // packet. Checksums are the sums of all but the lengths. So that the longest fills one cache line.
  std::array<std::byte, 64> head_{};
};
static_assert(sizeof(UdpFrame) == 64);

}  // namespace tutti::net
