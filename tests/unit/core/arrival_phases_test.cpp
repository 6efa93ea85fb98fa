#include "dataplane/core/arrival_phases.h"

#include <gtest/gtest.h>

namespace tutti::core {
namespace {

using namespace std::chrono_literals;

TEST(ArrivalPhases, WaitCountsHalfMillisecondsAndWhatIsJustInTimeATickMore) {
  ArrivalPhases phases;
  phases.note(phase_of(base::Instant(20ms + 3'600us)), 7);  // in the eighth half millisecond
  EXPECT_EQ(phases.wait(2), 3U);                            // 5 ms
  EXPECT_EQ(phases.wait(3), 8U);
  EXPECT_EQ(phases.wait(0), 33U);
  EXPECT_EQ(phases.wait(1), 38U);
  phases.note(8, 8);  // from 4 ms on
  EXPECT_EQ(phases.wait(2), 3U + 2U + 40U);
  EXPECT_EQ(phases.total(), 2U);
}

TEST(ArrivalPhases, WhatComesWithTheTickWaitsForTheNext) {
  EXPECT_EQ(phases_waited(5, 1), 40U);
  EXPECT_EQ(phases_waited(4, 1), 1U);
}

TEST(ArrivalPhases, TheMoreUnevenTheyComeTheWiderIsTheMargin) {
  ArrivalPhases phases;
  phases.note(6, 6);
  EXPECT_EQ(phases.wait(2), 4U);
  phases.note(6, 8);
  EXPECT_EQ(phases.wait(2), 4U + 4U);
  phases.note(6, 2);
  EXPECT_EQ(phases.wait(2), 3U * 44U);
  phases.note(6, 26);
  EXPECT_EQ(phases.wait(3), 4U * 49U);
  EXPECT_EQ(phases.wait(4), 4U * 14U) << "10 phases at the most";
  for (int i = 0; i < 40; ++i) phases.age();
  phases.note(6, 6);
  EXPECT_EQ(phases.wait(2), 4U) << "forgotten";
}

TEST(ArrivalPhases, WhatATickPassesBy) {
  // Five half milliseconds are a sub-slot.
  EXPECT_FALSE(passes(11, -2));
  EXPECT_TRUE(passes(10, -2));
  EXPECT_FALSE(passes(10, 6));
  EXPECT_TRUE(passes(11, 6));
  EXPECT_TRUE(passes(40, 1)) << "what comes right behind it";
  EXPECT_FALSE(passes(40, -7));
  ArrivalPhases phases;
  for (int i = 0; i < 3; ++i) phases.note(26, 26);  // 14 before sub-slot 0
  phases.note(33, 33);                              // 7
  EXPECT_EQ(phases.passed(0, -1), 0U);
  EXPECT_EQ(phases.passed(0, -2), 1U);
  EXPECT_EQ(phases.passed(0, -3), 4U);
  EXPECT_EQ(phases.passed(0, 5), 0U);
  EXPECT_EQ(phases.passed(0, 6), 3U);
  EXPECT_EQ(phases.passed(0, 7), 4U);
}

TEST(ArrivalPhases, TheTicksBeginningIsNoGap) {
  ArrivalPhases phases;
  phases.note(39, 1);
  EXPECT_EQ(phases.wait(0), 41U);
  EXPECT_EQ(phases.wait(1), 6U);
}

TEST(ArrivalPhases, WhatIsOldIsForgotten) {
  ArrivalPhases phases;
  for (int i = 0; i < 1'000; ++i) phases.note(3, 3);
  for (int i = 0; i < 5; ++i) phases.age();
  EXPECT_NEAR(phases.total(), 500, 20);
  for (int i = 0; i < 60; ++i) phases.age();
  EXPECT_EQ(phases.total(), 0U);
}

TEST(ArrivalPhases, CountsNoFurtherThanItCan) {
  ArrivalPhases phases;
  for (int i = 0; i < 70'000; ++i) phases.note(3, 3);
  EXPECT_EQ(phases.total(), UINT16_MAX);
}

}  // namespace
}  // namespace tutti::core
