// What an IpHost answers, drops and leaves to others.
#include "ip_host_world.h"

namespace tutti::net {
namespace {

TEST_F(IpHostTest, AnswersWhoAsksForIt) {
  EXPECT_EQ(handle(kBroadcast + kArpRequest), Verdict::kTaken);
  const Bytes expected = padded(
      kAnswer +
      hex("08 06 | 00 01 08 00 06 04 00 02 | 02 00 00 00 00 01 C0 00 02 01 | 02 00 00 00 00 09 C0 00 02 09"));
  EXPECT_EQ(taken(), Frames{expected});
  EXPECT_EQ(handle(kUnicast + kArpRequest), Verdict::kTaken);
  EXPECT_EQ(taken(), Frames{expected}) << "a neighbour that checks whether we are still there";
  EXPECT_EQ(handle(with(kBroadcast + kArpRequest, 41, 4)), Verdict::kTaken);
  EXPECT_EQ(arps().at(0).sender_ip, *base::parse_ip("192.0.2.4"));
  EXPECT_EQ(handle(with(kBroadcast + kArpRequest, 41, 5)), Verdict::kTaken) << "between others";
  EXPECT_TRUE(taken().empty());
  EXPECT_EQ(host_->counters().neighbours_answered.value(), 3u);
  EXPECT_EQ(host_->neighbours().size(), 0u) << "of strangers nothing is kept";
}

TEST_F(IpHostTest, AnswersAProbeForItsAddress) {
  handle(arp({.sender_mac = kFar,
              .sender_ip = *base::parse_ip("0.0.0.0"),
              .target_ip = *base::parse_ip("192.0.2.1")},
             kBroadcastMac));
  const auto sent = arps();
  ASSERT_EQ(sent.size(), 1u);
  EXPECT_EQ(sent[0].kind, ArpPacket::Kind::kReply);
  EXPECT_EQ(sent[0].target_mac, kFar);
  EXPECT_EQ(host_->counters().duplicates.value(), 0u);
}

TEST_F(IpHostTest, AnswersPings) {
  EXPECT_EQ(handle(kUnicast + kEcho), Verdict::kTaken);
  EXPECT_EQ(taken(),
            Frames{padded(kAnswer + hex("08 00 | 45 00 00 20 00 00 40 00 40 01 B6 D2 |"
                                        "C0 00 02 01 C0 00 02 09 | 00 00 29 04 12 34 00 01 61 62 63 64"))});
  EXPECT_EQ(handle(kUnicast + kEchoV6), Verdict::kTaken);
  EXPECT_EQ(taken(), Frames{kAnswer + hex("86 DD | 60 00 00 00 00 0C 3A 40 |"
                                          "20 01 0D B8 00 00 00 00 00 00 00 00 00 00 00 01 |"
                                          "20 01 0D B8 00 00 00 00 00 00 00 00 00 00 00 09 |"
                                          "81 00 4C 41 12 34 00 01 61 62 63 64")});
  EXPECT_EQ(host_->counters().echoes_answered.value(), 2u);
  EXPECT_EQ(host_->counters().frames_sent.value(), 2u);
}

TEST_F(IpHostTest, AnswersPingsAsLargeAsTheLink) {
  const auto ping = [&](const base::SocketAddress& from, const base::SocketAddress& to, std::size_t bytes) {
    const bool ipv6 = from.family == base::AddressFamily::kIpv6;
    const std::size_t head = ip_head_bytes(ipv6);
    Bytes packet(bytes);
    packet[head] = std::byte{ipv6 ? std::uint8_t{128} : std::uint8_t{8}};
    finish_icmp_packet(from, to, 64, std::span(packet).subspan(head), packet.data());
    handle(kUnicast + (ipv6 ? hex("86 DD") : hex("08 00")) + packet);
    const auto sent = taken();
    return sent.empty() ? 0 : sent[0].size() - 14;
  };
  EXPECT_EQ(ping(kFarIp, *base::parse_ip("192.0.2.1"), 1'500), 1'500u);
  EXPECT_EQ(ping(kFarIp6, *base::parse_ip("2001:db8::1"), 1'500), 1'500u);
  EXPECT_EQ(dropped(DropReason::kOversize), 0u);
  EXPECT_EQ(ping(kFarIp, *base::parse_ip("192.0.2.1"), 1'501), 0u);
  EXPECT_EQ(ping(kFarIp6, *base::parse_ip("2001:db8::1"), 1'501), 0u);
  EXPECT_EQ(dropped(DropReason::kOversize), 2u);
}

TEST_F(IpHostTest, AnswersNoPingToSeveralOrFromNobody) {
  EXPECT_EQ(handle(kBroadcast + kEcho), Verdict::kTaken);
  EXPECT_EQ(dropped(DropReason::kMalformed), 1u);
  // address' word.
  handle(kUnicast + hex("08 00 | 45 00 00 20 00 01 40 00 40 01 B5 D3 | C0 00 02 09 C0 00 02 FF |"
                        "08 00 21 04 12 34 00 01 61 62 63 64"));
  EXPECT_EQ(dropped(DropReason::kOtherProtocol), 1u) << "to the broadcast of the net";
  EXPECT_TRUE(taken().empty());
}

TEST_F(IpHostTest, LimitsItsAnswers) {
  for (std::uint32_t i = 0; i < 2 * IpHost::kAtOnce; ++i) handle(kUnicast + kEcho);
  EXPECT_EQ(taken().size(), IpHost::kAtOnce);
  EXPECT_EQ(dropped(DropReason::kRateLimited), IpHost::kAtOnce);
  now_ += IpHost::kEchoEvery;
  handle(kUnicast + kEcho);
  handle(kUnicast + kEcho);
  EXPECT_EQ(taken().size(), 1u);
  for (std::uint32_t i = 0; i < 2 * IpHost::kAtOnce; ++i) handle(kBroadcast + kArpRequest);
  EXPECT_EQ(taken().size(), IpHost::kAtOnce);
}

TEST_F(IpHostTest, AnswersSolicitations) {
  const NdpPacket asks{.target = *base::parse_ip("2001:db8::1"), .mac = kFar};
  EXPECT_EQ(handle(ndp(asks, kFarIp6, solicited_node(asks.target))), Verdict::kTaken);
  auto sent = taken();
  ASSERT_EQ(sent.size(), 1u);
  const NdpPacket tells{.kind = NdpPacket::Kind::kAdvertisement,
                        .target = asks.target,
                        .mac = kUs,
                        .solicited = true,
                        .overrides = true};
  Bytes expected = ndp(tells, asks.target, kFarIp6, kUs);
  for (std::size_t i = 0; i < 6; ++i) expected[i] = std::byte{kFar[i]};
  EXPECT_EQ(sent[0], expected);
  // Who looks for an address to take is told through everybody. RFC 4861, section 7.2.4.
  handle(ndp({.target = asks.target}, *base::parse_ip("::"), solicited_node(asks.target)));
  sent = taken();
  ASSERT_EQ(sent.size(), 1u);
  EXPECT_EQ(Bytes(sent[0].begin(), sent[0].begin() + 6), hex("33 33 00 00 00 01"));
  EXPECT_EQ(sent[0][58], std::byte{0x20}) << "not solicited";
  // Another's with the same last 24 bits.
  handle(
      ndp({.target = *base::parse_ip("2001:db8:5::1"), .mac = kFar}, kFarIp6, solicited_node(asks.target)));
  EXPECT_TRUE(taken().empty());
}

TEST_F(IpHostTest, TellsOfItsAddressesAtStart) {
  host_->start(now_);
  auto sent = taken();
  ASSERT_EQ(sent.size(), 7u);
  sent.erase(sent.begin());  // MLD's: ip_host_groups_test.cpp
  EXPECT_EQ(sent[0], padded(hex("FF FF FF FF FF FF 02 00 00 00 00 01 08 06 | 00 01 08 00 06 04 00 01 |"
                                "02 00 00 00 00 01 00 00 00 00 | 00 00 00 00 00 00 C0 00 02 01")));
  EXPECT_EQ(sent[2], ndp({.target = *base::parse_ip("2001:db8::1")}, *base::parse_ip("::"),
                         *base::parse_ip("ff02::1:ff00:1"), kUs));
  EXPECT_EQ(sent[3], padded(hex("FF FF FF FF FF FF 02 00 00 00 00 01 08 06 | 00 01 08 00 06 04 00 01 |"
                                "02 00 00 00 00 01 C0 00 02 01 | 00 00 00 00 00 00 C0 00 02 01")));
  EXPECT_EQ(sent[5], ndp({.kind = NdpPacket::Kind::kAdvertisement,
                          .target = *base::parse_ip("2001:db8::1"),
                          .mac = kUs,
                          .overrides = true},
                         *base::parse_ip("2001:db8::1"), *base::parse_ip("ff02::1"), kUs));
  for (int i = 0; i < 1'000; ++i) host_->tick(now_ += 10ms);
  EXPECT_EQ(taken().size(), 4u) << "once more";
}

TEST_F(IpHostTest, TagsItsFramesAndReadsThoseOfItsVlan) {
  IpHostOptions tagged = options();
  tagged.vlan = 0x123;
  make(tagged);
  const Bytes tag = hex("81 00 01 23");
  handle(kBroadcast + tag + kArpRequest);
  auto sent = taken();
  ASSERT_EQ(sent.size(), 1u);
  EXPECT_EQ(Bytes(sent[0].begin(), sent[0].begin() + 18), kAnswer + tag + hex("08 06"));
  EXPECT_EQ(sent[0].size(), 60u);
  handle(kBroadcast + kArpRequest);
  EXPECT_TRUE(taken().empty());
  EXPECT_EQ(dropped(DropReason::kForeignVlan), 1u);
  host_->handle(kUnicast + kEchoV6, now_, 0x123);
  sent = taken();
  ASSERT_EQ(sent.size(), 1u);
  EXPECT_EQ(Bytes(sent[0].begin(), sent[0].begin() + 18), kAnswer + tag + hex("86 DD"));
}

TEST_F(IpHostTest, DropsWhatIsForNobodyHereAndCountsWhy) {
  const Bytes udp = with(kUnicast + kEcho, 23, 17);
  handle(with(with(udp, 24, 0xB6), 25, 0xC1));
  EXPECT_EQ(dropped(DropReason::kOtherProtocol), 1u);
  handle(kUnicast + hex("88 CC"));
  EXPECT_EQ(dropped(DropReason::kOtherProtocol), 2u);
  Bytes fragment = kUnicast + kEcho;  // more fragments
  handle(with(with(fragment, 20, 0x20), 24, 0xD6));
  EXPECT_EQ(dropped(DropReason::kFragment), 1u);
  handle(with(kUnicast + kEcho, 40, 9));
  EXPECT_EQ(dropped(DropReason::kBadChecksum), 1u);
  handle(with(kUnicast + kArpRequest, 0, 4));
  EXPECT_EQ(dropped(DropReason::kForeignMac), 1u);
  handle(with(kUnicast + kArpRequest, 11, 1));
  EXPECT_EQ(dropped(DropReason::kForeignMac), 2u) << "our own, come back";
  handle(with(kUnicast + kEcho, 13, 0xDD));  // IPv4 under a type that is none's
  handle(with(with(kUnicast + kEcho, 12, 0x86), 13, 0xDD));
  EXPECT_EQ(dropped(DropReason::kMalformed), 1u);
  EXPECT_TRUE(taken().empty());
  EXPECT_EQ(host_->counters().frames_received.value(), 8u);
}

TEST_F(IpHostTest, LeavesTheRestToAKernelBesideIt) {
  IpHostOptions beside = options();
  beside.kernel_beside = true;
  make(beside);
  EXPECT_EQ(handle(with(with(with(kUnicast + kEcho, 23, 17), 24, 0xB6), 25, 0xC1)), Verdict::kElsewhere);
  EXPECT_EQ(handle(with(with(kUnicast + kEcho, 20, 0x20), 24, 0xD6)), Verdict::kElsewhere)
      << "it puts them together";
  EXPECT_EQ(handle(kUnicast + hex("88 CC")), Verdict::kElsewhere);
  EXPECT_EQ(handle(kBroadcast + kArpRequest), Verdict::kTaken) << "one answers";
  EXPECT_EQ(handle(kUnicast + kEcho), Verdict::kTaken);
  EXPECT_EQ(handle(with(kUnicast + kArpRequest, 21, 2)), Verdict::kBoth) << "it may have asked";
  EXPECT_EQ(handle(ndp({.kind = NdpPacket::Kind::kAdvertisement, .target = kFarIp6, .mac = kFar}, kFarIp6,
                       *base::parse_ip("2001:db8::1"))),
            Verdict::kBoth);
  EXPECT_EQ(handle(with(with(kUnicast + kEchoV6, 54, 134), 56, 0x47)), Verdict::kTaken)
      << "a router's advertisement would give it addresses that are not ours";
  EXPECT_EQ(handle(with(kUnicast + kEcho, 40, 9)), Verdict::kTaken) << "broken for everybody";
  EXPECT_EQ(host_->counters().drops.total(), 1u);
}

TEST_F(IpHostTest, CountsErrorsAndRouters) {
  // Type 3, code 3 in place of 8, 0: the sum is 0x0303 - 0x0800 away.
  const Bytes unreachable = with(with(with(with(kUnicast + kEcho, 34, 3), 35, 3), 36, 0x26), 37, 0x01);
  EXPECT_EQ(handle(unreachable), Verdict::kTaken);
  EXPECT_EQ(host_->counters().icmp_errors.value(), 1u);
  const Bytes router = with(with(kUnicast + kEchoV6, 54, 134), 56, 0x47);
  EXPECT_EQ(handle(router), Verdict::kTaken);
  EXPECT_EQ(host_->counters().router_advertisements.value(), 1u);
  EXPECT_EQ(host_->counters().drops.total(), 0u);
  EXPECT_TRUE(taken().empty());
}

}  // namespace
}  // namespace tutti::net
