#include "mixer/dsp/tone_generator.h"

#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <numbers>
#include <vector>

#include <gtest/gtest.h>

namespace tutti::dsp {
namespace {

TEST(ToneGenerator, IsTheSineThatWasAskedFor) {
  ToneGenerator tone(440, 10'000);
  std::vector<std::int16_t> samples(8'000);
  tone.generate(samples);
  for (std::size_t i = 0; i < samples.size(); ++i) {
    const double exact = 10'000 * std::sin(2 * std::numbers::pi * 440 * static_cast<double>(i) / 8'000);
    ASSERT_NEAR(samples[i], exact, 0.6) << i;
  }
}

TEST(ToneGenerator, PiecesOfAnyLengthMakeTheWhole) {
  ToneGenerator whole(1'234.5, 32'767), pieces(1'234.5, 32'767);
  std::vector<std::int16_t> expected(1'000), actual(1'000);
  whole.generate(expected);
  std::size_t done = 0;
  for (std::size_t length = 0; done < actual.size(); ++length) {
    const std::size_t n = std::min(length, actual.size() - done);
    pieces.generate(std::span(actual).subspan(done, n));
    done += n;
  }
  EXPECT_EQ(actual, expected);
}

TEST(ToneGenerator, StaysInTuneForAnHour) {
  ToneGenerator tone(1'000, 20'000);
  std::vector<std::int16_t> frame(160);
  for (int tick = 0; tick < 50 * 3'600; ++tick) tone.generate(frame);
  // 20 whole turns a frame: an hour later the frame begins as the first one did.
  EXPECT_NEAR(frame[0], 0, 1);
  EXPECT_NEAR(frame[2], 20'000, 1);
}

TEST(ToneGenerator, ChangesFrequencyWithoutAStep) {
  constexpr double kAmplitude = 16'000;
  ToneGenerator tone(300, static_cast<std::int16_t>(kAmplitude));
  std::vector<std::int16_t> samples(320);
  tone.generate(std::span(samples).first(157));
  tone.set_frequency(500);
  tone.generate(std::span(samples).subspan(157));
  const double steepest = kAmplitude * 2 * std::numbers::pi * 500 / 8'000 + 1;
  for (std::size_t i = 1; i < samples.size(); ++i)
    ASSERT_LE(std::abs(samples[i] - samples[i - 1]), steepest) << i;
}

TEST(ToneGenerator, KnowsOtherRates) {
  ToneGenerator tone(12'000, 1'000, 48'000);
  std::vector<std::int16_t> samples(8);
  tone.generate(samples);
  EXPECT_EQ(samples, (std::vector<std::int16_t>{0, 1'000, 0, -1'000, 0, 1'000, 0, -1'000}));
}

}  // namespace
}  // namespace tutti::dsp
