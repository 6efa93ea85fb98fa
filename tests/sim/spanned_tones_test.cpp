// A conference of several shares, on one core or several, over the simulated network, judged by ear: who
// hears whom, and is it steady?

#include <random>

#include <gtest/gtest.h>

#include "tests/sim/tone_callers.h"

namespace tutti::sim {
namespace {

using namespace std::chrono_literals;

constexpr auto kSpannedSettle = 500ms;
constexpr auto kSpannedJudge = 1'200ms;

struct Room {
  std::uint32_t cores;
  std::uint32_t shares;
  std::size_t size;
};

class InShares : public ::testing::TestWithParam<Room> {};

TEST_P(InShares, EveryOtherIsHeardAndOneselfNotAcrossThem) {
  const auto [cores, count, size] = GetParam();
  SimulatedHost server({.seed = count, .cores = cores});
  ToneCallers callers(server, {.callers = size, .seed = count, .both_laws = true});
  const auto shares = server.open_shares(count, cores);
  for (std::size_t i = 0; i < size; ++i) {
    callers.join(i, shares[i % count], [&](mailbox::MediaParameters& media) {
      if (i % 2 == 1) std::swap(media.codecs[0], media.codecs[1]);
    });
  }
  callers.run_for(kSpannedSettle);
  const auto from = callers.now();
  callers.run_for(kSpannedJudge);
  EXPECT_TRUE(callers.oracle().everyone_hears_the_others(from, callers.now()));
  EXPECT_TRUE(callers.oracle().streams_are_steady(25ms));
  for (std::uint32_t core = 0; core < cores; ++core) {
    EXPECT_EQ(server.core(core).counters().peer_ticks_missed.value(), 0U);
  }
  for (std::size_t i = 0; i < size; ++i) callers.leave(i);
  callers.run_for(100ms);
  for (std::size_t a = 0; a < shares.size(); ++a) {
    for (std::size_t b = 0; b < a; ++b) server.unlink(shares[a], shares[b]);
  }
  for (const auto& share : shares) server.close_conference(share);
  callers.run_for(100ms);
  EXPECT_EQ(server.streams(), 0);
  EXPECT_EQ(server.events_of<mailbox::ConferenceClosed>().size(), count);
}

INSTANTIATE_TEST_SUITE_P(Rooms, InShares,
                         ::testing::Values(Room{2, 2, 6}, Room{3, 3, 6}, Room{8, 8, 16}, Room{1, 2, 6},
                                           Room{1, 10, 40}, Room{2, 8, 24}),
                         [](const auto& test) {
                           return std::to_string(test.param.size) + "In" + std::to_string(test.param.shares) +
                                  "On" + std::to_string(test.param.cores);
                         });

TEST(Spanned, JoinsAndLeavesInAnyOrder) {
  for (const std::uint64_t seed : {1, 2, 3}) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937_64 random(seed);
    constexpr std::size_t kCallers = 6;
    const std::uint32_t cores = seed == 3 ? 1 : 3;
    SimulatedHost server({.seed = seed, .cores = cores});
    ToneCallers callers(server, {.callers = kCallers, .seed = seed, .join_all = false});
    const auto shares = server.open_shares(3, cores);
    ASSERT_TRUE(callers.come_and_go(
        random, [&] { return shares[random() % 3]; }, kSpannedSettle, kSpannedJudge));
    EXPECT_TRUE(callers.oracle().streams_are_steady(25ms));
  }
}

// Callers 0 and 1 on core 0, 2 and 3 on core 1, 4 and 5 on core 2, which stands still for half a second.
TEST(Spanned, ACoreThatStandsStillHarmsNobodyElseAndIsBackAfterIt) {
  SimulatedHost server({.seed = 7, .cores = 3});
  ToneCallers callers(server, {.callers = 6, .seed = 7});
  const auto shares = server.open_on_cores(3);
  for (std::size_t i = 0; i < 6; ++i) callers.join(i, shares[i / 2]);
  callers.run_for(kSpannedSettle);

  server.stop_core(2, true);
  callers.run_for(100ms);
  const auto from = callers.now();
  callers.run_for(400ms);
  const auto matrix = callers.oracle().judge(from, callers.now());
  for (std::size_t listener = 0; listener < 4; ++listener) {
    for (std::size_t talker = 0; talker < 6; ++talker) {
      const double level = matrix.at(listener, talker).level_db;
      if (talker == listener || talker >= 4) {
        EXPECT_LT(level, -40.0) << listener << " hears " << talker;
      } else {
        EXPECT_NEAR(level, 0.0, 1.0) << listener << " hears " << talker;
      }
    }
  }
  server.stop_core(2, false);
  callers.run_for(1s);
  const auto after = callers.now();
  callers.run_for(kSpannedJudge);
  EXPECT_TRUE(callers.oracle().everyone_hears_the_others(after, callers.now()));
  // Not one packet of the others was late or missing, in all this time.
  for (std::size_t i = 0; i < 4; ++i) {
    const auto stream = callers.oracle().caller(i).received_stream();
    EXPECT_TRUE(stream.continuous()) << i << ": " << stream.faults();
    EXPECT_LE(stream.spacing_ms_max, 25.0) << i;
  }
  for (std::uint32_t core = 0; core < 2; ++core) {
    const auto& counters = server.core(core).counters();
    EXPECT_GE(counters.peer_ticks_missed.value(), 24U);
    EXPECT_LE(counters.peer_ticks_missed.value(), 40U);
  }
}

// Callers 0 and 1 on core 0, 2 and 3 on core 1; 0 coaches 2. One of the cores stands still, thrice.
class CoachedAcross : public testing::TestWithParam<std::uint32_t> {
 protected:
  static constexpr std::size_t kCallers = 4;
  static std::uint32_t core_of(std::size_t caller) { return static_cast<std::uint32_t>(caller / 2); }
  static bool coached(std::size_t listener, std::size_t talker) { return talker != 0 || listener == 2; }

