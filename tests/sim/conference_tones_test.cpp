// Everyone hears everyone else and not himself: whole cores over the simulated network, judged by tone.

#include <random>

#include <gtest/gtest.h>

#include "tests/sim/tone_callers.h"

namespace tutti::sim {
namespace {

using namespace std::chrono_literals;

// The time until a newcomer is heard and audio is settled: latch, jitter buffer, the oracle's own window.
constexpr auto kSettle = 400ms;
constexpr auto kJudge = 1'200ms;

struct Case {
  std::size_t callers;
  bool both_laws;
};

class AllJoin : public ::testing::TestWithParam<Case> {};

TEST_P(AllJoin, EveryOtherIsHeardWithinADecibelAndOneselfNot) {
  SimulatedHost server({.seed = 11});
  ToneCallers callers(server, {.callers = GetParam().callers, .seed = 11, .both_laws = GetParam().both_laws});
  const auto conference = server.open_conference();
  for (std::size_t i = 0; i < GetParam().callers; ++i) {
    callers.join(i, conference, [&](mailbox::MediaParameters& media) {
      if (GetParam().both_laws && i % 2 == 1) std::swap(media.codecs[0], media.codecs[1]);
    });
  }
  callers.run_for(kSettle);
  const auto from = callers.now();
  callers.run_for(kJudge);
  EXPECT_TRUE(callers.oracle().everyone_hears_the_others(from, callers.now()));
  EXPECT_TRUE(callers.oracle().streams_are_steady(25ms));
  for (std::size_t i = 0; i < GetParam().callers; ++i) callers.leave(i);
  callers.run_for(100ms);
  EXPECT_EQ(server.streams(), 0);
  EXPECT_EQ(server.endpoints_open(), 0U);
  server.close_conference(conference);
  callers.run_for(100ms);
  EXPECT_EQ(server.events_of<mailbox::ConferenceClosed>().size(), 1U);
}

INSTANTIATE_TEST_SUITE_P(Sizes, AllJoin,
                         ::testing::Values(Case{2, false}, Case{3, false}, Case{3, true}, Case{8, true},
                                           Case{16, false}, Case{40, false}, Case{64, true}),
                         [](const auto& test) {
                           return std::to_string(test.param.callers) +
                                  (test.param.both_laws ? "BothLaws" : "Mu");
                         });

TEST(JoinsAndLeaves, InAnyOrderEachIsHeardWhileInAndNotAfter) {
  for (const std::uint64_t seed : {1, 2, 3}) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937_64 random(seed);
    constexpr std::size_t kCallers = 8;
    SimulatedHost server({.seed = seed});
    ToneCallers callers(server, {.callers = kCallers, .seed = seed, .join_all = false});
    const auto conference = server.open_conference();
    ASSERT_TRUE(callers.come_and_go(
        random, [&] { return conference; }, kSettle, kJudge));
    EXPECT_TRUE(callers.oracle().streams_are_steady(25ms));
    // What was under way when the leave was posted may still arrive; no more.
    EXPECT_LE(callers.packets_after_leaving(), kCallers);
    EXPECT_EQ(server.streams(), 0);
    EXPECT_EQ(server.endpoints_open(), 0U);
  }
}

TEST(BadNetwork, TonesSurviveLossReorderingDuplicationAndJitter) {
  for (const std::uint64_t seed : {21, 22, 23}) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    constexpr std::size_t kCallers = 5;
    SimulatedHost server({.seed = seed});
    ToneCallers callers(server, {.callers = kCallers, .seed = seed});
    callers.set_links({.loss = 0.02, .duplication = 0.05, .delay = 20ms, .jitter = 30ms}, {});
    const auto conference = server.open_conference();
    for (std::size_t i = 0; i < kCallers; ++i) callers.join(i, conference);
    callers.run_for(2s);  // the jitter buffer learns the network
    const auto from = callers.now();
    callers.run_for(3s);
    // Lost packets are concealed: the tone's level holds, a little is smeared.
    analyser::HearingThresholds thresholds;
    thresholds.tolerance_db = 2.0;
    thresholds.absent_db = -20.0;
    EXPECT_TRUE(callers.oracle().everyone_hears_the_others(from, callers.now(), thresholds));
    EXPECT_TRUE(callers.oracle().streams_are_steady(25ms));
    const auto& drops = server.core(0).counters().drops;
    EXPECT_GT(drops.value(base::DropReason::kDuplicate), 0U);
    EXPECT_GT(server.core(0).counters().frames_concealed.value(), 0U);
  }
}

TEST(Rooms, ManyOnSeveralCoresDoNotHearEachOther) {
  constexpr std::size_t kCallers = 24;
  constexpr std::size_t kRooms = 6;
  SimulatedHost server({.seed = 31, .cores = 3});
  ToneCallers callers(server, {.callers = kCallers, .seed = 31});
  std::vector<ConferenceKey> rooms;
  for (std::uint32_t i = 0; i < kRooms; ++i) rooms.push_back(server.open_conference(i % 3));
  for (std::size_t i = 0; i < kCallers; ++i) callers.join(i, rooms[i % kRooms]);
  callers.run_for(kSettle);
  const auto from = callers.now();
  callers.run_for(kJudge);
  const auto matrix = callers.oracle().judge(from, callers.now());
  for (std::size_t listener = 0; listener < kCallers; ++listener) {
    for (std::size_t talker = 0; talker < kCallers; ++talker) {
      const bool same_room = listener % kRooms == talker % kRooms;
      const double level = matrix.at(listener, talker).level_db;
      if (listener == talker || !same_room) {
        EXPECT_LT(level, -40.0) << listener << " hears " << talker;
      } else {
        EXPECT_NEAR(level, 0.0, 1.0) << listener << " hears " << talker;
      }
    }
  }
}

}  // namespace
}  // namespace tutti::sim
