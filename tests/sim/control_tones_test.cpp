// What control does to sound, judged by ear on everyone: in one share, in two of a core, on two cores.

#include <cmath>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "mixer/codec/codec.h"
#include "mixer/hold_music.h"
#include "tests/sim/tone_callers.h"
#include "tools/analyser/tone.h"

namespace tutti::sim {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kCallers = 5;
constexpr auto kControlSettle = 400ms;
constexpr auto kControlJudge = 1'100ms;
// Of what the server plays itself: apart from all callers' tones.
constexpr std::uint16_t kSignalHz = 250;

struct Place {
  std::uint32_t cores;
  std::uint32_t shares;
};

// Callers 0 to 4 in one conference, each in the next share.
class Controlled : public ::testing::TestWithParam<Place> {
 protected:
  Controlled()
      : server({.seed = 11, .cores = GetParam().cores}),
        callers(server, {.callers = kCallers, .seed = 11}),
        shares(server.open_shares(GetParam().shares, GetParam().cores)) {
    for (std::size_t i = 0; i < kCallers; ++i) callers.join(i, shares[i % shares.size()]);
    callers.run_for(kControlSettle);
  }

  // Relative to what was sent; nothing: not heard.
  using Expected = std::function<std::optional<double>(std::size_t listener, std::size_t talker)>;
  void expect(const Expected& expected, const std::string& when) {
    callers.run_for(kControlSettle);
    const auto from = callers.now();
    callers.run_for(kControlJudge);
    const auto matrix = callers.oracle().judge(from, callers.now());
    for (std::size_t listener = 0; listener < kCallers; ++listener) {
      for (std::size_t talker = 0; talker < kCallers; ++talker) {
        const double level = matrix.at(listener, talker).level_db;
        const auto wanted = listener == talker ? std::nullopt : expected(listener, talker);
        if (wanted) {
          EXPECT_NEAR(level, *wanted, 1.0) << when << ": " << listener << " hears " << talker;
        } else {
          EXPECT_LT(level, -40.0) << when << ": " << listener << " hears " << talker;
        }
      }
    }
  }
  static std::optional<double> everyone(std::size_t, std::size_t) { return 0.0; }