  CoachedAcross() {
    const auto shares = server.open_on_cores(2);
    for (std::size_t i = 0; i < kCallers; ++i) callers.join(i, shares[core_of(i)]);
    callers.run_for(kSpannedSettle);
  }
  void start() {
    voice = server.take_conference(0);
    server.post(0, mailbox::StartCoaching{callers.participant(0).handle, voice.handle});
    server.post(1, mailbox::HearCoach{callers.participant(2).handle, 0, voice.handle});
  }
  void end() {
    server.post(1, mailbox::EndHearingCoach{callers.participant(2).handle, 0, voice.handle});
    server.post(0, mailbox::StopCoaching{voice.handle});
  }
  // The other core's callers hear each other meanwhile, as far as they are to, and nobody of this one.
  void stand_still(bool while_coached, const std::function<void()>& then) {
    const std::uint32_t stopped = GetParam();
    server.stop_core(stopped, true);
    then();
    callers.run_for(100ms);
    judge(400ms, [&](std::size_t listener, std::size_t talker) {
      if (core_of(listener) == stopped) return std::optional<bool>{};
      return std::optional(core_of(talker) != stopped && (!while_coached || coached(listener, talker)));
    });
    server.stop_core(stopped, false);
    callers.run_for(1s);
  }
  // `hears` is empty for who is not to be judged.
  template <typename Hears>
  void judge(base::Duration duration, Hears hears) {
    const auto from = callers.now();
    callers.run_for(duration);
    const auto matrix = callers.oracle().judge(from, callers.now());
    for (std::size_t listener = 0; listener < kCallers; ++listener) {
      for (std::size_t talker = 0; talker < kCallers; ++talker) {
        const std::optional<bool> heard = hears(listener, talker);
        if (!heard) continue;
        const double level = matrix.at(listener, talker).level_db;
        if (*heard && talker != listener) {
          EXPECT_NEAR(level, 0.0, 1.0) << listener << " hears " << talker;
        } else {
          EXPECT_LT(level, -40.0) << listener << " hears " << talker;
        }
      }
    }
  }

  SimulatedHost server{{.seed = 9, .cores = 2}};
  ToneCallers callers{server, {.callers = kCallers, .seed = 9}};
  ConferenceKey voice;
};

INSTANTIATE_TEST_SUITE_P(Stopped, CoachedAcross, testing::Values(0, 1), [](const auto& test) {
  return test.param == 0 ? "TheCoachsCore" : "TheCoacheesCore";
});

TEST_P(CoachedAcross, IsHeardByWhoIsMeantAloneThroughAStandstill) {
  const auto all = [](std::size_t, std::size_t) { return std::optional(true); };
  const auto as_meant = [](std::size_t listener, std::size_t talker) {
    return std::optional(coached(listener, talker));
  };
  start();
  callers.run_for(kSpannedSettle);
  judge(kSpannedJudge, as_meant);
  stand_still(true, [] {});
  judge(kSpannedJudge, as_meant);
  // It ends meanwhile, and begins meanwhile.
  stand_still(false, [&] { end(); });
  judge(kSpannedJudge, all);
  stand_still(true, [&] { start(); });
  judge(kSpannedJudge, as_meant);
  end();
  callers.run_for(kSpannedSettle);
  judge(kSpannedJudge, all);
  EXPECT_EQ(server.events_of<mailbox::ConferenceClosed>().size(), 2U);
  for (std::size_t i = 0; i < kCallers; ++i) {
    if (core_of(i) == GetParam()) continue;
    const auto stream = callers.oracle().caller(i).received_stream();
    EXPECT_TRUE(stream.continuous()) << i << ": " << stream.faults();
    EXPECT_LE(stream.spacing_ms_max, 25.0) << i;
  }
}

// The loudest two of all, whichever core they are on.
TEST(Spanned, TheLoudestHoldOverAllCores) {
  SimulatedHost server({.seed = 8, .cores = 3});
  ToneCallers callers(server, {.callers = 6, .seed = 8});
  const auto shares = server.open_on_cores(3, 2);
  for (std::size_t i = 0; i < 6; ++i) callers.join(i, shares[i / 2]);
  callers.run_for(2s);
  const auto mixed = [&] {
    std::uint64_t frames = 0;
    for (std::uint32_t core = 0; core < 3; ++core)
      frames += server.core(core).counters().frames_mixed.value();
    return frames;
  };
  const std::uint64_t before = mixed();
  callers.run_for(1s);
  EXPECT_EQ(mixed() - before, 2U * 50) << "two voices in each of 50 ticks, over all cores";
}

}  // namespace
}  // namespace tutti::sim
