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
using Brought = UringPolls::Brought;

class UringPollsTest : public testing::Test {
 protected:
  void add(std::uint32_t flow) { polls_.add(flow); }
  void remove(std::uint32_t flow) { flows_[flow].armed = UringFlow::Receive::kNone; }

  // Reads until nothing is left; a socket gives what waits in it. Returns the flows in the order of reading.
  std::vector<std::uint32_t> read(std::map<std::uint32_t, int> waiting = {}) {
    std::vector<std::uint32_t> asked;
    for (auto flow = polls_.next(); flow && asked.size() < 10'000; flow = polls_.next()) {
      asked.push_back(*flow);
      polls_.answer(*flow, waiting[*flow]-- > 0 ? Brought::kPacket : Brought::kNothing);
    }
    return asked;
  }
  std::vector<std::uint32_t> look(const std::vector<std::uint32_t>& flows,
                                  std::map<std::uint32_t, int> waiting = {}, bool thorough = false) {
    for (const std::uint32_t flow : flows) polls_.look(flow, thorough);
    return read(std::move(waiting));
  }

  std::vector<UringFlow> flows_{32};
  UringPolls polls_{flows_};
};

TEST_F(UringPollsTest, ReadsAllUntilTold) {
  add(2);
  add(4);
  polls_.begin_receive();
  EXPECT_THAT(read(), ElementsAre(2, 4));
  EXPECT_THAT(read(), IsEmpty());
  polls_.begin_receive();
  EXPECT_THAT(read({{4, 2}}), ElementsAre(2, 4, 4, 4));  // until nothing waits
  EXPECT_THAT(look({4}), ElementsAre(4));
  polls_.begin_receive();
  EXPECT_THAT(read(), IsEmpty());
}

TEST_F(UringPollsTest, ReadsWhoIsLookedForOnceAndInOrder) {
  for (const std::uint32_t flow : {2, 4, 6}) add(flow);
  EXPECT_THAT(look({4, 2}), ElementsAre(4, 2));
  EXPECT_THAT(look({6, 2, 6, 6}), ElementsAre(6, 2));
  EXPECT_THAT(look({}), IsEmpty());
  EXPECT_THAT(look({8, 6}), ElementsAre(6));  // 8 is read otherwise
}

TEST_F(UringPollsTest, LooksForASecondPacketNowAndThen) {
  add(2);
  int looks = 0;
  look({2}, {{2, 1}});
  for (int i = 0; i < 160; ++i) looks += look({2}, {{2, 1}}).size() == 2 ? 1 : 0;
  EXPECT_EQ(looks, 10);
}

TEST_F(UringPollsTest, NeverLooksForSecondPacketsOfAllAtOnce) {
  std::vector<std::uint32_t> all;
  std::map<std::uint32_t, int> one_each;
  for (std::uint32_t flow = 0; flow < 32; flow += 2) {
    add(flow);
    all.push_back(flow);
    one_each[flow] = 1;
  }
  for (const bool gap : {false, true}) {
    // What all have in common: a turn that is thorough, a turn in which nothing came.
    if (gap) {
      look(all);
      look(all, one_each);
    } else {
      EXPECT_EQ(look(all, one_each, true).size(), 2 * all.size());
    }
    for (int i = 0; i < 48; ++i) EXPECT_EQ(look(all, one_each).size(), all.size() + 1);
  }
}

TEST_F(UringPollsTest, LooksForABurstAfterAGap) {
  add(2);
  look({2}, {{2, 1}});
  EXPECT_THAT(look({2}, {{2, 1}}), ElementsAre(2));
  EXPECT_THAT(look({2}), ElementsAre(2));
  EXPECT_THAT(look({2}, {{2, 4}}), ElementsAre(2, 2, 2, 2, 2));
  EXPECT_THAT(look({2}, {{2, 2}}), ElementsAre(2, 2, 2));  // and where there were several: a ptime of 10 ms
  EXPECT_THAT(look({2}, {{2, 2}}), ElementsAre(2, 2, 2));
}

TEST_F(UringPollsTest, IsThoroughWhereItIsAskedTo) {
  add(2);
  add(4);
  look({2, 4}, {{2, 1}, {4, 1}});
  EXPECT_THAT(look({2, 4}, {{2, 3}, {4, 3}}), ElementsAre(2, 4));
  EXPECT_THAT(look({2, 4}, {{2, 2}, {4, 2}}, true), UnorderedElementsAre(2, 2, 2, 4, 4, 4));
}

TEST_F(UringPollsTest, AFloodKeepsNobodyFromBeingRead) {
  add(2);
  add(4);
  const auto asked = look({2, 4}, {{2, 1'000'000}, {4, 1}});
  EXPECT_THAT(asked, testing::Contains(4u));
  EXPECT_LE(asked.size(), UringPolls::kTakenMax + 2u);
}

TEST_F(UringPollsTest, ReadsPastAnError) {
  add(2);
  look({2}, {{2, 1}});
  EXPECT_THAT(look({2}, {{2, 1}}), ElementsAre(2)) << "it is in no turn that looks for a second packet";
  polls_.look(2, false);
  ASSERT_EQ(polls_.next(), 2u);
  polls_.answer(2, Brought::kError);
  EXPECT_THAT(read({{2, 1}}), ElementsAre(2, 2));
  EXPECT_THAT(look({2}, {{2, 1}}), ElementsAre(2, 2)) << "another may have come with the next packet";
}

TEST_F(UringPollsTest, ReadsASocketThatOnlyErrsAFewTimesATurn) {
  add(2);
  for (int turn = 0; turn < 3; ++turn) {
    polls_.look(2, false);
    int reads = 0;
    for (; polls_.next() && reads < 1'000; ++reads) polls_.answer(2, Brought::kError);
    EXPECT_EQ(reads, UringPolls::kTakenMax / UringPolls::kErrorTakes);
  }
}

TEST_F(UringPollsTest, WhoHasLeftIsNotRead) {
  for (const std::uint32_t flow : {0, 2, 4}) add(flow);
  for (const std::uint32_t flow : {0, 2, 4}) polls_.look(flow, false);
  EXPECT_EQ(polls_.next(), 0u);
  polls_.answer(0, Brought::kPacket);  // to be read again
  remove(0);
  remove(2);
  EXPECT_THAT(read(), ElementsAre(4));
}

TEST_F(UringPollsTest, WhatWasCutShortIsFinishedNextTime) {
  for (const std::uint32_t flow : {0, 2, 4, 6}) add(flow);
  for (const std::uint32_t flow : {0, 2, 4}) polls_.look(flow, false);
  EXPECT_EQ(polls_.next(), 0u);
  EXPECT_THAT(look({6, 0, 2}), ElementsAre(2, 4, 6, 0));
}

TEST_F(UringPollsTest, ListsNoMoreThanItHasRoomFor) {
  for (std::uint32_t flow = 0; flow < 32; ++flow) add(flow);
  for (int round = 0; round < 100; ++round) {
    for (std::uint32_t flow = 0; flow < 32; ++flow) polls_.look(flow, false);
    ASSERT_TRUE(polls_.next());  // and never to the end
  }
  EXPECT_LE(read().size(), 2 * 32u);
}

}  // namespace
}  // namespace tutti::net
