#include "dataplane/dpdk/slow_path.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rte_ethdev.h>

#include "dataplane/net/arp_packet.h"
#include "dataplane/net/udp_frame.h"
#include "near_host.h"

namespace tutti::dpdk {
namespace {

using net::EndpointId;

const base::SocketAddress kGateway = *base::parse_ip("10.0.0.254");

std::string arp_frame(const net::ArpPacket& packet, const net::MacAddress& to) {
  std::string frame(14 + net::ArpPacket::kBytes, '\0');
  auto* const bytes = reinterpret_cast<std::byte*>(frame.data());
  const std::size_t head = net::write_ethernet_head({.mac = kFarMac}, to, net::EtherType::kArp, bytes);
  net::write_arp_packet(packet, bytes + head);
  return frame;
}

// A kernel beside us that keeps what it is given.
class Kept final : public ExceptionSink {
 public:
  void take(std::span<const std::byte> frame) override {
    frames.emplace_back(reinterpret_cast<const char*>(frame.data()), frame.size());
  }
  std::size_t next(std::span<std::byte> out) override {
    if (to_send.empty()) return 0;
    const std::string frame = to_send.back();
    to_send.pop_back();
    std::copy_n(reinterpret_cast<const std::byte*>(frame.data()), frame.size(), out.data());
    return frame.size();
  }
  std::vector<std::string> frames;
  std::vector<std::string> to_send;
};

class SlowPathTest : public testing::Test {
 protected:
  net::IpHostOptions options() {
    return {.mac = kNearMac, .addresses = {host_.ip()}, .ipv4 = {.prefix_bits = 24, .gateway = kGateway}};
  }
  std::vector<net::ArpPacket> arps_at_far() {
    std::vector<net::ArpPacket> all;
    for (const std::string& frame : host_.far().end().receive()) {
      const auto bytes = std::as_bytes(std::span(frame));
      if (frame[12] != 0x08 || frame[13] != 0x06) continue;
      const auto arp = net::parse_arp_packet(bytes.subspan(14));
      EXPECT_TRUE(arp);
      if (arp) all.push_back(*arp);
    }
    return all;
  }
  // The far end says that our address is its own.
  auto claim() {
    const net::ArpPacket arp{.kind = net::ArpPacket::Kind::kReply,
                             .sender_mac = kFarMac,
                             .sender_ip = host_.ip(),
                             .target_mac = kNearMac,
                             .target_ip = host_.ip()};
    return arp_frame(arp, kNearMac);
  }
  void run(SlowPath& slow, base::Duration time) {
    for (const base::Instant end = now_ + time; now_ < end; now_ += SlowPath::kTurnEvery) slow.turn(now_);
  }

