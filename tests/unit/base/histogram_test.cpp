#include "dataplane/base/histogram.h"

#include <gtest/gtest.h>

namespace tutti::base {
namespace {

TEST(LogBuckets, EveryValueIsInTheBucketThatEndsAtOrAboveIt) {
  for (std::uint64_t value = 0; value < LogBuckets::kLeastTooLarge; value += value < 5'000 ? 1 : 97) {
    const std::size_t bucket = LogBuckets::of(value);
    ASSERT_LE(value, LogBuckets::greatest(bucket));
    if (bucket > 0) {
      ASSERT_GT(value, LogBuckets::greatest(bucket - 1)) << value;
    }
    // No wider than a sixteenth of what is in it.
    ASSERT_LE(LogBuckets::greatest(bucket) - value, value / 16) << value;
  }
}

TEST(LogBuckets, WhatIsTooLargeIsInTheLast) {
  EXPECT_EQ(LogBuckets::of(~std::uint64_t{0}), LogBuckets::kCount - 1);
}

TEST(Histogram, CountsAndSums) {
  Histogram histogram;
  histogram.add(3);
  histogram.add(3);
  histogram.add(1'000);
  EXPECT_EQ(histogram.count(3), 2U);
  EXPECT_EQ(histogram.count(LogBuckets::of(1'000)), 1U);
  EXPECT_EQ(histogram.sum(), 1'006U);
  std::uint64_t all = 0;
  for (std::size_t bucket = 0; bucket < LogBuckets::kCount; ++bucket) all += histogram.count(bucket);
  EXPECT_EQ(all, 3U);
}

TEST(Histogram, TellsPercentilesAsTheNearestRank) {
  Histogram histogram;
  EXPECT_EQ(percentile(histogram, 990), 0U);
  for (std::uint64_t value = 1; value <= 20; ++value) histogram.add(value);
  EXPECT_EQ(percentile(histogram, 500), 10U);
  EXPECT_EQ(percentile(histogram, 990), 20U);
  EXPECT_EQ(percentile(histogram, 1'000), 20U);
  histogram.add(LogBuckets::kLeastTooLarge * 2);
  EXPECT_EQ(percentile(histogram, 1'000), LogBuckets::kLeastTooLarge - 1);
}

}  // namespace
}  // namespace tutti::base
