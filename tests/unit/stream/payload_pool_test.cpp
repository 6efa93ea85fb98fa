#include "dataplane/stream/payload_pool.h"

#include <cstring>
#include <set>
#include <vector>

#include <gtest/gtest.h>

namespace tutti::stream {
namespace {

TEST(PayloadPool, TheLengthChoosesTheBlock) {
  PayloadPool pool(4, 4);
  const auto shorter = pool.try_acquire(PayloadPool::kShortBytes);
  EXPECT_EQ(pool.long_in_use(), 0U);
  const auto longer = pool.try_acquire(PayloadPool::kShortBytes + 1);
  EXPECT_EQ(pool.long_in_use(), 1U);
  EXPECT_EQ(pool.in_use(), 2U);
  pool.release(longer);
  EXPECT_EQ(pool.long_in_use(), 0U);
  pool.release(shorter);
  EXPECT_EQ(pool.in_use(), 0U);
}

TEST(PayloadPool, AShortPayloadTakesALongBlockWhereNoneOfItsOwnIsLeft) {
  PayloadPool pool(1, 1);
  EXPECT_NE(pool.try_acquire(160), PayloadPool::kNone);
  EXPECT_NE(pool.try_acquire(160), PayloadPool::kNone);
  EXPECT_EQ(pool.long_in_use(), 1U);
  EXPECT_EQ(pool.try_acquire(1), PayloadPool::kNone);
  EXPECT_EQ(pool.try_acquire(PayloadPool::kLongBytes), PayloadPool::kNone);
}

TEST(PayloadPool, BlocksAreLinesApartAndOverlapNowhere) {
  PayloadPool pool(16, 16);
  std::vector<std::pair<PayloadPool::Index, std::size_t>> taken;
  for (int i = 0; i < 16; ++i) {
    for (const std::size_t bytes : {PayloadPool::kShortBytes, PayloadPool::kLongBytes}) {
      const auto index = pool.try_acquire(bytes);
      ASSERT_NE(index, PayloadPool::kNone);
      ASSERT_LT(index, 1U << PayloadPool::kIndexBits);
      EXPECT_EQ(reinterpret_cast<std::uintptr_t>(pool.bytes(index)) % 64, 0U);
      std::memset(pool.bytes(index), static_cast<int>(taken.size()), bytes);
      taken.emplace_back(index, bytes);
    }
  }
  for (std::size_t i = 0; i < taken.size(); ++i) {
    const std::byte* const bytes = pool.bytes(taken[i].first);
    for (std::size_t at = 0; at < taken[i].second; ++at) ASSERT_EQ(bytes[at], static_cast<std::byte>(i));
  }
}

// What waits after a burst stays where it waited before: pages that were touched are used again.
TEST(PayloadPool, UsesAgainWhatWasFreedLast) {
  PayloadPool pool(1'000, 0);
  std::set<PayloadPool::Index> used;
  for (int round = 0; round < 100; ++round) {
    const auto index = pool.try_acquire(160);
    used.insert(index);
    pool.release(index);
  }
  EXPECT_EQ(used.size(), 1U);
}

}  // namespace
}  // namespace tutti::stream
