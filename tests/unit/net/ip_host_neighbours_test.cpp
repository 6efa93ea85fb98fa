// Whom an IpHost asks, and who has its own addresses too.
#include "ip_host_world.h"

namespace tutti::net {
namespace {

TEST_F(IpHostTest, ResolvesANeighbour) {
  EXPECT_FALSE(host_->ask(kFarIp.with_port(4'000), now_));
  host_->tick(now_);
  EXPECT_EQ(taken(), Frames{padded(hex("FF FF FF FF FF FF 02 00 00 00 00 01 08 06 | 00 01 08 00 06 04 00 01 |"
                                       "02 00 00 00 00 01 C0 00 02 01 | 00 00 00 00 00 00 C0 00 02 09"))});
  const std::uint64_t changes = host_->changes();
  const ArpPacket reply{.kind = ArpPacket::Kind::kReply,
                        .sender_mac = kFar,
                        .sender_ip = kFarIp,
                        .target_mac = kUs,
                        .target_ip = *base::parse_ip("192.0.2.1")};
  ArpPacket to_another = reply;
  to_another.target_mac = kFar;
  handle(arp(to_another));
  EXPECT_FALSE(host_->ask(kFarIp, now_));
  EXPECT_EQ(handle(arp(reply)), Verdict::kTaken);
  EXPECT_EQ(host_->ask(kFarIp.with_port(9), now_), kFar);
  EXPECT_GT(host_->changes(), changes);
}

TEST_F(IpHostTest, ResolvesAnIpv6Neighbour) {
  EXPECT_FALSE(host_->ask(kFarIp6, now_));
  host_->tick(now_);
  EXPECT_EQ(taken(), Frames{ndp({.target = kFarIp6, .mac = kUs}, *base::parse_ip("2001:db8::1"),
                                solicited_node(kFarIp6), kUs)});
  NdpPacket tells{.kind = NdpPacket::Kind::kAdvertisement, .target = kFarIp6, .mac = kFar};
  handle(ndp(tells, kFarIp6, *base::parse_ip("ff02::1")));
  EXPECT_FALSE(host_->ask(kFarIp6, now_)) << "it was not our question";
  tells.solicited = true;
  handle(ndp(tells, kFarIp6, *base::parse_ip("2001:db8::1")));
  EXPECT_EQ(host_->ask(kFarIp6, now_), kFar);
  // What is asked of it alone goes to it alone.
  tells.solicited = false;
  tells.mac = MacAddress{2, 0, 0, 0, 0, 0x66};
  handle(ndp(tells, kFarIp6, *base::parse_ip("ff02::1")));
  host_->tick(now_);
  const auto sent = taken();
  ASSERT_EQ(sent.size(), 1u);
  EXPECT_EQ(Bytes(sent[0].begin(), sent[0].begin() + 6), hex("02 00 00 00 00 09"));
  EXPECT_EQ(Bytes(sent[0].begin() + 38, sent[0].begin() + 54),
            hex("20 01 0D B8 00 00 00 00 00 00 00 00 00 00 00 09"));
}

TEST_F(IpHostTest, AsksTheGatewayForWhoIsBeyondIt) {
  host_->ask(*base::parse_ip("198.51.100.7"), now_);
  host_->ask(*base::parse_ip("198.51.100.8"), now_);
  host_->tick(now_);
  const auto asked = arps();
  ASSERT_EQ(asked.size(), 1u);
  EXPECT_EQ(asked[0].target_ip, *base::parse_ip("192.0.2.254"));
  host_->ask(*base::parse_ip("2001:db8:1::1"), now_);
  host_->tick(now_);
  const auto sent = taken();
  ASSERT_EQ(sent.size(), 1u);
  EXPECT_EQ(Bytes(sent[0].begin(), sent[0].begin() + 6), hex("33 33 FF 00 00 01"));
  // fe80::1, asked by an address of ours.
  EXPECT_EQ(Bytes(sent[0].begin() + 62, sent[0].begin() + 78),
            hex("FE 80 00 00 00 00 00 00 00 00 00 00 00 00 00 01"));
  EXPECT_EQ(Bytes(sent[0].begin() + 22, sent[0].begin() + 38),
            hex("20 01 0D B8 00 00 00 00 00 00 00 00 00 00 00 01"));
}

TEST_F(IpHostTest, KnowsNoWayWhereThereIsNone) {
  for (const char* to : {"192.0.2.255", "192.0.2.0", "224.0.0.1", "255.255.255.255", "0.0.0.0", "192.0.2.1",
                         "ff02::1", "::", "2001:db8::1"}) {
    EXPECT_FALSE(host_->ask(*base::parse_ip(to), now_)) << to;
  }
  EXPECT_EQ(host_->neighbours().size(), 0u);
  IpHostOptions alone = options();
  alone.ipv4.gateway = {};
  make(alone);
  host_->ask(*base::parse_ip("198.51.100.7"), now_);
  EXPECT_EQ(host_->neighbours().size(), 0u);
  alone.addresses.pop_back();  // no IPv6 at all
  alone.ipv6.gateway = {};
  make(alone);
  host_->ask(*base::parse_ip("2001:db8::9"), now_);
  host_->tick(now_);
  EXPECT_EQ(host_->neighbours().size(), 0u);
}

TEST_F(IpHostTest, KeepsToPrefixesThatAreNoBytes) {
  IpHostOptions narrow = options();
  narrow.ipv4.prefix_bits = 29;  // .0 to .7
  make(narrow);
  for (const auto& [to, next] : {std::pair("192.0.2.6", "192.0.2.6"), {"192.0.2.9", "192.0.2.254"}}) {
    host_->ask(*base::parse_ip(to), now_);
    host_->tick(now_);
    const auto asked = arps();
    ASSERT_EQ(asked.size(), 1u) << to;
    EXPECT_EQ(base::ip_to_string(asked[0].target_ip), next);
  }
  host_->ask(*base::parse_ip("192.0.2.7"), now_);
  host_->tick(now_);
  EXPECT_TRUE(taken().empty()) << "the net's broadcast";
}

TEST_F(IpHostTest, TellsOfADuplicateAndDefendsItselfOnce) {
  const MacAddress other{2, 0, 0, 0, 0, 0x77};
  const auto ours = *base::parse_ip("192.0.2.4");
  const Bytes claim = arp({.sender_mac = other, .sender_ip = ours, .target_ip = ours}, kBroadcastMac);
  handle(claim);
  const auto told = host_->take_duplicate();
  ASSERT_TRUE(told);
  EXPECT_EQ(told->ip, ours);
  EXPECT_EQ(told->mac, other);
  EXPECT_FALSE(host_->take_duplicate());
  const auto defence = arps();
  ASSERT_EQ(defence.size(), 1u);
  EXPECT_EQ(defence[0].sender_ip, ours);
  EXPECT_EQ(defence[0].sender_mac, kUs);
  for (int i = 0; i < 99; ++i) {
    handle(claim);
    now_ += 100ms;
  }
  EXPECT_TRUE(taken().empty()) << "not in turns for ever";
  now_ += 1s;
  handle(claim);
  EXPECT_EQ(taken().size(), 1u);
  EXPECT_EQ(host_->counters().duplicates.value(), 101u);
  EXPECT_EQ(host_->neighbours().size(), 0u);
}

TEST_F(IpHostTest, TellsOfADuplicateIpv6Address) {
  const auto ours = *base::parse_ip("2001:db8::1");
  handle(ndp({.kind = NdpPacket::Kind::kAdvertisement, .target = ours, .mac = kFar}, ours, all_nodes()));
  ASSERT_TRUE(host_->take_duplicate());
  handle(ndp({.target = *base::parse_ip("2001:db8:5::1"), .mac = kFar}, ours, solicited_node(ours)));
  ASSERT_TRUE(host_->take_duplicate());
  EXPECT_EQ(host_->counters().duplicates.value(), 2u);
}

}  // namespace
}  // namespace tutti::net
