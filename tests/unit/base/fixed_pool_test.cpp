#include "dataplane/base/fixed_pool.h"

#include <set>

#include <gtest/gtest.h>

namespace tutti::base {
namespace {

using Pool = FixedPool<int>;

TEST(FixedPool, HandsOutEachBlockOnce) {
  Pool pool(8);
  std::set<Pool::Index> taken;
  for (int i = 0; i < 8; ++i) taken.insert(pool.try_acquire());
  EXPECT_EQ(taken.size(), 8u);
  EXPECT_EQ(*taken.begin(), 0u);
  EXPECT_EQ(*taken.rbegin(), 7u);
  EXPECT_EQ(pool.try_acquire(), Pool::kNone);
  EXPECT_EQ(pool.in_use(), 8u);
}

TEST(FixedPool, StartsWithTheFirstBlockAndReusesTheLast) {
  Pool pool(8);
  EXPECT_EQ(pool.try_acquire(), 0u);
  EXPECT_EQ(pool.try_acquire(), 1u);
  pool.release(0);
  EXPECT_EQ(pool.try_acquire(), 0u);  // the one still in cache
  EXPECT_EQ(pool.in_use(), 2u);
}

TEST(FixedPool, BlocksKeepTheirContent) {
  Pool pool(2);
  const auto first = pool.try_acquire();
  pool[first] = 17;
  const auto second = pool.try_acquire();
  pool[second] = 18;
  EXPECT_EQ(static_cast<const Pool&>(pool)[first], 17);
  EXPECT_EQ(pool[second], 18);
}

// A block of many that nobody uses costs neither time nor memory.
TEST(FixedPool, ConstructsABlockOnceAndWhenItIsFirstHandedOut) {
  static int made;
  made = 0;
  struct Counted {
    Counted() noexcept { ++made; }
    int value = 17;
  };
  FixedPool<Counted> pool(1'000);
  EXPECT_EQ(made, 0);
  const auto first = pool.try_acquire();
  EXPECT_EQ(pool[first].value, 17);
  pool[first].value = 18;
  pool.release(first);
  EXPECT_EQ(pool.try_acquire(), first);
  EXPECT_EQ(pool[first].value, 18);
  pool.try_acquire();
  EXPECT_EQ(made, 2);
}

TEST(FixedPool, MayBeEmpty) {
  Pool pool(0);
  EXPECT_EQ(pool.try_acquire(), Pool::kNone);
  EXPECT_EQ(pool.capacity(), 0u);
}

#ifndef NDEBUG
TEST(FixedPoolDeathTest, TakesBackOnlyWhatItGave) {
  Pool pool(2);
  EXPECT_DEATH(pool.release(0), "CHECK failed");  // none is out
  pool.try_acquire();
  EXPECT_DEATH(pool.release(2), "CHECK failed");
}
#endif

}  // namespace
}  // namespace tutti::base
