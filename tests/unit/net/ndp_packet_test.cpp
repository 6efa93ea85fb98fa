#include "dataplane/net/ndp_packet.h"

#include <cstring>

#include <gtest/gtest.h>

#include "dataplane/net/internet_checksum.h"
#include "wire_bytes.h"

namespace tutti::net {
namespace {

using base::DropReason;

const base::SocketAddress kNear = *base::parse_ip("2001:db8::1");
const base::SocketAddress kNeighbourIp = *base::parse_ip("2001:db8::9");
const base::SocketAddress kNobody = *base::parse_ip("::");
constexpr MacAddress kNeighbourMac{2, 0, 0, 0, 0, 9};

// Who has 2001:db8::1? From 2001:db8::9 to ff02::1:ff00:1, with its MAC.
const Bytes kSolicitation =
    hex("60 00 00 00 00 20 3A FF | 20 01 0D B8 00 00 00 00 00 00 00 00 00 00 00 09 |"
        "FF 02 00 00 00 00 00 00 00 00 00 01 FF 00 00 01 | 87 00 1C 19 00 00 00 00 |"
        "20 01 0D B8 00 00 00 00 00 00 00 00 00 00 00 01 | 01 01 02 00 00 00 00 09");

base::Result<NdpPacket, DropReason> parse_ndp(const Bytes& bytes) {
  const auto ip = parse_ip_packet(bytes, Checksums::kUnknown);
  if (!ip) return base::unexpected(ip.error());
  const auto icmp = parse_icmp_packet(*ip);
  if (!icmp) return base::unexpected(icmp.error());
  return parse_ndp_packet(*ip, *icmp);
}
// What it says of a message whose sum was mended after a change.
DropReason ndp_refusal(Bytes bytes) {
  IpPacket ip = *parse_ip_packet(bytes, Checksums::kUnknown);
  bytes.at(42) = bytes.at(43) = std::byte{0};
  const std::uint16_t sum = checksum(ip.pseudo_sum(ip.payload.size()) + internet_sum(ip.payload));
  std::memcpy(&bytes[42], &sum, 2);
  const auto read = parse_ndp(bytes);
  return read ? DropReason::kCount : read.error();
}
Bytes write_ndp(const NdpPacket& packet, const base::SocketAddress& from, const base::SocketAddress& to) {
  Bytes out(NdpPacket::kBytesMax);
  out.resize(write_ndp_packet(packet, from, to, out.data()));
  return out;
}
const Bytes kAdvertisement = write_ndp({.kind = NdpPacket::Kind::kAdvertisement,
                                        .target = kNeighbourIp,
                                        .mac = kNeighbourMac,
                                        .router = true,
                                        .solicited = true,
                                        .overrides = true},
                                       kNeighbourIp, kNear);

TEST(NdpPacketTest, WritesASolicitation) {
  EXPECT_EQ(write_ndp({.target = kNear, .mac = kNeighbourMac}, kNeighbourIp, solicited_node(kNear)),
            kSolicitation);
}

TEST(NdpPacketTest, ReadsASolicitation) {
  const auto read = parse_ndp(kSolicitation);
  ASSERT_TRUE(read) << to_string(read.error());
  EXPECT_EQ(read->kind, NdpPacket::Kind::kSolicitation);
  EXPECT_EQ(read->target, kNear);
  EXPECT_EQ(read->mac, kNeighbourMac);
}

TEST(NdpPacketTest, ReadsWhatItWritesOfAnAdvertisement) {
  const Bytes head(kAdvertisement.begin() + 44, kAdvertisement.begin() + 48);
  EXPECT_EQ(head, hex("E0 00 00 00"));
  for (int flags = 0; flags < 16; ++flags) {
    const NdpPacket wrote{.kind = NdpPacket::Kind::kAdvertisement,
                          .target = kNeighbourIp,
                          .mac = (flags & 8) != 0 ? std::optional(kNeighbourMac) : std::nullopt,
                          .router = (flags & 1) != 0,
                          .solicited = (flags & 2) != 0,
                          .overrides = (flags & 4) != 0};
    const auto read = parse_ndp(write_ndp(wrote, kNeighbourIp, kNear));
    ASSERT_TRUE(read) << to_string(read.error());
    EXPECT_EQ(read->kind, NdpPacket::Kind::kAdvertisement);
    EXPECT_EQ(read->target, kNeighbourIp);
    EXPECT_EQ(read->mac, wrote.mac);
    EXPECT_EQ(read->router, wrote.router);
    EXPECT_EQ(read->solicited, wrote.solicited);
    EXPECT_EQ(read->overrides, wrote.overrides);
  }
}

// RFC 4861, section 7.1.1 and 7.1.2.
TEST(NdpPacketTest, RefusesWhatAHostMustDiscard) {
  for (const Bytes& whole : {kSolicitation, kAdvertisement}) {
    EXPECT_EQ(ndp_refusal(with(whole, 7, 254)), DropReason::kMalformed) << "forwarded";
    EXPECT_EQ(ndp_refusal(with(whole, 41, 1)), DropReason::kMalformed) << "a code";
    EXPECT_EQ(ndp_refusal(with(whole, 48, 0xFF)), DropReason::kMalformed) << "a multicast target";
    EXPECT_EQ(ndp_refusal(with(whole, 65, 0)), DropReason::kMalformed) << "an option of no length";
    EXPECT_EQ(ndp_refusal(with(whole, 65, 2)), DropReason::kMalformed) << "an option beyond the end";
    EXPECT_EQ(ndp_refusal(with(whole, 66, 3)), DropReason::kMalformed) << "a group's MAC";
    EXPECT_EQ(ndp_refusal(with(whole, 8, 0xFF)), DropReason::kMalformed) << "a multicast source";
    EXPECT_EQ(parse_ndp(with(whole, 50, 0)).error(), DropReason::kBadChecksum);
    Bytes cut = with(whole, 5, 23);
    cut.resize(63);
    EXPECT_EQ(ndp_refusal(cut), DropReason::kTruncated);
    cut = with(whole, 5, 25);
    cut.resize(65);
    EXPECT_EQ(ndp_refusal(cut), DropReason::kMalformed) << "half an option's head";
  }
  EXPECT_EQ(ndp_refusal(with(kAdvertisement, 24, 0xFF)), DropReason::kMalformed) << "solicited, to several";
  EXPECT_EQ(ndp_refusal(write_ndp({.target = kNear, .mac = kNeighbourMac}, kNobody, solicited_node(kNear))),
            DropReason::kMalformed)
      << "nobody has no MAC";
  EXPECT_EQ(ndp_refusal(write_ndp({.target = kNear}, kNobody, kNear)), DropReason::kMalformed);
  EXPECT_EQ(ndp_refusal(write_ndp({.target = kNear}, kNobody, solicited_node(kNear))), DropReason::kCount);
}

TEST(NdpPacketTest, SkipsOtherOptions) {
  // A nonce (RFC 3971) before the MAC.
  Bytes bytes = kSolicitation;
  const Bytes nonce = hex("0E 01 11 22 33 44 55 66");
  bytes.insert(bytes.begin() + 64, nonce.begin(), nonce.end());
  EXPECT_EQ(ndp_refusal(with(bytes, 5, 40)), DropReason::kCount);
}

TEST(NdpPacketTest, KnowsTheGroups) {
  EXPECT_EQ(base::ip_to_string(solicited_node(*base::parse_ip("2001:db8::12:3456"))), "ff02::1:ff12:3456");
  EXPECT_EQ(base::ip_to_string(all_nodes()), "ff02::1");
  EXPECT_EQ(group_mac(solicited_node(*base::parse_ip("2001:db8::12:3456"))),
            (MacAddress{0x33, 0x33, 0xFF, 0x12, 0x34, 0x56}));
}

}  // namespace
}  // namespace tutti::net
