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

TEST(PayloadPool, IsCrowdedWhenMoreWaitsThanACacheHolds) {
  PayloadPool pool(70'000, 0);
  std::uint32_t taken = 0;
  while (!pool.crowded()) {
    ASSERT_NE(pool.try_acquire(160), PayloadPool::kNone);
    ++taken;
  }
  EXPECT_EQ(taken, 65'536u);  // 12 MB
  pool.release(0);
  EXPECT_FALSE(pool.crowded());
}

TEST(PayloadPool, WritesPastTheCacheWhatIsReadBack) {
  PayloadPool pool(2, 1);
  const auto block = pool.try_acquire(160);
  const auto other = pool.try_acquire(160);
  std::memset(pool.bytes(other), 0x55, PayloadPool::kShortBytes);
  const auto large = pool.try_acquire(160);  // a long one
  std::vector<std::byte> payload(PayloadPool::kShortBytes + 7);
  for (std::size_t i = 0; i < payload.size(); ++i) payload[i] = static_cast<std::byte>(i * 29 + 1);
  for (std::size_t bytes = 1; bytes <= PayloadPool::kShortBytes; ++bytes) {
    const auto from = std::span(payload).subspan(bytes % 7, bytes);
    for (const auto to : {block, large}) {
      std::memset(pool.bytes(to), 0xAA, PayloadPool::kShortBytes);
      pool.write_past_cache(to, from);
      ASSERT_EQ(std::memcmp(pool.bytes(to), from.data(), bytes), 0) << bytes;
    }
  }
  for (std::size_t i = 0; i < PayloadPool::kShortBytes; ++i) EXPECT_EQ(pool.bytes(other)[i], std::byte{0x55});
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
