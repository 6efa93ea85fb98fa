#include "tools/analyser/sweep.h"

#include <algorithm>
#include <cmath>

#include <gtest/gtest.h>

#include "tools/analyser/g711.h"
#include "tools/analyser/tone.h"

namespace tutti::analyser {
namespace {

constexpr std::size_t kHeard = 7'200;

// What a listener gets: tones of that many talkers, and a sweep from sample `at` on, through G.711 twice.
Samples mix(std::size_t talkers, std::optional<std::size_t> at, double gain, Law law) {
  std::vector<double> sum(kHeard, 0.0);
  const TonePlan plan(std::max<std::size_t>(talkers, 1));
  for (std::size_t i = 0; i < talkers; ++i) {
    Samples tone(kHeard);
    ToneGenerator({plan.tone(i)->frequency_hz, 20'000.0 / static_cast<double>(talkers)}).next(tone);
    for (std::size_t n = 0; n < kHeard; ++n) sum[n] += tone[n];
  }
  if (at) {
    const Samples sweep = through_g711(law, make_sweep(8'000.0));
    for (std::size_t n = 0; n < sweep.size() && *at + n < kHeard; ++n) sum[*at + n] += gain * sweep[n];
  }
  Samples samples(kHeard);
  std::transform(sum.begin(), sum.end(), samples.begin(),
                 [](double value) { return static_cast<std::int16_t>(std::lround(value)); });
  return through_g711(law, samples);
}

TEST(Sweep, IsFoundToTheSampleUnderTones) {
  const SweepFinder finder(8'000.0, kHeard);
  for (const Law law : {Law::kMu, Law::kA}) {
    for (const std::size_t talkers : {0U, 1U, 3U, 8U, 63U}) {
      for (const std::size_t at : {0U, 1U, 777U, 3'205U, 5'600U}) {
        EXPECT_EQ(finder.find(mix(talkers, at, 1.0, law)), std::optional(at)) << talkers;
      }
    }
  }
}

TEST(Sweep, IsNotFoundWhereThereIsNone) {
  const SweepFinder finder(8'000.0, kHeard);
  for (const std::size_t talkers : {0U, 1U, 3U, 8U, 64U}) {
    EXPECT_EQ(finder.find(mix(talkers, std::nullopt, 0.0, Law::kMu)), std::nullopt) << talkers;
  }
}

TEST(Sweep, IsNotFoundFarOffItsLevelOrCutOff) {
  const SweepFinder finder(8'000.0, kHeard);
  EXPECT_EQ(finder.find(mix(2, 1'000, 0.4, Law::kMu)), std::nullopt);
  EXPECT_EQ(finder.find(mix(2, 1'000, 0.7, Law::kMu)), std::optional<std::size_t>(1'000));
  EXPECT_EQ(finder.find(mix(2, kHeard - 400, 1.0, Law::kMu)), std::nullopt);
}

TEST(Sweep, TwoOfThemNameNoMoment) {
  const SweepFinder finder(8'000.0, kHeard);
  Samples twice = mix(0, 500, 1.0, Law::kMu);
  const Samples other = mix(0, 3'000, 1.0, Law::kMu);
  for (std::size_t i = 0; i < twice.size(); ++i) twice[i] = static_cast<std::int16_t>(twice[i] + other[i]);
  EXPECT_EQ(finder.find(twice), std::nullopt);
}

}  // namespace
}  // namespace tutti::analyser
