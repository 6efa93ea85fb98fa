#include "dataplane/net/udp_packet.h"

#include <numeric>
#include <vector>

#include <gtest/gtest.h>

#include "dataplane/net/udp_frame.h"

namespace tutti::net {
namespace {

using base::DropReason;
using Bytes = std::vector<std::byte>;

std::uint32_t byte_of(const Bytes& bytes, std::size_t at) {
  return std::to_integer<std::uint32_t>(bytes[at]);
}

// RFC 1071, the plain way: of the bytes from `from` on, complemented.
std::uint16_t checksum(const Bytes& bytes, std::size_t from) {
  std::uint32_t total = 0;
  for (std::size_t i = from; i < bytes.size(); ++i)
    total += byte_of(bytes, i) << ((i - from) % 2 == 0 ? 8 : 0);
  while (total > 0xFFFF) total = (total >> 16) + (total & 0xFFFF);
  return static_cast<std::uint16_t>(~total);
}

// A whole IP packet as our own sender makes it, its checksum finished.
Bytes packet(const char* from, const char* to, std::size_t payload_bytes) {
  UdpFrame frame;
  frame.make({}, {}, *base::parse_address_and_port(from), *base::parse_address_and_port(to));
  Bytes bytes(UdpFrame::kHeadBytesMax + payload_bytes);
  frame.write(payload_bytes, bytes.data());
  bytes.resize(frame.head_bytes() + payload_bytes);
  for (std::size_t i = 0; i < payload_bytes; ++i)
    bytes[frame.head_bytes() + i] = static_cast<std::byte>(i * 7 + 1);
  const std::size_t udp = frame.head_bytes() - 8;
  const std::uint16_t sum = checksum(bytes, udp);
  bytes[udp + 6] = static_cast<std::byte>(sum >> 8);
  bytes[udp + 7] = static_cast<std::byte>(sum);
  bytes.erase(bytes.begin(), bytes.begin() + 14);
  return bytes;
}
Bytes ipv4(std::size_t payload_bytes = 172) {
  return packet("192.0.2.1:5000", "198.51.100.77:6002", payload_bytes);
}
Bytes ipv6(std::size_t payload_bytes = 172) {
  return packet("[2001:db8::1]:5000", "[2001:db8::2]:6002", payload_bytes);
}

DropReason udp_refusal(const Bytes& ip, Checksums checksums = Checksums::kTrusted) {
  const auto read = parse_udp_packet(ip, checksums);
  return read ? DropReason::kCount : read.error();
}

void set(Bytes& bytes, std::size_t at, unsigned value) {
  bytes[at] = static_cast<std::byte>(value);
}

TEST(UdpPacketTest, ReadsBothFamilies) {
  for (const std::size_t payload : {0u, 1u, 12u, 171u, 172u, 1'400u}) {
    for (const Bytes& ip : {ipv4(payload), ipv6(payload)}) {
      const auto read = parse_udp_packet(ip, Checksums::kUnknown);
      ASSERT_TRUE(read) << to_string(read.error());
      EXPECT_EQ(read->payload.size(), payload);
      EXPECT_EQ(read->payload.data() + payload, ip.data() + ip.size());
      EXPECT_EQ(read->source.port, 5000);
      EXPECT_EQ(read->destination.port, 6002);
    }
  }
  EXPECT_EQ(base::to_string(parse_udp_packet(ipv4(), Checksums::kUnknown)->source), "192.0.2.1:5000");
  EXPECT_EQ(base::to_string(parse_udp_packet(ipv6(), Checksums::kUnknown)->destination),
            "[2001:db8::2]:6002");
}

TEST(UdpPacketTest, SkipsOptionsAndLeavesPaddingOut) {
  Bytes ip = ipv4(4);
  ip.insert(ip.begin() + 20, 8, std::byte{1});
  set(ip, 0, 0x47);
  set(ip, 3, 40);
  ip.resize(46);  // Ethernet's shortest
  const auto read = parse_udp_packet(ip, Checksums::kTrusted);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->payload.size(), 4u);
  EXPECT_EQ(std::to_integer<int>(read->payload[0]), 1);
}

TEST(UdpPacketTest, RefusesEveryTruncation) {
  for (const Bytes& whole : {ipv4(20), ipv6(20)}) {
    for (std::size_t bytes = 0; bytes < whole.size(); ++bytes) {
      EXPECT_EQ(udp_refusal(Bytes(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(bytes))),
                DropReason::kTruncated);
    }
  }
}

TEST(UdpPacketTest, RefusesLengthsThatContradictEachOther) {
  Bytes ip = ipv4();
  set(ip, 25, 7);  // UDP: shorter than its header
  set(ip, 24, 0);
  EXPECT_EQ(udp_refusal(ip), DropReason::kMalformed);
  ip = ipv4();
  set(ip, 25, 181);  // longer than the packet
  EXPECT_EQ(udp_refusal(ip), DropReason::kMalformed);
  ip = ipv4();
  set(ip, 0, 0x44);  // a header of 16 bytes
  EXPECT_EQ(udp_refusal(ip), DropReason::kMalformed);
  ip = ipv4();
  set(ip, 3, 19);  // a packet within its header
  EXPECT_EQ(udp_refusal(ip), DropReason::kMalformed);
  ip = ipv4(4);
  set(ip, 3, 27);  // no room for UDP's
  EXPECT_EQ(udp_refusal(ip), DropReason::kTruncated);
  ip = ipv6();
  set(ip, 45, 181);
  EXPECT_EQ(udp_refusal(ip), DropReason::kMalformed);
}

TEST(UdpPacketTest, RefusesWhatIsNoWholeUdpPacket) {
  for (const auto& [at, value, reason] :
       {std::tuple{0u, 0x55u, DropReason::kMalformed},   // a version that there is not
        std::tuple{9u, 6u, DropReason::kOtherProtocol},  // TCP
        std::tuple{6u, 0x20u, DropReason::kFragment},    // more fragments
        std::tuple{7u, 1u, DropReason::kFragment}}) {    // an offset
    Bytes ip = ipv4();
    set(ip, at, value);
    EXPECT_EQ(udp_refusal(ip), reason) << at;
  }
  Bytes ip = ipv6();
  set(ip, 6, 44);  // a fragment header comes first
  EXPECT_EQ(udp_refusal(ip), DropReason::kFragment);
  set(ip, 6, 0);  // hop-by-hop options
  EXPECT_EQ(udp_refusal(ip), DropReason::kOtherProtocol);
}

TEST(UdpPacketTest, RefusesASourceThatNoHostHas) {
  for (const char* from :
       {"224.0.0.1:5000", "255.255.255.255:5000", "0.0.0.0:5000", "0.1.2.3:5000", "192.0.2.1:0"}) {
    EXPECT_EQ(udp_refusal(packet(from, "198.51.100.77:6002", 8)), DropReason::kMalformed) << from;
  }
  for (const char* from : {"[ff02::1]:5000", "[::]:5000", "[2001:db8::1]:0"}) {
    EXPECT_EQ(udp_refusal(packet(from, "[2001:db8::2]:6002", 8)), DropReason::kMalformed) << from;
  }
}

TEST(UdpPacketTest, SeesEachWrongBitWhereNobodyHasSummed) {
  for (const Bytes& whole : {ipv4(21), ipv6(21)}) {
    for (std::size_t bit = 0; bit < 8 * whole.size(); ++bit) {
      Bytes ip = whole;
      ip[bit / 8] ^= static_cast<std::byte>(1u << (bit % 8));
      // IPv6 has no checksum of its own: traffic class, flow label and hop limit are nobody's sum.
      const bool unsummed = whole[0] == std::byte{0x60} && (bit / 8 < 4 || bit / 8 == 7);
      if (unsummed) continue;
      EXPECT_NE(udp_refusal(ip, Checksums::kUnknown), DropReason::kCount) << bit;
    }
  }
}

TEST(UdpPacketTest, TakesAPacketWithoutChecksumFromIpv4Only) {
  Bytes ip = ipv4();
  set(ip, 26, 0);
  set(ip, 27, 0);
  EXPECT_EQ(udp_refusal(ip, Checksums::kUnknown), DropReason::kCount);
  ip = ipv6();
  set(ip, 46, 0);
  set(ip, 47, 0);
  EXPECT_EQ(udp_refusal(ip, Checksums::kUnknown), DropReason::kBadChecksum);
  EXPECT_EQ(udp_refusal(ip, Checksums::kTrusted), DropReason::kCount);
}

}  // namespace
}  // namespace tutti::net
