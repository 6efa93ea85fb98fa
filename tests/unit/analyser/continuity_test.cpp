#include "tools/analyser/continuity.h"

#include <cmath>

#include <gtest/gtest.h>

#include "tools/analyser/g711.h"

namespace tutti::analyser {
namespace {

class Continuity : public ::testing::TestWithParam<std::size_t> {
 protected:
  void SetUp() override {
    const TonePlan plan(GetParam() + 1);
    whole_.resize(24'000);
    for (std::size_t i = 1; i <= GetParam(); ++i) {
      tones_.push_back(*plan.tone(i));
      Samples one(whole_.size());
      ToneGenerator(tones_.back()).next(one);
      const Samples decoded = through_g711(Law::kMu, one);
      for (std::size_t n = 0; n < one.size(); ++n)
        whole_[n] = static_cast<std::int16_t>(whole_[n] + decoded[n]);
    }
  }
  std::vector<Break> breaks(const Samples& samples) {
    return tone_breaks(through_g711(Law::kMu, samples), tones_);
  }
  void expect_one(const Samples& samples, BreakKind kind, std::size_t at) {
    const auto found = breaks(samples);
    ASSERT_EQ(found.size(), 1U) << to_string(kind);
    EXPECT_EQ(found[0].kind, kind) << to_string(found[0].kind);
    EXPECT_NEAR(static_cast<double>(found[0].at), static_cast<double>(at), 16.0) << to_string(kind);
  }
  std::vector<Tone> tones_;
  Samples whole_;
};

TEST_P(Continuity, SteadyTonesHaveNoBreak) {
  EXPECT_EQ(breaks(whole_).size(), 0U);
}

TEST_P(Continuity, FindsALostARepeatedAndASilentFrame) {
  Samples lost = whole_;
  lost.erase(lost.begin() + 10'000, lost.begin() + 10'160);
  expect_one(lost, BreakKind::kJump, 10'000);

  Samples repeated = whole_;
  repeated.insert(repeated.begin() + 10'000, whole_.begin() + 9'840, whole_.begin() + 10'000);
  expect_one(repeated, BreakKind::kJump, 10'000);

  Samples silent = whole_;
  std::fill(silent.begin() + 10'000, silent.begin() + 10'160, std::int16_t{0});
  expect_one(silent, BreakKind::kHole, 10'000);
}

TEST_P(Continuity, FindsAClickAndASlipOfOneSample) {
  Samples click = whole_;
  click[10'000] = static_cast<std::int16_t>(click[10'000] > 0 ? -16'000 : 16'000);
  expect_one(click, BreakKind::kClick, 10'000);

  Samples slipped = whole_;
  slipped.erase(slipped.begin() + 10'000);
  expect_one(slipped, BreakKind::kJump, 10'000);
}

TEST_P(Continuity, FindsTwo) {
  Samples twice = whole_;
  twice.erase(twice.begin() + 8'000, twice.begin() + 8'160);
  twice.erase(twice.begin() + 16'000, twice.begin() + 16'160);
  EXPECT_EQ(breaks(twice).size(), 2U);
}

INSTANTIATE_TEST_SUITE_P(Tones, Continuity, ::testing::Values(1, 2, 7, 40, 63));

TEST(ContinuityEdges, NothingToSay) {
  EXPECT_TRUE(tone_breaks({}, {}).empty());
  const std::vector<Tone> tones = {{1'012.0, 8'000.0}};
  EXPECT_TRUE(tone_breaks(Samples(8'000), tones).empty());  // silence throughout is the matrix's matter
}

}  // namespace
}  // namespace tutti::analyser
