#include "dataplane/core/arrival_phases.h"

#include <gtest/gtest.h>

namespace tutti::core {
namespace {

TEST(ArrivalPhases, WaitCountsSubSlotsAndWhatIsJustInTimeAsATick) {
  ArrivalPhases phases;
  phases.note(6);
  EXPECT_EQ(phases.wait(6), 8U);
  EXPECT_EQ(phases.wait(7), 1U);
  EXPECT_EQ(phases.wait(0), 2U);
  EXPECT_EQ(phases.wait(5), 7U);
  phases.note(0);
  EXPECT_EQ(phases.total(), 2U);
  EXPECT_EQ(phases.wait(1), 3U + 1U);
}

TEST(ArrivalPhases, WhatATickPassesBy) {
  // Arrived in 6 and ticking in 0: it has waited 2.
  EXPECT_FALSE(passes(2, -2));
  EXPECT_TRUE(passes(2, -3));
  EXPECT_FALSE(passes(2, 5));
  EXPECT_TRUE(passes(2, 6));
  ArrivalPhases phases;
  for (int i = 0; i < 3; ++i) phases.note(6);
  phases.note(7);
  EXPECT_EQ(phases.passed(0, -1), 0U);
  EXPECT_EQ(phases.passed(0, -2), 1U);
  EXPECT_EQ(phases.passed(0, -3), 4U);
  EXPECT_EQ(phases.passed(0, 6), 3U);
  EXPECT_EQ(phases.passed(0, 7), 4U);
}

TEST(ArrivalPhases, WhatIsOldIsForgotten) {
  ArrivalPhases phases;
  for (int i = 0; i < 1'000; ++i) phases.note(3);
  for (int i = 0; i < 5; ++i) phases.age();
  EXPECT_NEAR(phases.total(), 500, 20);
  for (int i = 0; i < 60; ++i) phases.age();
  EXPECT_EQ(phases.total(), 0U);
}

}  // namespace
}  // namespace tutti::core
