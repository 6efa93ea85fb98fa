#include "dataplane/net/uring_polls.h"

#include <map>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tutti::net {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

class UringPollsTest : public testing::Test {
 protected:
  void add(std::uint32_t flow, std::uint8_t phase) {
    flows_[flow].phase = phase;
    flows_[flow].armed = UringFlow::Receive::kPolled;
    polls_.add(flow);
  }
  void remove(std::uint32_t flow) {
    polls_.remove(flow);
    flows_[flow].armed = UringFlow::Receive::kNone;
  }

  // Reads until nothing is left; a socket gives what waits in it. Returns the flows in the order of reading.
  std::vector<std::uint32_t> read(std::map<std::uint32_t, int> waiting = {}) {
    std::vector<std::uint32_t> asked;
    for (auto flow = polls_.next(); flow && asked.size() < 10'000; flow = polls_.next()) {
      asked.push_back(*flow);
      polls_.answer(*flow, waiting[*flow]-- > 0);
    }
    return asked;
  }
  std::vector<std::uint32_t> turn(std::uint32_t phases, std::map<std::uint32_t, int> waiting = {}) {
    polls_.begin_turn(phases);
    return read(std::move(waiting));
  }

  std::vector<UringFlow> flows_{32};
  UringPolls polls_{flows_};
};

TEST_F(UringPollsTest, ReadsAllUntilTold) {
  add(2, 0);
  add(4, 7);
  polls_.begin_receive();
  EXPECT_THAT(read(), ElementsAre(2, 4));
  EXPECT_THAT(read(), IsEmpty());
  polls_.begin_receive();
  EXPECT_THAT(read({{4, 2}}), ElementsAre(2, 4, 4, 4));  // until nothing waits
  polls_.begin_turn(0);
  polls_.begin_receive();
  EXPECT_THAT(read(), IsEmpty());
}

TEST_F(UringPollsTest, ReadsEachInTheTurnOfItsPhase) {
  add(2, 0);
  add(4, 3);
  add(6, 3);
  EXPECT_THAT(turn(1u << 0), ElementsAre(2));
  EXPECT_THAT(turn(1u << 3), ElementsAre(4, 6));
  EXPECT_THAT(turn(1u << 5), IsEmpty());
  EXPECT_THAT(turn(1u << 0 | 1u << 3), ElementsAre(2, 4, 6));
  remove(4);
  EXPECT_THAT(turn(1u << 3), ElementsAre(6));
}

TEST_F(UringPollsTest, LooksForASecondPacketNowAndThen) {
  add(2, 0);
  int looks = 0;
  for (int i = 0; i < 160; ++i) looks += turn(1, {{2, 1}}).size() == 2 ? 1 : 0;
  EXPECT_EQ(looks, 10);
}

TEST_F(UringPollsTest, LooksForABurstAfterAGap) {
  add(2, 0);
  turn(1, {{2, 1}});
  EXPECT_THAT(turn(1, {{2, 1}}), ElementsAre(2));
  EXPECT_THAT(turn(1), ElementsAre(2));
  EXPECT_THAT(turn(1, {{2, 4}}), ElementsAre(2, 2, 2, 2, 2));
  EXPECT_THAT(turn(1, {{2, 2}}), ElementsAre(2, 2, 2));  // and where there were several: a ptime of 10 ms
  EXPECT_THAT(turn(1, {{2, 2}}), ElementsAre(2, 2, 2));
}

TEST_F(UringPollsTest, LooksForMoreInALateTurn) {
  add(2, 0);
  add(4, 1);
  turn(1, {{2, 1}});
  turn(2, {{4, 1}});
  EXPECT_THAT(turn(1, {{2, 3}}), ElementsAre(2));
  EXPECT_THAT(turn(3, {{2, 2}, {4, 2}}), UnorderedElementsAre(2, 2, 2, 4, 4, 4));
}

TEST_F(UringPollsTest, AFloodKeepsNobodyFromBeingRead) {
  add(2, 0);
  add(4, 0);
  const auto asked = turn(1, {{2, 1'000'000}, {4, 1}});
  EXPECT_THAT(asked, testing::Contains(4u));
  EXPECT_LE(asked.size(), UringPolls::kTakenMax + 2u);
}

TEST_F(UringPollsTest, NobodyIsPassedOverWhenAnotherLeaves) {
  for (std::uint32_t flow = 0; flow < 8; flow += 2) add(flow, 2);
  polls_.begin_turn(1u << 2);
  EXPECT_EQ(polls_.next(), 0u);
  EXPECT_EQ(polls_.next(), 2u);
  remove(0);  // 6 comes to stand in its place
  EXPECT_THAT(read(), UnorderedElementsAre(4, 6));
  polls_.begin_turn(1u << 2);
  EXPECT_EQ(polls_.next(), 6u);
  polls_.answer(6, true);  // to be read again
  remove(6);
  EXPECT_THAT(read(), UnorderedElementsAre(2, 4));
}

TEST_F(UringPollsTest, ATurnThatWasCutShortIsFinishedInTheNext) {
  for (std::uint32_t flow = 0; flow < 8; flow += 2) add(flow, static_cast<std::uint8_t>(flow < 4 ? 5 : 1));
  polls_.begin_turn(1u << 5);
  EXPECT_EQ(polls_.next(), 0u);
  EXPECT_THAT(turn(1u << 1), ElementsAre(4, 6, 0, 2));
}

}  // namespace
}  // namespace tutti::net
