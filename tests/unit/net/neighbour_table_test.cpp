#include "dataplane/net/neighbour_table.h"

#include <vector>

#include <gtest/gtest.h>

namespace tutti::net {
namespace {

using namespace std::chrono_literals;
using State = NeighbourTable::State;

constexpr MacAddress kMac{2, 0, 0, 0, 0, 7};
constexpr MacAddress kNewMac{2, 0, 0, 0, 0, 8};
constexpr MacAddress kThief{2, 0, 0, 0, 0, 0x66};
const base::SocketAddress kNeighbour = *base::parse_ip("192.0.2.7");

base::SocketAddress ip(std::uint32_t host) {
  base::SocketAddress address = *base::parse_ip("10.0.0.0");
  address.ip[1] = static_cast<std::uint8_t>(host >> 16);
  address.ip[2] = static_cast<std::uint8_t>(host >> 8);
  address.ip[3] = static_cast<std::uint8_t>(host);
  return address;
}

class NeighbourTableTest : public testing::Test {
 protected:
  // What is asked until then; each 10 ms.
  std::vector<NeighbourTable::Probe> pass(base::Duration time) {
    std::vector<NeighbourTable::Probe> probes;
    for (const base::Instant until = now_ + time; now_ < until; now_ += 10ms) {
      while (const auto probe = table_.next_probe(now_)) probes.push_back(*probe);
    }
    return probes;
  }
  // The same while somebody sends to it.
  std::vector<NeighbourTable::Probe> use(base::Duration time) {
    std::vector<NeighbourTable::Probe> probes;
    for (const base::Instant until = now_ + time; now_ < until;) {
      table_.resolve(kNeighbour, now_);
      for (const auto& probe : pass(100ms)) probes.push_back(probe);
    }
    return probes;
  }
  void answer(const MacAddress& mac) { table_.hear(kNeighbour, mac, true, now_); }
  void claim(const MacAddress& mac) { table_.hear(kNeighbour, mac, false, now_); }
  void learn() {
    table_.resolve(kNeighbour, now_);
    ASSERT_TRUE(table_.next_probe(now_));
    answer(kMac);
    ASSERT_EQ(table_.resolve(kNeighbour, now_), kMac);
  }
  std::optional<MacAddress> resolve() { return table_.resolve(kNeighbour, now_); }

