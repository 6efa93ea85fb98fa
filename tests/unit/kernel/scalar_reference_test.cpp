// The reference against the Recommendation itself: its tables of values, and what its quantiser promises.

#include "mixer/kernel/scalar_reference.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <vector>

#include <gtest/gtest.h>

namespace tutti::kernel::scalar {
namespace {

// The eight segment ends of each law, as decoded values, positive side.
// Source: ITU-T G.711, table 2a (8 031 x 4 and so on) and table 1a (4 032 x 8 and so on).
TEST(ScalarReference, UlawHasTheTablesValues) {
  EXPECT_EQ(expand_ulaw(0x80), 8'031 * 4);
  EXPECT_EQ(expand_ulaw(0x8F), 4'191 * 4);
  EXPECT_EQ(expand_ulaw(0x9F), 2'079 * 4);
  EXPECT_EQ(expand_ulaw(0xAF), 1'023 * 4);
  EXPECT_EQ(expand_ulaw(0xBF), 495 * 4);
  EXPECT_EQ(expand_ulaw(0xCF), 231 * 4);
  EXPECT_EQ(expand_ulaw(0xDF), 99 * 4);
  EXPECT_EQ(expand_ulaw(0xEF), 33 * 4);
  EXPECT_EQ(expand_ulaw(0xFE), 2 * 4);
  EXPECT_EQ(expand_ulaw(0xFF), 0);
  EXPECT_EQ(expand_ulaw(0x7F), 0);
  EXPECT_EQ(expand_ulaw(0x00), -8'031 * 4);
}

TEST(ScalarReference, AlawHasTheTablesValues) {
  const auto line = [](unsigned code) { return static_cast<Byte>(code ^ 0x55); };
  EXPECT_EQ(expand_alaw(line(0xFF)), 4'032 * 8);
  EXPECT_EQ(expand_alaw(line(0xF0)), 2'112 * 8);
  EXPECT_EQ(expand_alaw(line(0xE0)), 1'056 * 8);
  EXPECT_EQ(expand_alaw(line(0xD0)), 528 * 8);
  EXPECT_EQ(expand_alaw(line(0xC0)), 264 * 8);
  EXPECT_EQ(expand_alaw(line(0xB0)), 132 * 8);
  EXPECT_EQ(expand_alaw(line(0xA0)), 66 * 8);
  EXPECT_EQ(expand_alaw(line(0x90)), 33 * 8);
  EXPECT_EQ(expand_alaw(line(0x80)), 1 * 8);
  EXPECT_EQ(expand_alaw(line(0x00)), -1 * 8);
  EXPECT_EQ(expand_alaw(line(0x7F)), -4'032 * 8);
}

// The Recommendation puts each decoded value in the middle between two decision values.
template <typename Expand, typename Compress>
void values_lie_in_the_middle(Expand expand, Compress compress) {
  struct Interval {
    int low = 65'536;
    int high = -65'536;
  };
  std::array<Interval, 256> intervals;
  for (int sample = -32'768; sample <= 32'767; ++sample) {
    Interval& interval = intervals[compress(static_cast<Pcm>(sample))];
    interval.low = std::min(interval.low, sample);
    interval.high = std::max(interval.high, sample);
  }
  for (int codeword = 0; codeword < 256; ++codeword) {
    const Interval& interval = intervals[static_cast<std::size_t>(codeword)];
    const int value = expand(static_cast<Byte>(codeword));
    if (value == 0) continue;                                          // u-law's zeros stand at the edge
    if (interval.high == 32'767 || interval.low == -32'768) continue;  // cut off by 16 bits
    EXPECT_LE(std::abs(interval.low + interval.high - 2 * value), 1) << codeword;  // an even count of samples
  }
}

TEST(ScalarReference, UlawValuesLieInTheMiddleOfTheirIntervals) {
  values_lie_in_the_middle([](Byte b) { return expand_ulaw(b); }, [](Pcm p) { return compress_ulaw(p); });
}

TEST(ScalarReference, AlawValuesLieInTheMiddleOfTheirIntervals) {
  values_lie_in_the_middle([](Byte b) { return expand_alaw(b); }, [](Pcm p) { return compress_alaw(p); });
}

TEST(ScalarReference, EveryCodewordSurvivesTheRoundTrip) {
  for (int i = 0; i < 256; ++i) {
    const auto codeword = static_cast<Byte>(i);
    EXPECT_EQ(compress_alaw(expand_alaw(codeword)), codeword);
    // u-law has two zeros, and the negative one comes back as the positive one.
    EXPECT_EQ(compress_ulaw(expand_ulaw(codeword)), codeword == 0x7F ? 0xFF : codeword);
  }
}

TEST(ScalarReference, CompressingIsOddUpToTheSign) {
  for (int sample = 0; sample <= 32'767; ++sample) {
    const auto positive = static_cast<Pcm>(sample);
    const auto mirrored = static_cast<Pcm>(~sample);
    ASSERT_EQ(compress_ulaw(positive) ^ 0x80, compress_ulaw(mirrored)) << sample;
    ASSERT_EQ(compress_alaw(positive) ^ 0x80, compress_alaw(mirrored)) << sample;
  }
}

TEST(ScalarReference, GainIsExactAtUnityAndSaturates) {
  const std::vector<Pcm> in{-32'768, -1, 0, 1, 20'000, 32'767};
  std::vector<Pcm> out(in.size());
  gain(in.data(), kUnityGain, out.data(), in.size());
  EXPECT_EQ(out, in);
  gain(in.data(), 2 * kUnityGain, out.data(), in.size());
  EXPECT_EQ(out, (std::vector<Pcm>{-32'768, -2, 0, 2, 32'767, 32'767}));
}

}  // namespace
}  // namespace tutti::kernel::scalar