  void control(std::size_t who, const mailbox::MixControls& controls) {
    server.update(callers.participant(who), controls);
  }
  void post_to_all(const std::function<mailbox::CoreCommand(const ConferenceKey&)>& command) {
    for (const auto& share : shares) server.post(share.core, command(share));
  }
  // What a listener heard in that time, as samples.
  analyser::Track heard(std::size_t listener, base::Instant from, base::Instant to) {
    const auto samples = [](base::Instant at) { return at.time_since_epoch() / 125us; };
    return callers.oracle().caller(listener).heard().track(base::Instant()).part(samples(from), samples(to));
  }
  // The level of a frequency in it, in dBov.
  double level_at(std::size_t listener, double frequency_hz, base::Instant from, base::Instant to) {
    const double peak = analyser::ToneProbe(heard(listener, from, to).samples).amplitude(frequency_hz);
    return 20.0 * std::log10(std::max(peak, 1e-3) / std::sqrt(2.0) / 32'767.0);
  }
  void expect_steady(base::Duration longest) { EXPECT_TRUE(callers.oracle().streams_are_steady(longest)); }

  SimulatedHost server;
  ToneCallers callers;
  std::vector<ConferenceKey> shares;
};

INSTANTIATE_TEST_SUITE_P(Places, Controlled, ::testing::Values(Place{1, 1}, Place{1, 2}, Place{2, 2}),
                         [](const auto& test) {
                           return std::to_string(test.param.shares) + "SharesOn" +
                                  std::to_string(test.param.cores);
                         });

TEST_P(Controlled, MutedIsHeardByNobodyAndHearsAll) {
  control(0, {.muted = true});
  expect([](std::size_t, std::size_t talker) { return talker == 0 ? std::nullopt : std::optional(0.0); },
         "muted");
  control(0, {});
  expect(everyone, "heard again");
  expect_steady(25ms);
}

// From the command on nobody gets more than 40 ms of it: the tick that has begun, and one that fades. Another
// share hears the same, behind by its lag.
TEST_P(Controlled, MuteSilencesWithin40MsOfAudio) {
  for (int i = 0; i < 8; ++i) {
    callers.run_for(std::chrono::microseconds(500 + 2'500 * i));
    control(0, {.muted = true});
    const auto at = callers.now();
    callers.run_for(500ms);
    for (std::size_t listener = 1; listener < kCallers; ++listener) {
      const auto& tone = *callers.oracle().caller(0).tone();
      const bool same_share = listener % shares.size() == 0;
      const auto silent_from = at + 40ms + (same_share ? 0ms : 25ms) + 2ms;
      // -30 dB of the tone is the window's edge and G.711's noise.
      EXPECT_LT(level_at(listener, tone.frequency_hz, silent_from, silent_from + 200ms) -
                    level_at(listener, tone.frequency_hz, at - 250ms, at - 50ms),
                -30.0)
          << listener;
    }
    control(0, {});
    callers.run_for(500ms);
  }
}

TEST_P(Controlled, DeafHearsNobodyAndIsHeard) {
  control(1, {.deaf = true});
  expect([](std::size_t listener, std::size_t) { return listener == 1 ? std::nullopt : std::optional(0.0); },
         "deaf");
  control(1, {});
  expect(everyone, "hears again");
  expect_steady(25ms);
}

TEST_P(Controlled, GainIsHeardByTheOthersOrByOneAlone) {
  control(2, {.gain_in_db = -9});
  control(3, {.gain_out_db = 6});
  expect(
      [](std::size_t listener, std::size_t talker) {
        return std::optional((talker == 2 ? -9.0 : 0.0) + (listener == 3 ? 6.0 : 0.0));
      },
      "with gain");
}

TEST_P(Controlled, WhoIsPutOutIsHeardByNobody) {
  callers.leave(3);
  expect([](std::size_t listener,
            std::size_t talker) { return talker == 3 || listener == 3 ? std::nullopt : std::optional(0.0); },
         "put out");
}

TEST_P(Controlled, WhoWaitsHearsTheMusicAndIsNotHeard) {
  control(1, {.waiting = true});
  control(2, {.waiting = true});
  const auto waits = [](std::size_t who) { return who == 1 || who == 2; };
  callers.run_for(kControlSettle);
  const auto from = callers.now();
  expect(
      [&](std::size_t listener, std::size_t talker) {
        return waits(listener) || waits(talker) ? std::nullopt : std::optional(0.0);
      },
      "waiting");
  // Sample by sample the melody, from somewhere on.
  std::vector<std::int16_t> loop(mixer::HoldMusic::kFrames * base::kFrameSamples);
  for (std::uint32_t i = 0; i < mixer::HoldMusic::kFrames; ++i) {
    codec::decode(codec::CodecId::kPcmu, mixer::HoldMusic::shared().encoded(codec::CodecId::kPcmu, i),
                  std::span(loop).subspan(i * base::kFrameSamples, base::kFrameSamples));
  }
  for (const std::size_t listener : {1U, 2U}) {
    const auto track = heard(listener, from, from + 1s);
    ASSERT_EQ(track.samples.size(), 8'000U);
    bool found = false;
    for (std::size_t at = 0; at < loop.size() && !found; ++at) {
      std::size_t same = 0;
      while (same < track.samples.size() && track.samples[same] == loop[(at + same) % loop.size()]) ++same;
      found = same == track.samples.size();
    }
    EXPECT_TRUE(found) << listener;
  }
  control(1, {});
  control(2, {});
  expect(everyone, "let in");
  expect_steady(25ms);
}

TEST_P(Controlled, NothingIsMixedWhileMixingIsOff) {
  post_to_all([](const ConferenceKey& share) { return mailbox::UpdateConference{share.handle, 0, false}; });
  expect([](std::size_t, std::size_t) { return std::nullopt; }, "mixing off");
  post_to_all([](const ConferenceKey& share) { return mailbox::UpdateConference{share.handle, 0, true}; });
  expect(everyone, "mixing on");
  expect_steady(25ms);
}

TEST_P(Controlled, TheNumberOfTheLoudestChangesLive) {
  const auto mixed = [&] {
    std::uint64_t frames = 0;
    for (std::uint32_t i = 0; i < GetParam().cores; ++i)
      frames += server.core(i).counters().frames_mixed.value();
    return frames;
  };
  post_to_all([](const ConferenceKey& share) { return mailbox::UpdateConference{share.handle, 2, true}; });
  callers.run_for(1s);
  const std::uint64_t before = mixed();
  callers.run_for(1s);
  EXPECT_EQ(mixed() - before, 2U * 50);
  post_to_all([](const ConferenceKey& share) { return mailbox::UpdateConference{share.handle, 0, true}; });
  expect(everyone, "all again");
}

TEST_P(Controlled, ATonePlaysToAllForItsTime) {
  mailbox::Tone tone;
  tone.steps[0] = {kSignalHz, 800};
  tone.step_count = 1;
  tone.level_dbov = 23;
  const auto at = callers.now();
  post_to_all([&](const ConferenceKey& share) {
    return mailbox::PlayTone{share.handle, mailbox::ToneLane::kPlay, tone};
  });
  callers.run_for(1'200ms);
  for (std::size_t listener = 0; listener < kCallers; ++listener) {
    EXPECT_NEAR(level_at(listener, kSignalHz, at + 100ms, at + 700ms), -23.0, 0.5) << listener;
    EXPECT_LT(level_at(listener, kSignalHz, at + 850ms, at + 1'150ms), -60.0) << listener;
    EXPECT_LT(level_at(listener, kSignalHz, at - 300ms, at), -60.0) << listener;
  }
  expect(everyone, "after the tone");
}

TEST_P(Controlled, ATonePlaysToOneAloneWhoeverItHears) {
  mailbox::Tone tone;
  tone.steps[0] = {kSignalHz, 0};
  tone.step_count = 1;
  tone.level_dbov = 26;
  control(4, {.muted = true, .deaf = true});  // who is asked for a PIN
  control(3, {.waiting = true});
  for (const std::size_t who : {0U, 3U, 4U}) {
    server.post(callers.participant(who).core,
                mailbox::PlayTone{callers.participant(who).handle, mailbox::ToneLane::kSignal, tone});
  }
  callers.run_for(200ms);
  const auto at = callers.now();
  callers.run_for(1s);
  for (std::size_t listener = 0; listener < kCallers; ++listener) {
    const double level = level_at(listener, kSignalHz, at, callers.now());
    if (listener == 0 || listener >= 3) {
      EXPECT_NEAR(level, -26.0, 0.5) << listener;
    } else {
      EXPECT_LT(level, -70.0) << listener;
    }
  }
  for (const std::size_t who : {0U, 3U, 4U}) {
    server.post(callers.participant(who).core,
                mailbox::StopTone{callers.participant(who).handle, mailbox::ToneLane::kSignal});
    control(who, {});
  }
  callers.run_for(100ms);
  const auto after = callers.now();
  expect(everyone, "after the tone");
  for (std::size_t listener = 0; listener < kCallers; ++listener) {
    EXPECT_LT(level_at(listener, kSignalHz, after, callers.now()), -70.0) << listener;
  }
  expect_steady(25ms);
}

// Caller 0 coaches caller 1, who is in another share where there are several.
class Coached : public Controlled {
 protected:
  void start() {
    voice = server.take_conference(callers.participant(0).core);
    server.post(voice.core, mailbox::StartCoaching{callers.participant(0).handle, voice.handle});
    hear(1);
  }
  void hear(std::size_t who) {
    server.post(callers.participant(who).core,
                mailbox::HearCoach{callers.participant(who).handle, voice.core, voice.handle});
  }
  void end_hearing(std::size_t who) {
    server.post(callers.participant(who).core,
                mailbox::EndHearingCoach{callers.participant(who).handle, voice.core, voice.handle});
  }
  void stop() { server.post(voice.core, mailbox::StopCoaching{voice.handle}); }
  static std::optional<double> coached(std::size_t listener, std::size_t talker) {
    return talker == 0 && listener != 1 ? std::nullopt : std::optional(0.0);
  }
  ConferenceKey voice;
};

INSTANTIATE_TEST_SUITE_P(Places, Coached, ::testing::Values(Place{1, 1}, Place{1, 2}, Place{2, 2}),
                         [](const auto& test) {
                           return std::to_string(test.param.shares) + "SharesOn" +
                                  std::to_string(test.param.cores);
                         });

TEST_P(Coached, OnlyWhoIsMeantHearsTheCoachWhoHearsAll) {
  start();
  expect(coached, "coaching");
  for (std::uint32_t core = 0; core < GetParam().cores; ++core) {
    EXPECT_EQ(server.core(core).counters().peer_ticks_missed.value(), 0U);
  }
  control(0, {.muted = true});
  expect([](std::size_t, std::size_t talker) { return talker == 0 ? std::nullopt : std::optional(0.0); },
         "the coach muted");
  control(0, {});
  hear(2);
  expect(
      [](std::size_t listener, std::size_t talker) {
        return listener == 2 && talker == 0 ? std::optional(0.0) : coached(listener, talker);
      },
      "two are coached");
  end_hearing(2);
  expect(coached, "one is coached");
  end_hearing(1);
  stop();
  expect(everyone, "after it");
  EXPECT_EQ(server.events_of<mailbox::ConferenceClosed>().size(), 1U);
  expect_steady(25ms);
}

TEST_P(Coached, EndsWhenTheCoachLeavesAndWhenTheCoacheeDoes) {
  start();
  callers.run_for(kControlSettle);
  callers.leave(0);
  expect([](std::size_t listener,
            std::size_t talker) { return talker == 0 || listener == 0 ? std::nullopt : std::optional(0.0); },
         "the coach is gone");
  end_hearing(1);
  stop();
  callers.leave(1);
  callers.run_for(100ms);
  EXPECT_EQ(server.events_of<mailbox::ConferenceClosed>().size(), 1U);
  EXPECT_EQ(server.streams(), 3);
}

TEST_P(Coached, EndsWithoutHarmWhenTheCoacheeLeavesFirst) {
  start();
  callers.run_for(kControlSettle);
  callers.leave(1);
  expect(
      [](std::size_t listener, std::size_t talker) {
        return talker == 0 || talker == 1 || listener == 1 ? std::nullopt : std::optional(0.0);
      },
      "the coachee is gone: nobody hears the coach");
  end_hearing(1);
  stop();
  expect([](std::size_t listener,
            std::size_t talker) { return talker == 1 || listener == 1 ? std::nullopt : std::optional(0.0); },
         "the coach is back");
}

// A second conference, of callers 3 and 4; callers 0 to 2 in the first. With two cores each has a share on
// both, as signaling opens one for who moves.
class Moved : public ::testing::TestWithParam<Place> {};

INSTANTIATE_TEST_SUITE_P(Places, Moved, ::testing::Values(Place{1, 1}, Place{1, 2}, Place{2, 2}),
                         [](const auto& test) {
                           return std::to_string(test.param.shares) + "SharesOn" +
                                  std::to_string(test.param.cores);
                         });

TEST_P(Moved, IsHeardWhereItIsAndNowhereElse) {
  const auto [cores, count] = GetParam();
  SimulatedHost server({.seed = 12, .cores = cores});
  ToneCallers callers(server, {.callers = kCallers, .seed = 12});
  const auto first = server.open_shares(count, cores);
  const auto second = server.open_shares(count, cores);
  std::vector<int> room{0, 0, 0, 1, 1};
  for (std::size_t i = 0; i < kCallers; ++i) {
    callers.join(i, (room[i] == 0 ? first : second)[i % count]);
  }
  const auto expect = [&, kShares = count] {
    callers.run_for(kControlSettle);
    const auto from = callers.now();
    callers.run_for(kControlJudge);
    const auto matrix = callers.oracle().judge(from, callers.now());
    for (std::size_t listener = 0; listener < kCallers; ++listener) {
      for (std::size_t talker = 0; talker < kCallers; ++talker) {
        const double level = matrix.at(listener, talker).level_db;
        if (listener != talker && room[listener] == room[talker]) {
          EXPECT_NEAR(level, 0.0, 1.0) << listener << " hears " << talker << " of " << kShares;
        } else {
          EXPECT_LT(level, -40.0) << listener << " hears " << talker;
        }
      }
    }
  };
  expect();
  for (const std::size_t who : {2U, 0U, 3U, 2U}) {
    room[who] = 1 - room[who];
    const auto& to = (room[who] == 0 ? first : second)[who % count];
    ASSERT_EQ(to.core, callers.participant(who).core);
    server.post(to.core, mailbox::MoveParticipant{callers.participant(who).handle, to.handle});
    expect();
  }
  EXPECT_EQ(server.events_of<mailbox::ParticipantMoved>().size(), 4U);
  // Every packet in sequence, timestamps without a break; no wait longer than the widest step.
  EXPECT_TRUE(callers.oracle().streams_are_steady(28ms));
}

}  // namespace
}  // namespace tutti::sim
