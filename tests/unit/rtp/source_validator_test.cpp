#include "dataplane/rtp/source_validator.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace tutti::rtp {
namespace {

struct Step {
  std::uint16_t number;
  SequenceVerdict verdict;
};

struct Story {
  const char* name;
  std::uint16_t first;
  std::vector<Step> steps;
  std::uint32_t highest;
  std::uint32_t expected;
  std::uint32_t received;
};

constexpr auto kValid = SequenceVerdict::kValid;
constexpr auto kSuspect = SequenceVerdict::kSuspect;
constexpr auto kRestarted = SequenceVerdict::kRestarted;

const Story kStories[] = {
    {"in order", 10, {{11, kValid}, {12, kValid}}, 12, 3, 3},
    {"one lost", 10, {{11, kValid}, {13, kValid}}, 13, 4, 3},
    {"reordered", 10, {{12, kValid}, {11, kValid}}, 12, 3, 3},
    {"twice", 10, {{11, kValid}, {11, kValid}}, 11, 2, 3},
    {"before the first", 10, {{9, kValid}, {11, kValid}}, 11, 2, 3},
    {"wraps", 65'534, {{65'535, kValid}, {0, kValid}, {1, kValid}}, 65'537, 4, 4},
    {"wraps, and a late one from before", 65'534, {{0, kValid}, {65'535, kValid}, {1, kValid}}, 65'537, 4, 4},
    {"largest dropout", 10, {{3'009, kValid}}, 3'009, 3'000, 2},
    {"beyond it", 10, {{3'010, kSuspect}, {11, kValid}}, 11, 2, 2},
    {"largest misorder", 1'000, {{900, kValid}}, 1'000, 1, 2},
    {"beyond it, behind", 1'000, {{899, kSuspect}, {1'001, kValid}}, 1'001, 2, 2},
    {"restart", 10, {{40'000, kSuspect}, {40'001, kRestarted}, {40'002, kValid}}, 40'002, 2, 2},
    {"restart over the wrap", 10, {{65'535 - 9'000, kSuspect}, {65'536 - 9'000, kRestarted}}, 56'536, 1, 1},
    {"suspects that do not follow one another",
     10,
     {{40'000, kSuspect}, {50'000, kSuspect}, {30'000, kSuspect}},
     10,
     1,
     1},
    {"a stray between forgets the suspect",
     10,
     {{40'000, kSuspect}, {11, kValid}, {40'001, kSuspect}},
     11,
     2,
     2},
};

TEST(SourceValidator, FollowsTheStories) {
  for (const Story& story : kStories) {
    SCOPED_TRACE(story.name);
    SourceValidator source;
    source.start(SequenceNumber(story.first));
    for (const Step& step : story.steps) {
      SCOPED_TRACE(step.number);
      EXPECT_EQ(source.update(SequenceNumber(step.number)), step.verdict);
    }
    EXPECT_EQ(source.highest(), story.highest);
    EXPECT_EQ(source.expected(), story.expected);
    EXPECT_EQ(source.received(), story.received);
  }
}

TEST(SourceValidator, CountsWrapsForHours) {
  SourceValidator source;
  source.start(SequenceNumber(65'000));
  for (std::uint32_t i = 1; i < 200'000; ++i) {
    ASSERT_EQ(source.update(SequenceNumber(static_cast<std::uint16_t>(65'000 + i))), kValid);
  }
  EXPECT_EQ(source.highest(), 65'000U + 199'999U);
  EXPECT_EQ(source.expected(), 200'000U);
  EXPECT_EQ(source.received(), 200'000U);
}

}  // namespace
}  // namespace tutti::rtp
