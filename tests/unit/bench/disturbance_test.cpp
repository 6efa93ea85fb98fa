#include "bench/disturbance.h"

#include <vector>

#include <gtest/gtest.h>

namespace tutti::bench {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;

constexpr base::Duration kWork = microseconds(2);

// A second of beats, 2 ms apart, in which nothing happens.
std::vector<CanaryBeat> quiet() {
  std::vector<CanaryBeat> beats(501);
  for (std::size_t i = 0; i < beats.size(); ++i) {
    beats[i] = {.at = base::Instant(milliseconds(2 * i)), .took = kWork, .ticks = 100 * i};
  }
  return beats;
}

// From the beat on.
void late_from(std::vector<CanaryBeat>& beats, std::size_t first, std::uint64_t ticks) {
  for (std::size_t i = first; i < beats.size(); ++i) beats[i].late_ticks += ticks;
}

TEST(DisturbanceTest, NothingIsSaidOfNothing) {
  EXPECT_EQ(disturbance_of({}, kWork).ticks, 0);
  EXPECT_EQ(disturbance_of(std::vector<CanaryBeat>(1), kWork).disturbed, 0);
}

TEST(DisturbanceTest, WhatIsLateInAQuietTimeIsTheCores) {
  auto beats = quiet();
  late_from(beats, 100, 7);
  const Disturbance told = disturbance_of(beats, kWork);
  EXPECT_EQ(told.disturbed, 0);
  EXPECT_EQ(told.ticks, 50'000);
  EXPECT_EQ(told.late_undisturbed, 7);
  EXPECT_EQ(told.late_disturbed, 0);
}

TEST(DisturbanceTest, TheSameWorkThatTakesAFifthLongerIsSlow) {
  auto beats = quiet();
  for (std::size_t i = 100; i < 150; ++i) beats[i].took = kWork * 6 / 5;
  EXPECT_EQ(disturbance_of(beats, kWork).slow, 0);
  for (std::size_t i = 100; i < 150; ++i) beats[i].took += base::Duration(1);
  EXPECT_NEAR(disturbance_of(beats, kWork).slow, 0.1, 1e-9);
  EXPECT_NEAR(disturbance_of(beats, kWork).disturbed, 0.1, 1e-9);
}

TEST(DisturbanceTest, WhatIsLateWithinATickOfAMomentIsTheMachines) {
  auto beats = quiet();
  beats[100].took = 2 * kWork;  // until 220 ms
  late_from(beats, 99, 1);      // in the beat before
  late_from(beats, 100, 10);
  late_from(beats, 110, 20);  // from 218 ms on
  late_from(beats, 111, 40);
  const Disturbance told = disturbance_of(beats, kWork);
  EXPECT_EQ(told.late_disturbed, 30);
  EXPECT_EQ(told.late_undisturbed, 41);
}

TEST(DisturbanceTest, ACpuThatCameBackLateWasStolen) {
  auto beats = quiet();
  beats[100].stolen = microseconds(500);  // a timer's own
  beats[200].stolen = milliseconds(5);
  late_from(beats, 101, 1);
  late_from(beats, 201, 2);
  const Disturbance told = disturbance_of(beats, kWork);
  EXPECT_NEAR(told.stolen, 0.005, 1e-9);
  EXPECT_NEAR(told.disturbed, 0.002, 1e-9);
  EXPECT_EQ(told.late_disturbed, 2);
  EXPECT_EQ(told.late_undisturbed, 1);
}

TEST(DisturbanceTest, CallersThatStoodStillExcuseButAreNotTheHostOnThisCpu) {
  auto beats = quiet();
  for (std::size_t i = 0; i < beats.size(); ++i) beats[i].callers_stalled = milliseconds(i < 200 ? 3 : 13);
  late_from(beats, 205, 5);
  const Disturbance told = disturbance_of(beats, kWork);
  EXPECT_NEAR(told.callers_stalled, 0.01, 1e-9);
  EXPECT_EQ(told.disturbed, 0);
  EXPECT_EQ(told.late_disturbed, 5);
}

TEST(DisturbanceTest, WaitingForOthersOfThisMachineIsToldAndExcusesNothing) {
  auto beats = quiet();
  beats[100].waited = milliseconds(10);
  late_from(beats, 101, 5);
  const Disturbance told = disturbance_of(beats, kWork);
  EXPECT_NEAR(told.waited, 0.01, 1e-9);
  EXPECT_EQ(told.late_undisturbed, 5);
}

}  // namespace
}  // namespace tutti::bench
