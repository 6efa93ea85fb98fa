#include "dataplane/net/udp_frame.h"

#include <array>
#include <cstring>
#include <numeric>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dataplane/net/internet_checksum.h"
#include "dataplane/net/udp_packet.h"

namespace tutti::net {
namespace {

constexpr MacAddress kFromMac{2, 0, 0, 0, 0, 1};
constexpr MacAddress kTo{2, 0, 0, 0, 0, 2};

// Headers, then `payload_bytes` that count up.
std::vector<std::uint8_t> write_frame(const char* from, const char* to, std::size_t payload_bytes) {
  UdpFrame frame;
  frame.make(kFromMac, kTo, *base::parse_address_and_port(from), *base::parse_address_and_port(to));
  std::vector<std::uint8_t> bytes(UdpFrame::kHeadBytesMax + payload_bytes);
  frame.write(payload_bytes, reinterpret_cast<std::byte*>(bytes.data()));
  bytes.resize(frame.head_bytes() + payload_bytes);
  std::iota(bytes.begin() + static_cast<std::ptrdiff_t>(frame.head_bytes()), bytes.end(), std::uint8_t{1});
  return bytes;
}

// RFC 1071, the plain way.
std::uint16_t sum(const std::uint8_t* bytes, std::size_t count, std::uint32_t total = 0) {
  for (std::size_t i = 0; i < count; ++i)
    total += static_cast<std::uint32_t>(bytes[i]) << (i % 2 == 0 ? 8 : 0);
  while (total > 0xFFFF) total = (total >> 16) + (total & 0xFFFF);
  return static_cast<std::uint16_t>(total);
}
std::uint16_t at16(const std::vector<std::uint8_t>& bytes, std::size_t at) {
  return static_cast<std::uint16_t>(bytes[at] << 8 | bytes[at + 1]);
}

TEST(UdpFrameTest, WritesIpv4) {
  const auto bytes = write_frame("192.0.2.1:5000", "198.51.100.77:6001", 172);
  ASSERT_EQ(bytes.size(), 14u + 20u + 8u + 172u);
  EXPECT_THAT(std::vector(bytes.begin(), bytes.begin() + 24),
              testing::ElementsAre(2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 8, 0,  // Ethernet
                                   0x45, 0, 0, 200, 0, 0, 0x40, 0, 64, 17));
  EXPECT_EQ(sum(&bytes[14], 20), 0xFFFF);
  EXPECT_THAT(std::vector(bytes.begin() + 26, bytes.begin() + 34),
              testing::ElementsAre(192, 0, 2, 1, 198, 51, 100, 77));
  EXPECT_EQ(at16(bytes, 34), 5000);
  EXPECT_EQ(at16(bytes, 36), 6001);
  EXPECT_EQ(at16(bytes, 38), 180);
}

TEST(UdpFrameTest, WritesIpv6) {
  const auto bytes = write_frame("[2001:db8::1]:5000", "[2001:db8::2:3]:6001", 11);
  ASSERT_EQ(bytes.size(), 14u + 40u + 8u + 11u);
  EXPECT_EQ(at16(bytes, 12), 0x86DD);
  EXPECT_EQ(bytes[14], 0x60);
  EXPECT_EQ(at16(bytes, 18), 19);
  EXPECT_EQ(bytes[20], 17);
  EXPECT_EQ(bytes[21], 64);
  EXPECT_EQ(bytes[22], 0x20);
  EXPECT_EQ(bytes[53], 3);
  EXPECT_EQ(at16(bytes, 54), 5000);
  EXPECT_EQ(at16(bytes, 56), 6001);
  EXPECT_EQ(at16(bytes, 58), 19);
}

// What the kernel or the card makes of a begun checksum: the sum from the UDP header to the end, its place
// included, complemented.
TEST(UdpFrameTest, BeginsTheUdpChecksum) {
  for (const auto& [from, to, addresses, count] :
       {std::tuple("192.0.2.1:5000", "198.51.100.77:6001", 26u, 8u),
        std::tuple("255.255.255.255:65535", "255.255.255.255:65535", 26u, 8u),
        std::tuple("[2001:db8::1]:5000", "[ffff:ffff::2:3]:6001", 22u, 32u)}) {
    for (std::size_t payload = 0; payload < 600; payload += 7) {
      const auto bytes = write_frame(from, to, payload);
      const std::size_t udp = addresses + count;
      const std::uint16_t finished = static_cast<std::uint16_t>(~sum(&bytes[udp], bytes.size() - udp));
      auto right = bytes;
      right[udp + 6] = right[udp + 7] = 0;
      const std::uint32_t pseudo =
          sum(&bytes[addresses], count) + 17u + static_cast<std::uint32_t>(bytes.size() - udp);
      EXPECT_EQ(finished, static_cast<std::uint16_t>(~sum(&right[udp], right.size() - udp, pseudo)));
    }
  }
}

TEST(UdpFrameTest, WritesATagWhereItIsInAVlan) {
  for (const auto& [from, to] : {std::pair("192.0.2.1:5000", "198.51.100.77:6001"),
                                 std::pair("[2001:db8::1]:5000", "[2001:db8::2:3]:6001")}) {
    UdpFrame frame;
    frame.make(kFromMac, kTo, *base::parse_address_and_port(from), *base::parse_address_and_port(to), 0x123);
    std::vector<std::uint8_t> tagged(frame.head_bytes());
    ASSERT_EQ(frame.write(11, reinterpret_cast<std::byte*>(tagged.data())), tagged.size());
    EXPECT_THAT(std::vector(tagged.begin() + 12, tagged.begin() + 16),
                testing::ElementsAre(0x81, 0x00, 0x01, 0x23));
    // All else is as without.
    tagged.erase(tagged.begin() + 12, tagged.begin() + 16);
    auto plain = write_frame(from, to, 11);
    plain.resize(plain.size() - 11);
    EXPECT_EQ(tagged, plain);
  }
}

TEST(UdpFrameTest, TouchesNothingBehindItsHeaders) {
  for (const auto& [from, to] :
       {std::pair("192.0.2.1:5000", "198.51.100.77:6001"), std::pair("[::1]:5000", "[::2]:6001")}) {
    for (const VlanId vlan : {kNoVlan, VlanId{7}}) {
      UdpFrame frame;
      frame.make(kFromMac, kTo, *base::parse_address_and_port(from), *base::parse_address_and_port(to), vlan);
      std::vector<std::byte> bytes(200, std::byte{0xA5});
      const std::size_t head = frame.write(bytes.size() - frame.head_bytes(), bytes.data());
      EXPECT_EQ(head, frame.head_bytes());
      for (std::size_t i = head; i < bytes.size(); ++i) EXPECT_EQ(bytes[i], std::byte{0xA5}) << i;
    }
  }
}

// The reader that trusts nobody takes what is summed here.
TEST(UdpFrameTest, SumsWhereNoCardDoes) {
  for (const auto& [from, to] :
       {std::pair("192.0.2.1:5000", "198.51.100.77:6001"), std::pair("[::1]:5000", "[::2]:6001")}) {
    UdpFrame frame;
    frame.make(kFromMac, kTo, *base::parse_address_and_port(from), *base::parse_address_and_port(to), 9);
    for (std::size_t payload = 0; payload < 300; ++payload) {
      std::vector<std::byte> bytes(frame.head_bytes() + payload);
      for (std::size_t i = frame.head_bytes(); i < bytes.size(); ++i)
        bytes[i] = static_cast<std::byte>(i * 37);
      frame.write_summed(payload, bytes.data());
      const auto read = parse_udp_packet(std::span(bytes).subspan(18), Checksums::kUnknown);
      ASSERT_TRUE(read) << to_string(read.error()) << " with " << payload;
      EXPECT_EQ(read->payload.size(), payload);
    }
  }
}

TEST(UdpFrameTest, TakesAPayloadsSumThatIsKnown) {
  UdpFrame frame;
  frame.make(kFromMac, kTo, *base::parse_address_and_port("192.0.2.1:5000"),
             *base::parse_address_and_port("198.51.100.77:6001"));
  for (std::size_t payload = 0; payload < 300; ++payload) {
    std::vector<std::byte> summed(frame.head_bytes() + payload);
    for (std::size_t i = frame.head_bytes(); i < summed.size(); ++i)
      summed[i] = static_cast<std::byte>(i * 41);
    auto told = summed;
    frame.write_summed(payload, summed.data());
    // In two pieces, the first of even length.
    const auto bytes = std::span(told).subspan(frame.head_bytes());
    const std::size_t cut = payload / 2 & ~std::size_t{1};
    frame.write_summed(payload, told.data(),
                       internet_sum(bytes.first(cut)) + internet_sum(bytes.subspan(cut)));
    ASSERT_EQ(told, summed) << payload;
  }
}

// RFC 768: a sum of zero would say that nobody has summed.
TEST(UdpFrameTest, NeverSendsASumOfZero) {
  UdpFrame frame;
  frame.make(kFromMac, kTo, *base::parse_address_and_port("192.0.2.1:5000"),
             *base::parse_address_and_port("198.51.100.77:6001"));
  bool seen = false;
  for (std::uint32_t word = 0; word <= 0xFFFF; ++word) {
    std::array<std::byte, 44> bytes{};
    bytes[42] = static_cast<std::byte>(word >> 8);
    bytes[43] = static_cast<std::byte>(word);
    frame.write_summed(2, bytes.data());
    const unsigned sum = std::to_integer<unsigned>(bytes[40]) << 8 | std::to_integer<unsigned>(bytes[41]);
    ASSERT_NE(sum, 0u);
    seen = seen || sum == 0xFFFF;
  }
  EXPECT_TRUE(seen);
}

}  // namespace
}  // namespace tutti::net