  NeighbourTable table_{8};
  base::Instant now_ = base::Instant{} + 1h;
};

TEST_F(NeighbourTableTest, AsksEverybodyAndKnowsWhoAnswers) {
  EXPECT_FALSE(table_.find(kNeighbour));
  EXPECT_FALSE(resolve());
  EXPECT_EQ(table_.find(kNeighbour), State::kIncomplete);
  const auto probes = pass(20ms);
  ASSERT_EQ(probes.size(), 1u);
  EXPECT_EQ(probes[0].ip, kNeighbour);
  EXPECT_FALSE(probes[0].to);
  answer(kMac);
  EXPECT_EQ(resolve(), kMac);
  EXPECT_EQ(table_.find(kNeighbour), State::kReachable);
  EXPECT_EQ(table_.counters().learned.value(), 1u);
}

TEST_F(NeighbourTableTest, AsksThreeTimesASecondApart) {
  resolve();
  EXPECT_EQ(pass(990ms).size(), 1u);
  EXPECT_EQ(pass(1s).size(), 1u);
  EXPECT_EQ(pass(1s).size(), 1u);
  EXPECT_EQ(table_.find(kNeighbour), State::kIncomplete);
  EXPECT_TRUE(pass(1s).empty());
  EXPECT_EQ(table_.find(kNeighbour), State::kFailed);
  EXPECT_EQ(table_.counters().failed.value(), 1u);
  // Not for ever: who goes on sending makes it ask again.
  EXPECT_FALSE(resolve());
  EXPECT_TRUE(pass(NeighbourTable::kFailed).empty());
  EXPECT_FALSE(resolve());
  EXPECT_EQ(pass(20ms).size(), 1u);
}

TEST_F(NeighbourTableTest, AsksWhoIsInUseAgainBeforeItsTimeIsOver) {
  learn();
  EXPECT_TRUE(use(NeighbourTable::kReprobe - 100ms).empty());
  const auto probes = use(300ms);
  ASSERT_EQ(probes.size(), 1u);
  EXPECT_EQ(probes[0].to, kMac) << "it alone";
  EXPECT_EQ(resolve(), kMac) << "media goes on meanwhile";
  answer(kMac);
  EXPECT_TRUE(use(NeighbourTable::kReprobe - 300ms).empty());
  // Silent: it, then everybody, and its address is used up to the last.
  std::vector<NeighbourTable::Probe> last;
  for (int i = 0; i < 32 && last.size() < 3; ++i) {
    EXPECT_EQ(resolve(), kMac);
    for (const auto& probe : use(100ms)) last.push_back(probe);
  }
  ASSERT_EQ(last.size(), 3u);
  EXPECT_EQ(last[0].to, kMac);
  EXPECT_FALSE(last[1].to);
  EXPECT_FALSE(last[2].to);
  EXPECT_EQ(resolve(), kMac);
  use(1s);
  EXPECT_FALSE(resolve());
}

TEST_F(NeighbourTableTest, AsksNobodyWhoIsNotInUse) {
  learn();
  EXPECT_TRUE(pass(NeighbourTable::kReachable + 1s).empty());
  EXPECT_EQ(table_.find(kNeighbour), State::kStale);
  EXPECT_EQ(resolve(), kMac) << "it is used at once";
  const auto probes = pass(20ms);
  ASSERT_EQ(probes.size(), 1u) << "and asked";
  EXPECT_EQ(probes[0].to, kMac);
  answer(kMac);
  EXPECT_EQ(table_.find(kNeighbour), State::kReachable);
}

TEST_F(NeighbourTableTest, ForgetsWhoIsNotUsed) {
  learn();
  pass(NeighbourTable::kForget - 1s);
  EXPECT_TRUE(table_.find(kNeighbour));
  pass(1s + 20ms);
  EXPECT_FALSE(table_.find(kNeighbour));
  EXPECT_EQ(table_.size(), 0u);
  EXPECT_EQ(table_.counters().neighbours.value(), 0);
}

TEST_F(NeighbourTableTest, KeepsNothingOfWhomNobodyAskedFor) {
  claim(kMac);
  answer(kMac);
  EXPECT_EQ(table_.size(), 0u);
}

TEST_F(NeighbourTableTest, BelievesNoClaimInPlaceOfAnAnswer) {
  resolve();
  claim(kThief);
  EXPECT_FALSE(resolve());
  answer(kThief);  // before anybody was asked
  EXPECT_FALSE(resolve());
  pass(20ms);
  answer(kMac);
  EXPECT_EQ(resolve(), kMac);
}

TEST_F(NeighbourTableTest, AsksTheKnownOneWhenItsAddressIsClaimed) {
  learn();
  for (const bool as_answer : {false, true}) {
    table_.hear(kNeighbour, kThief, as_answer, now_);
    EXPECT_EQ(resolve(), kMac);
    const auto probes = pass(20ms);
    ASSERT_EQ(probes.size(), 1u);
    EXPECT_EQ(probes[0].to, kMac);
    answer(kThief);
    EXPECT_EQ(resolve(), kMac);
    answer(kMac);
    EXPECT_EQ(resolve(), kMac);
    EXPECT_TRUE(pass(2s).empty()) << "it has answered";
  }
  EXPECT_EQ(table_.counters().contested.value(), 4u);
  EXPECT_EQ(table_.counters().moved.value(), 0u);
}

TEST_F(NeighbourTableTest, AsksOnceASecondHoweverOftenItIsClaimed) {
  learn();
  std::size_t probes = 0;
  for (int i = 0; i < 1'000; ++i) {
    claim(kThief);
    for (const auto& probe : pass(10ms)) {
      EXPECT_EQ(probe.to, kMac);
      answer(kMac);
      ++probes;
    }
    EXPECT_EQ(resolve(), kMac);
  }
  EXPECT_GE(probes, 9u);
  EXPECT_LE(probes, 11u);
}

TEST_F(NeighbourTableTest, FollowsToAnotherMacOnceTheKnownOneIsSilent) {
  learn();
  claim(kNewMac);
  pass(990ms);
  EXPECT_EQ(resolve(), kMac);
  const auto probes = pass(20ms);
  ASSERT_EQ(probes.size(), 1u);
  EXPECT_FALSE(probes[0].to) << "everybody is asked now";
  answer(kNewMac);
  answer(kNewMac);
  EXPECT_EQ(table_.counters().contested.value(), 1u) << "by the claim; what it answers is heard";
  EXPECT_EQ(resolve(), kMac) << "which may answer still";
  pass(NeighbourTable::kGrace + 20ms);
  EXPECT_EQ(resolve(), kNewMac);
  EXPECT_EQ(table_.counters().moved.value(), 1u);
}

TEST_F(NeighbourTableTest, StaysWhenTheKnownOneAnswersAfterAnother) {
  learn();
  claim(kThief);
  pass(1'010ms);
  answer(kThief);
  pass(100ms);
  answer(kMac);
  pass(1s);
  EXPECT_EQ(resolve(), kMac);
  EXPECT_EQ(table_.counters().moved.value(), 0u);
}

TEST_F(NeighbourTableTest, AsksAtOnceForWhoIsBack) {
  resolve();
  pass(4s);
  ASSERT_EQ(table_.find(kNeighbour), State::kFailed);
  claim(kMac);
  EXPECT_FALSE(resolve());
  ASSERT_EQ(pass(20ms).size(), 1u);
  answer(kMac);
  EXPECT_EQ(resolve(), kMac);
}

TEST_F(NeighbourTableTest, GivesNoPlaceAwayThatIsInUse) {
  for (std::uint32_t i = 0; i < 8; ++i) table_.resolve(ip(i), now_);
  while (const auto probe = table_.next_probe(now_)) table_.hear(probe->ip, kMac, true, now_);
  EXPECT_FALSE(table_.resolve(ip(8), now_));
  EXPECT_FALSE(table_.find(ip(8)));
  EXPECT_EQ(table_.counters().refused.value(), 1u);
  for (std::uint32_t i = 0; i < 8; ++i) EXPECT_EQ(table_.resolve(ip(i), now_), kMac);
  // One is not used any more.
  now_ += NeighbourTable::kInUse / 2;
  for (std::uint32_t i = 1; i < 8; ++i) table_.resolve(ip(i), now_);
  now_ += NeighbourTable::kInUse / 2;
  table_.resolve(ip(8), now_);
  EXPECT_TRUE(table_.find(ip(8)));
  EXPECT_FALSE(table_.find(ip(0)));
  EXPECT_EQ(table_.size(), 8u);
}

TEST_F(NeighbourTableTest, GivesThePlaceOfWhoDidNotAnswerAway) {
  for (std::uint32_t i = 0; i < 8; ++i) table_.resolve(ip(i), now_);
  pass(4s);
  table_.resolve(ip(8), now_);
  EXPECT_TRUE(table_.find(ip(8)));
  EXPECT_EQ(table_.size(), 8u);
}

TEST_F(NeighbourTableTest, MakesNoStormOfQuestions) {
  NeighbourTable large(20'000);
  for (std::uint32_t i = 0; i < 20'000; ++i) large.resolve(ip(i), now_);
  std::size_t probes = 0;
  for (int i = 0; i < 100; ++i, now_ += 10ms) {
    while (large.next_probe(now_)) ++probes;
  }
  EXPECT_LE(probes, 1'000u + NeighbourTable::kBroadcastsAtOnce);
  EXPECT_GE(probes, 900u);
}

}  // namespace
}  // namespace tutti::net
