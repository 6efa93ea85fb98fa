#include "mixer/dsp/gain.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include <gtest/gtest.h>

namespace tutti::dsp {
namespace {

using kernel::GainQ12;
using kernel::kUnityGain;

base::Frame constant(std::int16_t value) {
  base::Frame frame;
  frame.samples.fill(value);
  return frame;
}

TEST(Gain, DecibelsAreWhatTheySay) {
  static_assert(gain_of_db(0) == kUnityGain);
  static_assert(gain_of_db(20) == 40'960);
  for (int db = -72; db <= 24; ++db) {
    EXPECT_EQ(gain_of_db(db), std::lround(4'096 * std::pow(10.0, db / 20.0))) << db;
  }
  EXPECT_EQ(gain_of_db(25), 65'535);
  EXPECT_EQ(gain_of_db(-80), 0);
}

TEST(Gain, AFrameIsScaledRoundedAndSaturated) {
  auto frame = constant(1'000);
  apply({gain_of_db(-20), gain_of_db(-20)}, frame);
  EXPECT_EQ(frame.samples, constant(100).samples);  // 410 of 4 096
  frame = constant(-20'000);
  apply({gain_of_db(6), gain_of_db(6)}, frame);
  EXPECT_EQ(frame.samples, constant(-32'768).samples);
  frame = constant(12'345);
  apply({}, frame);
  EXPECT_EQ(frame.samples, constant(12'345).samples);
}

TEST(Gain, AChangeIsAStraightLineFromTheOneToTheOther) {
  for (const auto& [from, to] : {std::pair(0, -40), {-40, 20}, {20, 0}}) {
    auto frame = constant(3'000);
    auto before = frame;
    auto after = frame;
    const GainRamp ramp{gain_of_db(from), gain_of_db(to)};
    apply({ramp.from, ramp.from}, before);
    apply({ramp.to, ramp.to}, after);
    apply(ramp, frame);
    const int step = std::abs(after.samples[0] - before.samples[0]) / 160 + 2;  // and what rounding does
    int last = before.samples[0];
    for (const auto sample : frame.samples) {
      EXPECT_LE(std::abs(sample - last), step) << from << " to " << to;
      last = sample;
    }
    EXPECT_LE(std::abs(after.samples[0] - last), step);
  }
}

TEST(Gain, AMixIsSaturatedOnceAndNotBeforeItIsTurnedDown) {
  base::SumFrame sum;
  sum.samples.fill(60'000);
  const auto own = constant(20'000);
  base::Frame out;
  scale_mix(sum, nullptr, {kUnityGain / 2, kUnityGain / 2}, out);
  EXPECT_EQ(out.samples, constant(30'000).samples);
  scale_mix(sum, &own, {kUnityGain / 4, kUnityGain / 4}, out);
  EXPECT_EQ(out.samples, constant(10'000).samples);
  scale_mix(sum, &own, {kUnityGain, kUnityGain}, out);
  EXPECT_EQ(out.samples, constant(32'767).samples);
  // The most that a sum can be, times the most that a gain can be.
  sum.samples.fill(-65'535 * 32'768);
  scale_mix(sum, &own, {65'535, 65'535}, out);
  EXPECT_EQ(out.samples, constant(-32'768).samples);
  scale_mix(sum, &own, {0, 0}, out);
  EXPECT_EQ(out.samples, constant(0).samples);
}

TEST(Gain, ReachesItsAimWithOneFrame) {
  Gain gain;
  EXPECT_TRUE(gain.unity());
  gain.aim_at(gain_of_db(6));
  EXPECT_FALSE(gain.unity());
  EXPECT_EQ(gain.ramp().from, kUnityGain);
  EXPECT_EQ(gain.of_peak(1'000), 1'995);
  EXPECT_EQ(gain.of_peak(30'000), 32'767);
  gain.settle();
  EXPECT_TRUE(gain.ramp().steady());
  gain.aim_at(kUnityGain);
  gain.settle();
  EXPECT_TRUE(gain.unity());
}

}  // namespace
}  // namespace tutti::dsp
