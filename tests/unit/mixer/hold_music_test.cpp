#include "mixer/hold_music.h"

#include <algorithm>
#include <cstdlib>
#include <vector>

#include <gtest/gtest.h>

#include "mixer/codec/codec.h"
#include "mixer/dsp/level.h"

namespace tutti::mixer {
namespace {

std::vector<std::int16_t> whole(const HoldMusic& music) {
  std::vector<std::int16_t> samples;
  for (std::uint32_t i = 0; i < HoldMusic::kFrames; ++i) {
    const auto& frame = music.frame(i).samples;
    samples.insert(samples.end(), frame.begin(), frame.end());
  }
  return samples;
}

TEST(HoldMusic, IsQuietAndHeard) {
  const auto samples = whole(HoldMusic::shared());
  const int level = dsp::level_dbov(samples);
  EXPECT_GE(level, 30);
  EXPECT_LE(level, 42);
  for (std::uint32_t i = 0; i < HoldMusic::kFrames; ++i) {
    EXPECT_LT(dsp::level_dbov(HoldMusic::shared().frame(i).samples), 60) << "a hole at frame " << i;
  }
}

TEST(HoldMusic, GoesRoundWithoutAClick) {
  const auto samples = whole(HoldMusic::shared());
  // The steepest that it has within itself; the seam is no steeper.
  int steepest = 0;
  for (std::size_t i = 1; i < samples.size(); ++i) {
    steepest = std::max(steepest, std::abs(samples[i] - samples[i - 1]));
  }
  EXPECT_LE(std::abs(samples.front() - samples.back()), steepest);
  EXPECT_LT(steepest, 2'000);
  EXPECT_EQ(HoldMusic::shared().frame(3).samples, HoldMusic::shared().frame(HoldMusic::kFrames + 3).samples);
}

TEST(HoldMusic, IsEncodedAsItSounds) {
  const HoldMusic& music = HoldMusic::shared();
  for (const auto codec : {codec::CodecId::kPcmu, codec::CodecId::kPcma}) {
    for (const std::uint32_t number : {0U, 1U, 399U, 400U, 1'234U}) {
      HoldMusic::EncodedFrame expected;
      codec::encode(codec, music.frame(number).samples, expected);
      const auto encoded = music.encoded(codec, number);
      EXPECT_TRUE(std::equal(encoded.begin(), encoded.end(), expected.begin(), expected.end()));
    }
  }
}

}  // namespace
}  // namespace tutti::mixer
