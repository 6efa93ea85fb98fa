#include "dataplane/base/shared_text.h"

#include <gtest/gtest.h>

namespace tutti::base {
namespace {

TEST(SharedText, IsKeptOnce) {
  SharedText one(std::string(300, 'x'));
  const SharedText other = one;
  EXPECT_EQ(&one.str(), &other.str());
  one = "another";
  EXPECT_EQ(one.str(), "another");
  EXPECT_EQ(other.str(), std::string(300, 'x')) << "who keeps it has it as it was";
}

TEST(SharedText, IsEmptyAtFirst) {
  EXPECT_TRUE(SharedText().empty());
  EXPECT_EQ(SharedText().str(), "");
  EXPECT_TRUE(SharedText("").empty());
  EXPECT_FALSE(SharedText("a").empty());
}

}  // namespace
}  // namespace tutti::base
