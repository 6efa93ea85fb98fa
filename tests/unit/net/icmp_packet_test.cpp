#include "dataplane/net/icmp_packet.h"

#include <gtest/gtest.h>

#include "wire_bytes.h"

namespace tutti::net {
namespace {

using base::DropReason;
using Kind = IcmpPacket::Kind;

// Echo request, identifier 0x1234, sequence 1, "abcd".
const Bytes kEchoIpv4 = hex(
    "45 00 00 20 00 01 40 00 40 01 B6 D1 | C0 00 02 09 C0 00 02 01 | 08 00 21 04 12 34 00 01 61 62 63 64");
const Bytes kEchoIpv6 =
    hex("60 00 00 00 00 0C 3A 40 | 20 01 0D B8 00 00 00 00 00 00 00 00 00 00 00 09 |"
        "20 01 0D B8 00 00 00 00 00 00 00 00 00 00 00 01 | 80 00 4D 41 12 34 00 01 61 62 63 64");

base::Result<IcmpPacket, DropReason> parse_icmp(const Bytes& ip) {
  const auto read = parse_ip_packet(ip, Checksums::kUnknown);
  if (!read) return base::unexpected(read.error());
  return parse_icmp_packet(*read);
}
// A message of another type, its sum mended: types differ in the upper byte of a word.
Bytes of_type(Bytes ip, std::size_t at, unsigned type, unsigned code = 0) {
  const unsigned old = std::to_integer<unsigned>(ip[at]) << 8 | std::to_integer<unsigned>(ip[at + 1]);
  unsigned sum = std::to_integer<unsigned>(ip[at + 2]) << 8 | std::to_integer<unsigned>(ip[at + 3]);
  sum = (~sum & 0xFFFF) + (~old & 0xFFFF) + (type << 8 | code);  // RFC 1624, equation 3
  while (sum > 0xFFFF) sum = (sum >> 16) + (sum & 0xFFFF);
  sum = ~sum & 0xFFFF;
  return with(with(with(with(ip, at, type), at + 1, code), at + 2, sum >> 8), at + 3, sum & 0xFF);
}

TEST(IcmpPacketTest, ReadsEchoRequests) {
  for (const auto& [ip, head] : {std::pair(kEchoIpv4, 20u), std::pair(kEchoIpv6, 40u)}) {
    const auto read = parse_icmp(ip);
    ASSERT_TRUE(read) << to_string(read.error());
    EXPECT_EQ(read->kind, Kind::kEchoRequest);
    EXPECT_EQ(read->message.data(), ip.data() + head);
    EXPECT_EQ(read->message.size(), 12u);
    EXPECT_TRUE(parse_icmp(ip + Bytes(14)));  // the link's padding
  }
}

TEST(IcmpPacketTest, AnswersWithTheSameData) {
  for (const auto& [ip, expected] :
       {std::pair(kEchoIpv4, hex("45 00 00 20 00 00 40 00 40 01 B6 D2 | C0 00 02 01 C0 00 02 09 |"
                                 "00 00 29 04 12 34 00 01 61 62 63 64")),
        std::pair(kEchoIpv6, hex("60 00 00 00 00 0C 3A 40 | 20 01 0D B8 00 00 00 00 00 00 00 00 00 00 00 01 |"
                                 "20 01 0D B8 00 00 00 00 00 00 00 00 00 00 00 09 |"
                                 "81 00 4C 41 12 34 00 01 61 62 63 64"))}) {
    Bytes out(kIpHeadBytesMax + 12);
    out.resize(write_echo_reply(*parse_ip_packet(ip, Checksums::kUnknown), *parse_icmp(ip), out.data()));
    EXPECT_EQ(out, expected);
  }
}

TEST(IcmpPacketTest, TellsTheKindsApart) {
  for (const auto& [type, kind] : {std::pair(0u, Kind::kOther),
                                   {3u, Kind::kError},
                                   {5u, Kind::kOther},
                                   {11u, Kind::kError},
                                   {12u, Kind::kError},
                                   {13u, Kind::kOther}}) {
    EXPECT_EQ(parse_icmp(of_type(kEchoIpv4, 20, type))->kind, kind) << type;
  }
  for (const auto& [type, kind] : {std::pair(1u, Kind::kError),
                                   {2u, Kind::kError},
                                   {127u, Kind::kError},
                                   {129u, Kind::kOther},
                                   {133u, Kind::kOther},
                                   {134u, Kind::kRouterAdvertisement},
                                   {135u, Kind::kNeighbourSolicitation},
                                   {136u, Kind::kNeighbourAdvertisement},
                                   {137u, Kind::kOther}}) {
    EXPECT_EQ(parse_icmp(of_type(kEchoIpv6, 40, type))->kind, kind) << type;
  }
  EXPECT_EQ(parse_icmp(of_type(kEchoIpv4, 20, 8, 1)).error(), DropReason::kMalformed);
  EXPECT_EQ(parse_icmp(of_type(kEchoIpv6, 40, 128, 1)).error(), DropReason::kMalformed);
}

TEST(IcmpPacketTest, SeesEachWrongBit) {
  for (const auto& [whole, head] : {std::pair(kEchoIpv4, 20u), std::pair(kEchoIpv6, 40u)}) {
    for (std::size_t bit = 8 * head; bit < 8 * whole.size(); ++bit) {
      Bytes ip = whole;
      ip[bit / 8] ^= static_cast<std::byte>(1u << bit % 8);
      const auto read = parse_icmp(ip);
      ASSERT_FALSE(read) << bit;
      EXPECT_EQ(read.error(), DropReason::kBadChecksum);
    }
  }
  // IPv6 sums its addresses too; IPv4's header has a sum of its own.
  EXPECT_EQ(parse_icmp(with(kEchoIpv6, 23, 8)).error(), DropReason::kBadChecksum);
  EXPECT_EQ(parse_icmp(with(kEchoIpv4, 15, 8)).error(), DropReason::kBadChecksum);
}

TEST(IcmpPacketTest, RefusesWhatIsTooShortOrOfAnotherProtocol) {
  Bytes ip = kEchoIpv6;
  ip.resize(47);
  EXPECT_EQ(parse_icmp(with(ip, 5, 7)).error(), DropReason::kTruncated);
  EXPECT_EQ(parse_icmp(with(kEchoIpv6, 6, 1)).error(), DropReason::kOtherProtocol);  // IPv4's ICMP in IPv6
  EXPECT_EQ(parse_icmp(with(kEchoIpv6, 6, 17)).error(), DropReason::kOtherProtocol);
}

}  // namespace
}  // namespace tutti::net
