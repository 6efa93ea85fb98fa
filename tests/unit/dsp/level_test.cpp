#include "mixer/dsp/level.h"

#include <cmath>
#include <cstdint>
#include <vector>

#include <gtest/gtest.h>

#include "mixer/dsp/tone_generator.h"

namespace tutti::dsp {
namespace {

std::vector<std::int16_t> square(int amplitude) {
  std::vector<std::int16_t> samples(160);
  for (std::size_t i = 0; i < samples.size(); ++i) {
    samples[i] = static_cast<std::int16_t>(i % 2 == 0 ? amplitude : -amplitude);
  }
  return samples;
}

TEST(Level, SilenceAndNothingAreTheLeast) {
  EXPECT_EQ(level_dbov(std::vector<std::int16_t>(160, 0)), kSilent);
  EXPECT_EQ(level_dbov(std::vector<std::int16_t>{}), kSilent);
}

TEST(Level, FullScaleIsTheOverloadPoint) {
  EXPECT_EQ(level_dbov(square(32'767)), kLoudest);
  EXPECT_EQ(level_dbov(std::vector<std::int16_t>(160, -32'768)), kLoudest);  // beyond it, and not below zero
}

TEST(Level, ASineAtFullScaleIsThreeDecibelsDown) {
  ToneGenerator tone(1'000, 32'767);
  std::vector<std::int16_t> samples(160);
  tone.generate(samples);
  EXPECT_EQ(level_dbov(samples), 3);
}

TEST(Level, FollowsTheFormulaOverTheWholeRange) {
  for (int amplitude = 1; amplitude <= 32'767; ++amplitude) {
    const double exact = -20 * std::log10(amplitude / 32'767.0);
    // Half a decibel of rounding, and a little for single precision at the very edge.
    ASSERT_NEAR(level_dbov(square(amplitude)), exact, 0.501) << amplitude;
  }
}

TEST(Level, TheFaintestSignalIsQuieterThanAnySpeechButNotSilence) {
  std::vector<std::int16_t> samples(160, 0);
  samples[3] = 1;
  // -10 log10(1 / (160 x 32 767^2)) = 112.3
  EXPECT_EQ(level_dbov(samples), 112);
}

}  // namespace
}  // namespace tutti::dsp
