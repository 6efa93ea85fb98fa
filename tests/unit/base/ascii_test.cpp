#include "dataplane/base/ascii.h"

#include <gtest/gtest.h>

namespace tutti::base {
namespace {

static_assert(is_digit('0') && is_digit('9') && !is_digit('/') && !is_digit(':'));
static_assert(is_letter('a') && is_letter('Z') && !is_letter('@') && !is_letter('['));
static_assert(to_lower('Q') == 'q' && to_lower('[') == '[');

TEST(Ascii, TrimTakesWhiteSpaceOffBothEnds) {
  EXPECT_EQ(trim("  a b\t\r\n"), "a b");
  EXPECT_EQ(trim("a"), "a");
  EXPECT_EQ(trim(" \r\n\t "), "");
  EXPECT_EQ(trim(""), "");
}

TEST(Ascii, EqualIgnoringCaseFoldsLettersOnly) {
  EXPECT_TRUE(equal_ignoring_case("Call-ID", "call-id"));
  EXPECT_FALSE(equal_ignoring_case("a[", "a{"));  // 0x20 apart, as letters are
  EXPECT_FALSE(equal_ignoring_case("\xC4", "\xE4"));
  EXPECT_FALSE(equal_ignoring_case("ab", "abc"));
}

}  // namespace
}  // namespace tutti::base
