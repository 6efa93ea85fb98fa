// An IpHost between frames by hand: what it is given, and what it sends.
#pragma once

#include <optional>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "dataplane/net/ip_host.h"
#include "wire_bytes.h"

namespace tutti::net {

using namespace std::chrono_literals;
using base::DropReason;
using Verdict = IpHost::Verdict;

inline constexpr MacAddress kUs{2, 0, 0, 0, 0, 1};
inline constexpr MacAddress kFar{2, 0, 0, 0, 0, 9};
inline const base::SocketAddress kFarIp = *base::parse_ip("192.0.2.9");
inline const base::SocketAddress kFarIp6 = *base::parse_ip("2001:db8::9");

inline IpHostOptions options() {
  IpHostOptions made{.mac = kUs};
  for (const char* ip : {"192.0.2.1", "192.0.2.4", "2001:db8::1"})
    made.addresses.push_back(*base::parse_ip(ip));
  made.ipv4.gateway = *base::parse_ip("192.0.2.254");
  made.ipv6.gateway = *base::parse_ip("fe80::1");
  return made;
}

using Frames = std::vector<Bytes>;

// Frames by hand, without the link's padding.
inline const Bytes kBroadcast = hex("FF FF FF FF FF FF 02 00 00 00 00 09");
inline const Bytes kUnicast = hex("02 00 00 00 00 01 02 00 00 00 00 09");
inline const Bytes kAnswer = hex("02 00 00 00 00 09 02 00 00 00 00 01");  // from us to the far one
inline const Bytes kArpRequest =
    hex("08 06 | 00 01 08 00 06 04 00 01 | 02 00 00 00 00 09 C0 00 02 09 | 00 00 00 00 00 00 C0 00 02 01");
inline const Bytes kEcho =
    hex("08 00 | 45 00 00 20 00 01 40 00 40 01 B6 D1 | C0 00 02 09 C0 00 02 01 |"
        "08 00 21 04 12 34 00 01 61 62 63 64");
inline const Bytes kEchoV6 =
    hex("86 DD | 60 00 00 00 00 0C 3A 40 | 20 01 0D B8 00 00 00 00 00 00 00 00 00 00 00 09 |"
        "20 01 0D B8 00 00 00 00 00 00 00 00 00 00 00 01 | 80 00 4D 41 12 34 00 01 61 62 63 64");

inline Bytes padded(Bytes frame) {
  if (frame.size() < 60) frame.resize(60);
  return frame;
}
inline Bytes arp(ArpPacket packet, const MacAddress& to = kUs) {
  Bytes frame(14 + ArpPacket::kBytes);
  write_ethernet_head({.mac = packet.sender_mac}, to, EtherType::kArp, frame.data());
  write_arp_packet(packet, &frame[14]);
  return frame;
}
inline Bytes ndp(const NdpPacket& packet, const base::SocketAddress& from, const base::SocketAddress& to,
                 const MacAddress& mac = kFar) {
  Bytes frame(14 + NdpPacket::kBytesMax);
  const MacAddress to_mac = to.ip[0] == 0xFF ? group_mac(to) : kUs;
  write_ethernet_head({.mac = mac}, to_mac, EtherType::kIpv6, frame.data());
  frame.resize(14 + write_ndp_packet(packet, from, to, &frame[14]));
  return frame;
}

class IpHostTest : public testing::Test {
 protected:
  void make(const IpHostOptions& with) {
    host_.emplace(
        with, [this](std::span<const std::byte> frame) { sent_.emplace_back(frame.begin(), frame.end()); });
  }
  void SetUp() override { make(options()); }

  Verdict handle(const Bytes& frame) { return host_->handle(frame, now_); }
  std::vector<Bytes> taken() { return std::exchange(sent_, {}); }
  // What was sent of the one kind that it reads as.
  std::vector<ArpPacket> arps() {
    std::vector<ArpPacket> read;
    for (const Bytes& frame : taken()) {
      const auto packet = parse_arp_packet(std::span(frame).subspan(14));
      if (packet && frame[12] == std::byte{8} && frame[13] == std::byte{6}) read.push_back(*packet);
    }
    return read;
  }
  std::uint64_t dropped(DropReason reason) const { return host_->counters().drops.value(reason); }

  base::Instant now_ = base::Instant{} + 1h;
  std::vector<Bytes> sent_;
  std::optional<IpHost> host_;
};

}  // namespace tutti::net
