// A program whose tests pass, fail, crash, hang and are reported, for run_tests_test.py, which chooses by
// GTEST_FILTER.
#include <cstdio>
#include <cstdlib>

#include <gtest/gtest.h>
#include <unistd.h>

namespace tutti {
namespace {

TEST(Trouble, Passes) {}

TEST(Trouble, Fails) {
  FAIL() << "as it should";
}

TEST(Trouble, IsSkipped) {
  GTEST_SKIP() << "this machine has not what it needs";
}

TEST(Trouble, Crashes) {
  std::abort();
}

TEST(Trouble, PassesAfterACrash) {}

TEST(Trouble, DISABLED_NeverRuns) {
  std::abort();
}

TEST(Trouble, Hangs) {
  for (;;) ::pause();
}

class CannotBegin : public testing::Test {
 protected:
  static void SetUpTestSuite() { std::abort(); }
};

TEST_F(CannotBegin, First) {}

TEST_F(CannotBegin, Second) {}

class TroubleOf : public testing::TestWithParam<int> {};

TEST_P(TroubleOf, FailsForTwo) {
  EXPECT_NE(GetParam(), 2);
}

INSTANTIATE_TEST_SUITE_P(Numbers, TroubleOf, testing::Values(1, 2, 3));

// As ThreadSanitizer does it: a report while it runs, and a status when all is over.
TEST(Report, IsOfThisTest) {
  std::fprintf(stderr, "WARNING: ThreadSanitizer: data race\n");
  std::atexit([] { ::_exit(66); });
}

TEST(Report, IsNotOfThisTest) {}

// As a leak is found.
TEST(Leak, IsFoundAtTheEnd) {
  std::atexit([] {
    std::fprintf(stderr, "ERROR: LeakSanitizer: detected memory leaks\n");
    ::_exit(23);
  });
}

}  // namespace
}  // namespace tutti
