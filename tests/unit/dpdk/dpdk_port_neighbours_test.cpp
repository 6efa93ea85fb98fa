// How a DpdkPort sends to neighbours on the link, before and after their MAC address is known.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dataplane/dpdk/dpdk_port.h"
#include "near_host.h"
#include "virtual_clock.h"

namespace tutti::dpdk {
namespace {

using base::DropReason;
using net::EndpointId;
using testing::ElementsAre;
using testing::IsEmpty;

const base::SocketAddress kNeighbour = *base::parse_ip("10.0.0.77", 4'000);  // on the link

std::vector<std::string> payloads_at_far(NearHost& host) {
  host.port().flush();
  std::vector<std::string> all;
  for (const std::string& frame : host.far().end().receive()) all.push_back(frame.substr(42));
  return all;
}
void answer(NearHost& host) {
  OneStation resolver({2, 0, 0, 0, 0, 7});
  host.port().next_hops().answer(resolver, base::Instant{});
}

TEST(DpdkPortNeighboursTest, HoldsTheNewestPacketUntilTheNeighbourIsKnown) {
  NearHost host;
  host.attach(kId);
  ASSERT_TRUE(host.send(kId, kNeighbour, "first"));
  ASSERT_TRUE(host.send(kId, kNeighbour, "second"));
  ASSERT_TRUE(host.send(kId, kNeighbour.with_port(4'001), "report", 0, net::Flow::kRtcp));
  EXPECT_THAT(payloads_at_far(host), IsEmpty());
  EXPECT_EQ(host.port().queue_counters().held.value(), 3u);
  EXPECT_EQ(host.port().queue_counters().no_next_hop.value(), 1u) << "the first one";
  EXPECT_EQ(host.drops(DropReason::kSendFailed), 1u);
  answer(host);
  // As it was sent, before what is sent now; each in its flow.
  ASSERT_TRUE(host.send(kId, kNeighbour, "third"));
  EXPECT_THAT(payloads_at_far(host), ElementsAre("second", "third", "report"));
  EXPECT_EQ(host.drops(DropReason::kSendFailed), 1u);
}

TEST(DpdkPortNeighboursTest, WhatIsExpectedIsAskedForBeforeAnythingIsSent) {
  NearHost host;
  host.attach(kId);
  {
    const base::RealtimeSection section;
    host.port().expect(kId, net::Flow::kRtp, kNeighbour);
    host.port().expect(EndpointId{5}, net::Flow::kRtp, kNeighbour);  // not open: nothing
  }
  answer(host);
  ASSERT_TRUE(host.send(kId, kNeighbour, "first"));
  EXPECT_THAT(payloads_at_far(host), ElementsAre("first"));
  EXPECT_EQ(host.port().queue_counters().held.value(), 0u);
}

// Told whose MAC address is wanted.
class Asked final : public net::NeighbourResolver {
 public:
  std::optional<net::MacAddress> ask(const base::SocketAddress& ip, base::Instant) override {
    ips.push_back(ip);
    return kFarMac;
  }
  std::vector<base::SocketAddress> ips;
};

TEST(DpdkPortNeighboursTest, SendsByAGatewayThatHasButItsAddressOfTheLink) {
  NearHost host({.ipv6 = true, .gateway_ipv6 = "fe80::1"});
  Asked asked;
  host.port().next_hops().answer(asked, base::monotonic_now() + 2 * net::NextHops::kAgain);
  EXPECT_THAT(asked.ips, testing::Contains(*base::parse_ip("fe80::1")));
  host.attach(kId);
  const auto client = host.far().open();  // in another network
  ASSERT_TRUE(host.send(kId, client, "by the gateway"));
  host.port().flush();
  const auto heard = host.far().receive(client);
  ASSERT_TRUE(heard);
  EXPECT_EQ(heard->payload, "by the gateway");
}

TEST(DpdkPortNeighboursTest, HoldsNothingForASilentNeighbourForEver) {
  virtual_now = base::Instant(std::chrono::seconds(100));
  NearHost host({.clock = &tell_virtual_now});
  host.attach(kId);
  ASSERT_TRUE(host.send(kId, kNeighbour, "to nobody"));
  virtual_now += HeldPackets::kFor - std::chrono::milliseconds(1);
  host.port().flush();
  EXPECT_EQ(host.drops(DropReason::kSendFailed), 0u);
  virtual_now += std::chrono::milliseconds(1);
  host.port().flush();
  EXPECT_EQ(host.drops(DropReason::kSendFailed), 1u);
  answer(host);
  EXPECT_THAT(payloads_at_far(host), IsEmpty());
}

TEST(DpdkPortNeighboursTest, HoldsNothingForWhoIsSentToNoMore) {
  NearHost host;
  host.attach(kId);
  ASSERT_TRUE(host.send(kId, kNeighbour, "to the one"));
  ASSERT_TRUE(host.send(kId, *base::parse_ip("10.0.0.78", 4'000), "to the other"));
  EXPECT_EQ(host.drops(DropReason::kSendFailed), 1u) << "the latch went elsewhere";
  host.port().detach(kId);
  EXPECT_EQ(host.drops(DropReason::kSendFailed), 2u);
  answer(host);
  EXPECT_THAT(payloads_at_far(host), IsEmpty());
}

// Whoever has left with a packet held has its buffers looked for by the host's end.
TEST(DpdkPortNeighboursTest, HoldsForSoManyFlowsAndNoMore) {
  constexpr std::uint32_t kEndpoints = HeldPackets::kMax + 4;
  NearHost host({.limits = {.endpoints = kEndpoints, .receive_buffers = 256, .transmit_buffers = 64}});
  for (std::uint32_t i = 0; i < kEndpoints; ++i) {
    host.attach(EndpointId{i});
    ASSERT_TRUE(host.send(EndpointId{i}, kNeighbour, std::to_string(i)));
  }
  EXPECT_EQ(host.drops(DropReason::kSendFailed), 4u);
  answer(host);
  EXPECT_EQ(payloads_at_far(host).size() + payloads_at_far(host).size(), HeldPackets::kMax);
}

TEST(DpdkPortNeighboursTest, FollowsANeighboursAddress) {
  NearHost host;
  host.attach(kId);
  host.port().expect(kId, net::Flow::kRtp, kNeighbour);

  const auto station_of = [&] {
    host.port().flush();
    const auto frames = host.far().end().receive();
    return frames.size() == 1 ? static_cast<int>(frames[0][5]) : -1;
  };
  for (const std::uint8_t last : {std::uint8_t{7}, std::uint8_t{8}}) {
    OneStation resolver({2, 0, 0, 0, 0, last});
    host.port().next_hops().answer(resolver, base::monotonic_now() + 2 * last * net::NextHops::kAgain);
    // It looks again once a second of sending.
    for (int i = 0; i < 60; ++i) {
      ASSERT_TRUE(host.send(kId, kNeighbour, "media"));
      const int station = station_of();
      if (i == 59) {
        EXPECT_EQ(station, last);
      }
    }
  }
  EXPECT_EQ(host.drops(DropReason::kSendFailed), 0u);
}

TEST(DpdkPortNeighboursTest, FollowsTheAddressOfANeighbourThatItIsConnectedTo) {
  NearHost host;
  host.attach(kId);
  host.port().connect(kId, net::Flow::kRtp, kNeighbour);
  ASSERT_TRUE(host.send(kId, {}, "held"));
  std::size_t held = 1;
  for (const std::uint8_t last : {std::uint8_t{7}, std::uint8_t{8}}) {
    OneStation resolver({2, 0, 0, 0, 0, last});
    host.port().next_hops().answer(resolver, base::monotonic_now() + 2 * last * net::NextHops::kAgain);
    // It looks again once a second of sending.
    for (int i = 0; i < 60; ++i) ASSERT_TRUE(host.send(kId, {}, "media"));
    host.port().flush();
    const auto frames = host.far().end().receive();
    ASSERT_EQ(frames.size(), 60u + held);
    EXPECT_EQ(static_cast<int>(frames.back()[5]), last);
    held = 0;
  }
  EXPECT_EQ(host.drops(DropReason::kSendFailed), 0u);
}

}  // namespace
}  // namespace tutti::dpdk
