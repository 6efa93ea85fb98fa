#include "tools/analyser/g711.h"

#include <cstdlib>

#include <gtest/gtest.h>

namespace tutti::analyser {
namespace {

TEST(G711, DecodesTheRecommendationsCorners) {
  EXPECT_EQ(decode_g711(Law::kMu, std::byte{0xFF}), 0);
  EXPECT_EQ(decode_g711(Law::kMu, std::byte{0x7F}), 0);
  EXPECT_EQ(decode_g711(Law::kMu, std::byte{0x80}), 32'124);
  EXPECT_EQ(decode_g711(Law::kMu, std::byte{0x00}), -32'124);
  EXPECT_EQ(decode_g711(Law::kA, std::byte{0xD5}), 8);
  EXPECT_EQ(decode_g711(Law::kA, std::byte{0x55}), -8);
  EXPECT_EQ(decode_g711(Law::kA, std::byte{0xAA}), 32'256);
  EXPECT_EQ(decode_g711(Law::kA, std::byte{0x2A}), -32'256);
}

TEST(G711, EncodesEachOutputValueToItself) {
  for (const Law law : {Law::kMu, Law::kA}) {
    for (unsigned code = 0; code < 256; ++code) {
      const std::int16_t value = decode_g711(law, static_cast<std::byte>(code));
      EXPECT_EQ(decode_g711(law, encode_g711(law, value)), value) << code;
    }
  }
}

TEST(G711, ErrorIsHalfAStepAtMost) {
  for (const Law law : {Law::kMu, Law::kA}) {
    for (int sample = -32'000; sample <= 32'000; sample += 7) {
      const int back = decode_g711(law, encode_g711(law, static_cast<std::int16_t>(sample)));
      EXPECT_LE(std::abs(back - sample), std::abs(sample) / 32 + 8) << sample;
    }
  }
}

}  // namespace
}  // namespace tutti::analyser