  NearHost host_;
  base::Instant now_{std::chrono::seconds(100)};
};

TEST_F(SlowPathTest, AnswersArp) {
  SlowPath slow(host_.device(), host_.exchange(), options(), nullptr);
  run(slow, std::chrono::milliseconds(50));
  host_.far().end().drain();
  const net::ArpPacket question{.kind = net::ArpPacket::Kind::kRequest,
                                .sender_mac = kFarMac,
                                .sender_ip = *base::parse_ip("10.0.0.9"),
                                .target_mac = {},
                                .target_ip = host_.ip()};
  ASSERT_TRUE(host_.far().end().send(arp_frame(question, net::kBroadcastMac)));
  host_.receive();
  run(slow, SlowPath::kTurnEvery);
  const auto answers = arps_at_far();
  ASSERT_EQ(answers.size(), 1u);
  EXPECT_EQ(answers[0].kind, net::ArpPacket::Kind::kReply);
  EXPECT_EQ(answers[0].sender_mac, kNearMac);
  EXPECT_EQ(answers[0].sender_ip, host_.ip());
}

TEST_F(SlowPathTest, LooksANeighbourUpForACoreThatSendsToIt) {
  SlowPath slow(host_.device(), host_.exchange(), options(), nullptr);
  slow.add(host_.port().next_hops());
  host_.attach(EndpointId{1});
  const auto neighbour = *base::parse_ip("10.0.0.9", 4'000);
  bool sent = false;
  for (int i = 0; i < 50 && !sent; ++i) {
    const auto failed = host_.drops(base::DropReason::kSendFailed);
    ASSERT_TRUE(host_.send(EndpointId{1}, neighbour, "media"));
    sent = host_.drops(base::DropReason::kSendFailed) == failed;
    run(slow, std::chrono::milliseconds(20));
    for (const net::ArpPacket& arp : arps_at_far()) {
      if (arp.target_ip != *base::parse_ip("10.0.0.9")) continue;
      const net::ArpPacket answer{.kind = net::ArpPacket::Kind::kReply,
                                  .sender_mac = kFarMac,
                                  .sender_ip = arp.target_ip,
                                  .target_mac = kNearMac,
                                  .target_ip = host_.ip()};
      ASSERT_TRUE(host_.far().end().send(arp_frame(answer, kNearMac)));
    }
    host_.receive();
  }
  EXPECT_TRUE(sent);
}

TEST_F(SlowPathTest, PassesOnWhatIsForAKernelBesideUs) {
  Kept beside;
  SlowPath slow(host_.device(), host_.exchange(), options(), nullptr, &beside);
  run(slow, std::chrono::milliseconds(50));
  host_.far().end().drain();
  const auto client = host_.far().open();
  const std::string invite = udp_frame(client, host_.ip().with_port(5'060), "INVITE");
  ASSERT_TRUE(host_.far().end().send(invite));
  host_.receive();
  beside.to_send.push_back("a frame of the kernel's, of any kind whatsoever: it is sent as it is");
  run(slow, SlowPath::kTurnEvery);
  EXPECT_THAT(beside.frames, testing::ElementsAre(invite));
  EXPECT_THAT(host_.far().end().receive(),
              testing::Contains("a frame of the kernel's, of any kind whatsoever: it is sent as it is"));
  EXPECT_EQ(slow.counters().to_sink.value(), 1u);
  EXPECT_EQ(slow.counters().from_sink.value(), 1u);
}

TEST_F(SlowPathTest, TellsOfAnAddressThatIsAnothersToo) {
  std::string told;
  SlowPath slow(host_.device(), host_.exchange(), options(),
                [&](LogLevel, std::string_view line) { told = line; });
  run(slow, std::chrono::milliseconds(50));
  ASSERT_TRUE(host_.far().end().send(claim()));
  host_.receive();
  run(slow, std::chrono::milliseconds(50));
  EXPECT_THAT(told, testing::HasSubstr("the address 10.0.0.1 is 02:00:00:00:00:02's as well"));
}

// Who claims it may do so as often as he likes, and each line is one of a log that fills a disk.
TEST_F(SlowPathTest, TellsOfAnAddressThatIsAnothersTooNowAndThen) {
  std::size_t told = 0;
  SlowPath slow(host_.device(), host_.exchange(), options(), [&](LogLevel, std::string_view) { ++told; });
  run(slow, std::chrono::milliseconds(50));
  for (int i = 0; i < 100; ++i) {
    ASSERT_TRUE(host_.far().end().send(claim()));
    host_.receive();
    run(slow, std::chrono::milliseconds(10));
  }
  EXPECT_EQ(told, SlowPath::kTellAtOnce);
  EXPECT_EQ(slow.host().counters().duplicates.value(), 100u);
  now_ += SlowPath::kTellEvery;
  ASSERT_TRUE(host_.far().end().send(claim()));
  host_.receive();
  run(slow, std::chrono::milliseconds(10));
  EXPECT_EQ(told, SlowPath::kTellAtOnce + 1);
}

// As when its cable is pulled and put back, perhaps into another switch.
TEST_F(SlowPathTest, TellsOfALinkThatGoesDownAndAnnouncesItselfWhenItIsBack) {
  std::vector<std::string> told;
  SlowPath slow(host_.device(), host_.exchange(), options(),
                [&](LogLevel, std::string_view line) { told.emplace_back(line); });
  run(slow, std::chrono::seconds(10));
  host_.far().end().drain();
  const std::string port = "the port " + host_.device().name();
  ASSERT_EQ(::rte_eth_dev_set_link_down(host_.device().number()), 0);
  run(slow, LinkWatch::kLookEvery * 3);
  EXPECT_THAT(told, testing::ElementsAre(testing::HasSubstr(port + " is down: look at its cable")));
  EXPECT_FALSE(slow.link().up());
  EXPECT_EQ(slow.link().downs(), 1u);
  ASSERT_EQ(::rte_eth_dev_set_link_up(host_.device().number()), 0);
  run(slow, LinkWatch::kLookEvery * 3);
  ASSERT_EQ(told.size(), 2u);
  EXPECT_EQ(told[1], port + " is up again");
  EXPECT_TRUE(slow.link().up());
  EXPECT_EQ(slow.link().downs(), 1u);
  EXPECT_THAT(arps_at_far(), testing::Contains(testing::Field(&net::ArpPacket::sender_ip, host_.ip())));
}

TEST_F(SlowPathTest, ItsThreadAnswersWhileTheCoreReceives) {
  SlowPath slow(host_.device(), host_.exchange(), options(), nullptr);
  slow.start();
  const net::ArpPacket question{.kind = net::ArpPacket::Kind::kRequest,
                                .sender_mac = kFarMac,
                                .sender_ip = *base::parse_ip("10.0.0.9"),
                                .target_mac = {},
                                .target_ip = host_.ip()};
  ASSERT_TRUE(host_.far().end().send(arp_frame(question, net::kBroadcastMac)));
  bool answered = false;
  const auto give_up = base::monotonic_now() + std::chrono::seconds(60);
  while (!answered && base::monotonic_now() < give_up) {
    host_.receive();
    for (const net::ArpPacket& arp : arps_at_far())
      answered |= arp.kind == net::ArpPacket::Kind::kReply && arp.target_mac == kFarMac;
    host_.port().wait_until(base::monotonic_now() + std::chrono::milliseconds(1));
  }
  EXPECT_TRUE(answered);
  slow.stop();
}

}  // namespace
}  // namespace tutti::dpdk
