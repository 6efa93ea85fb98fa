// What a card with rules is told, judged by where it brings the frames of each port.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dataplane/dpdk/device.h"
#include "dataplane/dpdk/hash_spread.h"
#include "dataplane/dpdk/steering.h"
#include "dataplane/net/port_lane.h"
#include "far_host.h"
#include "rule_card.h"

namespace tutti::dpdk {
namespace {

using testing::Each;
using testing::ElementsAre;
using testing::IsEmpty;
using Refuses = RuleCard::Refuses;

const base::SocketAddress kOurs = *base::parse_ip("10.0.0.1");
const base::SocketAddress kOurs6 = *base::parse_ip("2001:db8::1");

LocalAddresses of_families(bool ipv4, bool ipv6) {
  std::vector<LocalAddresses::Address> all;
  if (ipv4) all.push_back({kOurs, 24});
  if (ipv6) all.push_back({kOurs6, 64});
  return LocalAddresses(all, {}, {});
}

class SteeringRulesTest : public testing::Test {
 protected:
  // net_null takes a key, and has a table: it is a card that hashes. One of memory does not.
  void open(std::uint16_t cores, bool hashes = false) {
    test_eal();
    if (!hashes) rings_.emplace(cores);
    auto device = Device::open({.name = hashes ? "net_null8,size=64" : rings_->near(),
                                .cores = cores,
                                .limits = {.receive_buffers = 256}});
    ASSERT_TRUE(device) << device.error();
    device_ = std::move(*device);
  }
  static std::string frame_to(bool ipv6, std::uint32_t port) {
    const auto from = *base::parse_ip(ipv6 ? "2001:db8:9::2" : "10.9.0.2", 4'000);
    return udp_frame(from, (ipv6 ? kOurs6 : kOurs).with_port(static_cast<std::uint16_t>(port)), "media");
  }

  std::optional<CrossedRings> rings_;
  std::unique_ptr<Device> device_;
};

// Each core's ports, of RTP and RTCP, to the queue of its number, and to no other.
TEST_F(SteeringRulesTest, BringsEachLaneToItsCoresQueue) {
  constexpr std::uint16_t kLast = 20'999;
  for (const std::uint16_t cores : std::array<std::uint16_t, 2>{2, 4}) {
    open(cores);
    for (const std::uint16_t first : std::array<std::uint16_t, 3>{20'000, 20'002, 20'005}) {
      const RuleCard card;
      const Steering steering(*device_, of_families(true, true), first);
      ASSERT_EQ(steering.kind(), Steering::Kind::kPortRules);
      EXPECT_EQ(steering.spread(), nullptr) << "each port's packets come to its core's queue";
      EXPECT_EQ(card.rules(), 2U * cores);
      EXPECT_THAT(card.ports(), Each(device_->number()));
      for (std::uint16_t core = 0; core < cores; ++core) {
        const auto lane = net::PortLane::of({}, first, kLast, core, cores);
        for (std::uint32_t rtp = lane.first; rtp < kLast; rtp += 2) {
          if (lane.place_of(rtp) == lane.pairs()) continue;  // another's
          for (const bool ipv6 : {false, true}) {
            ASSERT_THAT(card.queues_of(frame_to(ipv6, rtp)), ElementsAre(core)) << rtp << " of " << cores;
            ASSERT_THAT(card.queues_of(frame_to(ipv6, rtp + 1)), ElementsAre(core)) << "RTCP of " << rtp;
          }
        }
      }
    }
    device_.reset();
    rings_.reset();
  }
}

TEST_F(SteeringRulesTest, HasRulesForTheFamiliesThatWeHave) {
  open(2);
  for (const bool ipv6 : {false, true}) {
    const RuleCard card;
    const Steering steering(*device_, of_families(!ipv6, ipv6), 20'000);
    EXPECT_EQ(card.rules(), 2U);
    EXPECT_THAT(card.queues_of(frame_to(ipv6, 20'002)), ElementsAre(1));
    EXPECT_THAT(card.queues_of(frame_to(!ipv6, 20'002)), IsEmpty());
  }
}

TEST_F(SteeringRulesTest, TellsOfItsRulesAndTakesThemBack) {
  open(4);
  RuleCard card;
  {
    const Steering steering(*device_, of_families(true, true), 20'000);
    EXPECT_EQ(steering.description(), "4 queues, each core's ports come to its own (8 rules in the card)");
  }
  EXPECT_EQ(card.made(), 8U);
  EXPECT_EQ(card.rules(), 0U);
}

// Whichever of them the card has no room for, of the first family or the second, and however it says so.
TEST_F(SteeringRulesTest, TakesAllBackWhereOneIsRefused) {
  for (const bool hashes : {false, true}) {
    open(4, hashes);
    for (const auto how : {Refuses::kToPromise, Refuses::kToKeep}) {
      for (const std::size_t number : std::array<std::size_t, 4>{0, 1, 3, 6}) {
        const RuleCard card(how, number);
        const Steering steering(*device_, of_families(true, true), 20'000);
        EXPECT_EQ(card.made(), number);
        EXPECT_EQ(card.rules(), 0U) << "what is left brings some of a core's packets to another";
        EXPECT_EQ(steering.kind(), hashes ? Steering::Kind::kHash : Steering::Kind::kHandOver);
        EXPECT_EQ(steering.spread(), hashes ? &device_->hash() : nullptr);
      }
    }
    device_.reset();
    rings_.reset();
  }
}

// A mask tells the lanes of two, four, eight ... cores.
TEST_F(SteeringRulesTest, AsksForNoneForThreeCoresOrOne) {
  for (const std::uint16_t cores : std::array<std::uint16_t, 2>{1, 3}) {
    open(cores);
    const RuleCard card;
    const Steering steering(*device_, of_families(true, true), 20'000);
    EXPECT_EQ(card.asked(), 0U);
    EXPECT_EQ(steering.kind(), cores == 1 ? Steering::Kind::kOneQueue : Steering::Kind::kHandOver);
    device_.reset();
    rings_.reset();
  }
}

}  // namespace
}  // namespace tutti::dpdk
