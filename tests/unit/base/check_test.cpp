#include "dataplane/base/check.h"

#include <gtest/gtest.h>

namespace tutti::base {
namespace {

TEST(Check, AConditionThatHoldsIsEvaluatedOnce) {
  int evaluated = 0;
  CHECK(++evaluated == 1);
  EXPECT_EQ(evaluated, 1);
}

TEST(CheckDeathTest, EndsWithThePlaceAndTheCondition) {
  const int participants = 3;
  EXPECT_DEATH(CHECK(participants == 4), "check_test.cpp:[0-9]+: CHECK failed: participants == 4");
}

TEST(CheckDeathTest, DcheckHoldsInDebugBuildsOnly) {
  int evaluated = 0;
#ifdef NDEBUG
  DCHECK(++evaluated == 17);
  EXPECT_EQ(evaluated, 0);
#else
  EXPECT_DEATH(DCHECK(++evaluated == 17), "CHECK failed");
#endif
}

}  // namespace
}  // namespace tutti::base
