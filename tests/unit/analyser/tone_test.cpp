#include "tools/analyser/tone.h"

#include <cmath>
#include <numbers>

#include <gtest/gtest.h>

#include "tools/analyser/g711.h"
#include "tools/analyser/tone_hearing.h"

namespace tutti::analyser {
namespace {

Samples tone_samples(const Tone& tone, std::size_t count) {
  Samples samples(count);
  ToneGenerator(tone).next(samples);
  return samples;
}

void add(Samples& sum, const Samples& other, double gain = 1.0) {
  for (std::size_t i = 0; i < sum.size(); ++i) {
    sum[i] = static_cast<std::int16_t>(sum[i] + std::lround(gain * other[i]));
  }
}

TEST(ToneGenerator, KeepsItsPhaseAcrossFrames) {
  const Tone tone{733.0, 8'000.0};
  const Samples whole = tone_samples(tone, 1'600);
  ToneGenerator generator(tone);
  Samples frame(160);
  for (std::size_t at = 0; at < whole.size(); at += 160) {
    generator.next(frame);
    EXPECT_EQ(frame, Samples(whole.begin() + at, whole.begin() + at + 160));
  }
}

TEST(ToneProbe, FindsAmplitudeAndPhase) {
  Samples samples(4'000);
  for (std::size_t i = 0; i < samples.size(); ++i) {
    samples[i] = static_cast<std::int16_t>(std::lround(
        5'000.0 * std::cos(2.0 * std::numbers::pi * 1'007.3 / 8'000.0 * static_cast<double>(i) + 0.7)));
  }
  const ToneProbe probe(samples);
  EXPECT_NEAR(probe.amplitude(1'007.3), 5'000.0, 5.0);
  EXPECT_NEAR(std::arg(probe.phasor(1'007.3)), 0.7, 0.01);
  EXPECT_LT(probe.amplitude(1'047.3), 5.0);
}

TEST(TonePlan, KeepsItsPromisesForEveryCount) {
  for (std::size_t count = 1; count <= TonePlan::kTalkersMax; ++count) {
    const TonePlan plan(count);
    double sum = 0.0;
    for (std::size_t i = 0; i < count; ++i) {
      ASSERT_TRUE(plan.tone(i).has_value());
      const double frequency = plan.tone(i)->frequency_hz;
      EXPECT_GE(frequency, 300.0);
      EXPECT_LE(frequency, 3'400.0);
      EXPECT_GE(std::fmod(frequency, 25.0), 4.0) << count;
      EXPECT_LE(std::fmod(frequency, 25.0), 21.0) << count;
      sum += plan.tone(i)->amplitude;
      for (std::size_t other = 0; other < i; ++other) {
        EXPECT_GE(std::fabs(plan.tone(other)->frequency_hz - frequency), 40.0) << count;
        const double third =
            3.0 * frequency > 4'000.0 ? std::fabs(8'000.0 - 3.0 * frequency) : 3.0 * frequency;
        EXPECT_GE(std::fabs(third - plan.tone(other)->frequency_hz), 3.0) << count;
      }
    }
    EXPECT_LE(sum, 32'767.0);
  }
}

TEST(TonePlan, SamplesTheTalkersOfALargeRoom) {
  const TonePlan plan(200);
  std::size_t talkers = 0;
  for (std::size_t i = 0; i < plan.callers(); ++i) talkers += plan.tone(i) ? 1 : 0;
  EXPECT_EQ(talkers, 50U);
}

// A perfect conference of n callers through G.711 both ways, and one with a fault of each kind.
class ToneHearing : public ::testing::TestWithParam<std::size_t> {
 protected:
  void SetUp() override {
    const TonePlan plan(GetParam());
    for (std::size_t i = 0; i < GetParam(); ++i) {
      names_.push_back(std::to_string(i));
      tones_.push_back(plan.tone(i));
      sent_.push_back(through_g711(Law::kMu, tone_samples(*plan.tone(i), 16'000)));
    }
  }
  // What `listener` hears when caller k arrives with gain(listener, k).
  template <typename Gain>
  HearingMatrix conference(Gain gain) {
    std::vector<Samples> heard;
    for (std::size_t listener = 0; listener < GetParam(); ++listener) {
      Samples mix(16'000);
      for (std::size_t k = 0; k < GetParam(); ++k) add(mix, sent_[k], gain(listener, k));
      heard.push_back(through_g711(Law::kMu, mix));
    }
    std::vector<Track> tracks;
    for (const Samples& samples : heard) tracks.push_back({samples, 0});
    return tone_matrix(names_, tracks, tones_, 0, 16'000);
  }
  std::vector<std::string> names_;
  std::vector<std::optional<Tone>> tones_;
  std::vector<Samples> sent_;
};

TEST_P(ToneHearing, PassesAPerfectConference) {
  const HearingMatrix matrix = conference([](std::size_t l, std::size_t k) { return l == k ? 0.0 : 1.0; });
  EXPECT_TRUE(matrix.right()) << to_text(matrix, false);
}

TEST_P(ToneHearing, FindsTheOneWrongCell) {
  const std::size_t n = GetParam();
  struct Fault {
    std::size_t listener, caller;
    double gain;
    Hearing found;
  };
  for (const Fault& fault :
       {Fault{0, n - 1, 0.0, Hearing::kAbsent}, Fault{n - 1, n - 1, 0.0316, Hearing::kWrongLevel},
        Fault{0, n - 1, 0.8, Hearing::kWrongLevel}, Fault{0, n - 1, 1.2, Hearing::kWrongLevel}}) {
    const HearingMatrix matrix = conference([&](std::size_t l, std::size_t k) {
      if (l == fault.listener && k == fault.caller) return fault.gain;
      return l == k ? 0.0 : 1.0;
    });
    EXPECT_EQ(matrix.wrong_cells().size(), 1U) << to_text(matrix, false);
    EXPECT_TRUE(matrix.at(fault.listener, fault.caller).wrong()) << fault.gain;
    EXPECT_EQ(matrix.at(fault.listener, fault.caller).hearing, fault.found);
  }
}

INSTANTIATE_TEST_SUITE_P(Callers, ToneHearing, ::testing::Values(2, 3, 8, 40, 64));

TEST(ToneMatrix, AnInterruptedToneIsNotHeard) {
  const TonePlan plan(2);
  Samples heard = tone_samples(*plan.tone(1), 24'000);
  std::fill(heard.begin() + 8'000, heard.begin() + 16'000, std::int16_t{0});
  const std::vector<std::optional<Tone>> tones = {plan.tone(0), plan.tone(1)};
  const std::vector<Track> tracks = {{heard, 0}, {}};
  const HearingMatrix matrix = tone_matrix({"alice", "bob"}, tracks, tones, 0, 24'000);
  EXPECT_EQ(matrix.at(0, 1).hearing, Hearing::kInterrupted);
  ASSERT_EQ(matrix.wrong_cells().size(), 2U);  // bob hears nobody
  EXPECT_EQ(matrix.wrong_cells()[0].find("alice hears bob with interruptions"), 0U);
}

TEST(ToneIntervals, FindJoinAndLeaveToTheHundredth) {
  const Tone tone{1'012.0, 4'000.0};
  const Samples voice = tone_samples(tone, 12'345);
  Samples heard(40'000);
  ToneGenerator({1'060.0, 4'000.0}).next(heard);  // another one all the time
  for (std::size_t i = 0; i < voice.size(); ++i)
    heard[i + 9'876] = static_cast<std::int16_t>(heard[i + 9'876] + voice[i]);
  const auto intervals = tone_intervals({heard, 500}, tone);
  ASSERT_EQ(intervals.size(), 1U);
  EXPECT_NEAR(static_cast<double>(intervals[0].from), 10'376.0, 80.0);
  EXPECT_NEAR(static_cast<double>(intervals[0].to), 22'721.0, 80.0);
}

TEST(HearingMatrix, WritesTextAndJson) {
  HearingMatrix matrix({"alice", "bob"});
  const HearingThresholds thresholds;
  matrix.measure(0, 0, -70.0, -72.0, -69.0, thresholds);
  matrix.measure(0, 1, 0.1, 0.0, 0.2, thresholds);
  matrix.measure(1, 0, -30.0, -31.0, -29.0, thresholds);
  matrix.measure(1, 1, -120.0, -120.0, -120.0, thresholds);
  EXPECT_EQ(to_text(matrix, false),
            "listener        alice          bob\n"
            "alice      -70.0 dB ·    +0.1 dB ✓\n"
            "bob        -30.0 dB ✗     silent ·\n");
  EXPECT_NE(to_text(matrix, true).find("\x1b[1;31m"), std::string::npos);
  EXPECT_EQ(matrix.wrong_cells(), std::vector<std::string>{"bob hears alice at the wrong level (-30.0 dB)"});
  EXPECT_NE(to_json(matrix).find("\"right\":false"), std::string::npos);
}

}  // namespace
}  // namespace tutti::analyser
