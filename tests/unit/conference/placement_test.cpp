#include "signaling/conference/placement.h"

#include <array>
#include <vector>

#include <gtest/gtest.h>

namespace tutti::conference {
namespace {

using namespace std::chrono_literals;

constexpr AdmissionRules kRules;  // 20 percent
constexpr AdmissionRules kOff{.by_headroom = false};

using Cores = std::vector<CoreLoad>;

// A core whose load is measured: nobody is on the way.
CoreLoad settled(std::size_t participants, std::int64_t used) {
  return {.participants = participants, .used_permille = used, .measured = participants};
}
CoreLoad full(CoreLoad core) {
  core.full = true;
  return core;
}
CoreLoad seated(CoreLoad core) {
  core.seated = true;
  return core;
}
CoreLoad with_recent(CoreLoad core, std::size_t recent) {
  core.participants += recent;
  core.recent = recent;
  return core;
}

TEST(Placement, TakesTheCoreWithTheMostHeadroom) {
  struct Case {
    Cores cores;
    std::optional<std::size_t> by_headroom;
    std::optional<std::size_t> off;
  };
  const std::vector<Case> cases = {
      {{}, {}, {}},
      {{settled(5, 10), settled(3, 10), settled(4, 10)}, 1, 1},  // all alike: the fewest participants
      {{settled(100, 400), settled(300, 200)}, 1, 1},  // what they use counts, not how many they are
      {{settled(100, 205), settled(90, 215)}, 1, 1},   // 1 percent is noise
      {{settled(9, 100), full(settled(0, 0))}, 0, 0},
      {{full(settled(8, 100)), full(settled(8, 0))}, {}, {}},
      {{settled(4'000, 850), settled(4'000, 790)}, 1, 1},
      {{settled(4'000, 850), settled(4'000, 801)}, {}, 1},  // no headroom left
      {{settled(4'000, 2'000), settled(0, 0)}, 1, 1},
  };
  for (std::size_t i = 0; i < cases.size(); ++i) {
    EXPECT_EQ(choose_core(cases[i].cores, kRules), cases[i].by_headroom) << i;
    EXPECT_EQ(choose_core(cases[i].cores, kOff), cases[i].off) << i;
  }
}

TEST(Placement, StaysWhereTheConferenceSitsWhileThereIsHeadroom) {
  EXPECT_EQ(choose_core(Cores{settled(0, 0), seated(settled(900, 700))}, kRules), 1U);
  EXPECT_EQ(choose_core(Cores{seated(settled(7, 0)), seated(settled(6, 0))}, kRules), 1U);
  EXPECT_EQ(choose_core(Cores{settled(1, 0), full(seated(settled(9, 0)))}, kRules), 0U);
  EXPECT_EQ(choose_core(Cores{settled(1, 0), seated(settled(900, 810))}, kRules), 0U) << "it spreads";
}

TEST(Placement, TheFirstBurstIsBoundByAGuess) {
  CoreLoad idle = settled(0, 5);
  std::size_t admitted = 0;
  while (choose_core(Cores{with_recent(idle, admitted)}, kRules)) ++admitted;
  EXPECT_GT(admitted, 1'000U) << "a room of a thousand may come at once";
  EXPECT_LT(admitted, 1'400U) << "and nothing says yet that more would do";
}

TEST(Placement, ABurstIsSharedByIdleCoresThoughTheirMeasureIsOld) {
  std::array<CoreLoad, 4> cores{};
  for (int i = 0; i < 1'000; ++i) {
    const auto chosen = choose_core(cores, kRules);
    ASSERT_TRUE(chosen);
    ++cores[*chosen].participants;
    ++cores[*chosen].recent;
  }
  for (const CoreLoad& core : cores) EXPECT_NEAR(static_cast<double>(core.participants), 250, 40);
}

TEST(Placement, WhatAParticipantCostsIsLearned) {
  // 1 000 use 200: 0.2 each, so some 2 900 more fit until it is measured again.
  std::size_t more = 0;
  while (choose_core(Cores{with_recent(settled(1'000, 200), more)}, kRules)) ++more;
  EXPECT_NEAR(static_cast<double>(more), 600 / 0.21, 100);
  // On a slow machine 100 use as much.
  more = 0;
  while (choose_core(Cores{with_recent(settled(100, 200), more)}, kRules)) ++more;
  EXPECT_NEAR(static_cast<double>(more), 600 / 1.66, 40);
  // Those on hold cost nothing, but who comes now may talk.
  more = 0;
  while (choose_core(Cores{with_recent(settled(2'000, 5), more)}, kRules)) ++more;
  EXPECT_LT(more, 6'000U);
}

TEST(Placement, ACoreThatClosedOpensOnlyWithRoomForMoreThanOne) {
  CoreLoad core = settled(1'000, 790);
  EXPECT_FALSE(is_closed(core, kRules));
  core.closed = true;
  EXPECT_TRUE(is_closed(core, kRules)) << "it wavers around its limit";
  core.used_permille = 755;
  EXPECT_TRUE(is_closed(core, kRules));
  core.used_permille = 745;
  EXPECT_FALSE(is_closed(core, kRules));
}

TEST(Placement, ACoreThatCarriesNobodyTakesWhoeverComes) {
  const CoreLoad busy_with_itself{.used_permille = 990};
  EXPECT_FALSE(is_closed(busy_with_itself, kRules)) << "there is nobody to protect";
  EXPECT_TRUE(is_closed(settled(1, 990), kRules));
}

TEST(Placement, TheHeadroomIsThatOfTheRules) {
  EXPECT_FALSE(is_closed(settled(3'000, 940), {.headroom_percent = 5}));
  EXPECT_TRUE(is_closed(settled(3'000, 940), {.headroom_percent = 6}));
  EXPECT_FALSE(is_closed(settled(100, 5), {.headroom_percent = 99}));
  EXPECT_TRUE(is_closed(settled(100, 11), {.headroom_percent = 99}));
}

TEST(RecentPlacements, AreForgottenWhenTheyAreMeasured) {
  RecentPlacements recent;
  const base::Instant start(10s);
  recent.add(start);
  recent.add(start + 400ms);
  EXPECT_EQ(recent.count(start + 999ms), 2U);
  EXPECT_EQ(recent.count(start + 1s), 1U);
  EXPECT_EQ(recent.count(start + 1'400ms), 0U);
}

}  // namespace
}  // namespace tutti::conference
