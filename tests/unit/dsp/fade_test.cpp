#include "mixer/dsp/fade.h"

#include <algorithm>
#include <array>

#include <gtest/gtest.h>

namespace tutti::dsp {
namespace {

TEST(Fade, IsAStraightLineAndTheTwoDirectionsMakeOneWhole) {
  std::array<std::int16_t, 160> in;
  std::array<std::int16_t, 160> out;
  in.fill(-32'000);
  out.fill(-32'000);
  fade(in, Fade::kIn);
  fade(out, Fade::kOut);
  EXPECT_EQ(in.front(), -100);  // 32 000 / 320
  EXPECT_EQ(in.back(), -31'900);
  for (std::size_t i = 0; i < in.size(); ++i) {
    EXPECT_EQ(in[i] + out[i], -32'000) << i;
    EXPECT_EQ(in[i], out[in.size() - 1 - i]) << i;
  }
  EXPECT_TRUE(std::is_sorted(out.begin(), out.end()));
}

TEST(Fade, OfSumsIsTheSameLineBeyondSixteenBits) {
  std::array<std::int32_t, 160> in;
  std::array<std::int32_t, 160> out;
  in.fill(2'147'450'880);
  out.fill(2'147'450'880);
  fade(in, Fade::kIn);
  fade(out, Fade::kOut);
  EXPECT_EQ(in.front(), 6'710'784);  // 2 147 450 880 / 320
  for (std::size_t i = 0; i < in.size(); ++i) EXPECT_EQ(in[i], out[in.size() - 1 - i]) << i;
  EXPECT_TRUE(std::is_sorted(in.begin(), in.end()));
}

TEST(Fade, LeavesNothingToDoForNoSamples) {
  fade(std::span<std::int16_t>(), Fade::kIn);
}

}  // namespace
}  // namespace tutti::dsp
