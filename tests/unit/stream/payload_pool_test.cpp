#include "dataplane/stream/payload_pool.h"

#include <cstring>
#include <random>
#include <set>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

namespace tutti::stream {
namespace {

// So many owners', as they lie in a core: something else of the owner's between them.
class Owners {
 public:
  explicit Owners(PayloadPool::Owner count) : all_(count) {}
  PayloadPool::Shelves shelves() {
    return {.count = static_cast<PayloadPool::Owner>(all_.size()),
            .first = all_[0].shelf.bytes.data(),
            .stride = sizeof(Owner),
            .taken = &all_[0].taken,
            .taken_stride = sizeof(Owner)};
  }
  const PayloadPool::Shelf& of(std::size_t owner) const { return all_[owner].shelf; }
  const std::byte* shelf(std::size_t owner) const { return of(owner).bytes.data(); }

 private:
  struct Owner {
    PayloadPool::Shelf shelf;
    std::uint8_t taken = 0;
  };
  std::vector<Owner> all_;
};

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

// As many owners as a core may have: their blocks and those of all are told apart by the index alone.
TEST(PayloadPool, TheLastOwnerOfTheLargestCoreHasAShelf) {
  constexpr PayloadPool::Owner kOwners = 131'072;
  Owners owners(kOwners);
  PayloadPool pool(2 * kOwners, 4 * kOwners, owners.shelves());
  std::set<const std::byte*> places;
  for (std::uint32_t i = 0; i < PayloadPool::kShelf; ++i) {
    const auto index = pool.try_acquire(160, kOwners - 1);
    EXPECT_LT(index, 1U << PayloadPool::kIndexBits);
    EXPECT_EQ(pool.bytes(index), owners.shelf(kOwners - 1) + i * PayloadPool::kShortBytes);
  }
  for (const std::size_t bytes : {PayloadPool::kShortBytes, PayloadPool::kLongBytes}) {
    for (int i = 0; i < 3; ++i) {
      const auto index = pool.try_acquire(bytes, kOwners - 1);
      EXPECT_LT(index, 1U << PayloadPool::kIndexBits);
      EXPECT_TRUE(places.insert(pool.bytes(index)).second);
      EXPECT_EQ(pool.bytes(index, owners.of(kOwners - 1)), pool.bytes(index));
      EXPECT_TRUE(pool.bytes(index) < owners.shelf(0) ||
                  pool.bytes(index) >= owners.shelf(kOwners - 1) + sizeof(PayloadPool::Shelf));
    }
  }
}

TEST(PayloadPool, WhatWaitsForOneWaitsOnItsShelf) {
  Owners owners(3);
  PayloadPool pool(2, 1, owners.shelves());
  std::vector<PayloadPool::Index> taken;
  for (std::uint32_t i = 0; i < PayloadPool::kShelf; ++i) taken.push_back(pool.try_acquire(160, 1));
  for (std::uint32_t i = 0; i < PayloadPool::kShelf; ++i) {
    EXPECT_EQ(pool.bytes(taken[i]), owners.shelf(1) + i * PayloadPool::kShortBytes);
  }
  EXPECT_EQ(pool.in_use(), PayloadPool::kShelf);
  // What has no room there takes what all share, and what is too long for it a long one.
  std::vector<PayloadPool::Index> others;
  others.push_back(pool.try_acquire(PayloadPool::kShortBytes + 1, 1));
  EXPECT_EQ(pool.long_in_use(), 1U);
  others.push_back(pool.try_acquire(160, 1));
  others.push_back(pool.try_acquire(160, PayloadPool::kNobody));
  EXPECT_EQ(pool.try_acquire(160, 1), PayloadPool::kNone);
  EXPECT_EQ(pool.try_acquire(160, 3), PayloadPool::kNone) << "there is no such owner";
  EXPECT_EQ(pool.in_use(), PayloadPool::kShelf + 3);
  // Who has the shelf at hand is told the same.
  for (const auto index : taken) EXPECT_EQ(pool.bytes(index, owners.of(1)), pool.bytes(index));
  for (const auto index : others) EXPECT_EQ(pool.bytes(index, owners.of(1)), pool.bytes(index));
  // The others' are theirs.
  const auto first = pool.try_acquire(160, 0);
  const auto last = pool.try_acquire(160, 2);
  EXPECT_EQ(pool.bytes(first), owners.shelf(0));
  EXPECT_EQ(pool.bytes(last), owners.shelf(2));
  for (const auto index : {first, last}) pool.release(index);
  for (const auto index : others) pool.release(index);
  EXPECT_EQ(pool.in_use(), PayloadPool::kShelf);
  EXPECT_EQ(pool.long_in_use(), 0U);
  // The lowest that is free comes next, whichever came back last.
  for (const std::size_t i : {1, 4}) pool.release(taken[i]);
  EXPECT_EQ(pool.try_acquire(160, 1), taken[1]);
  EXPECT_EQ(pool.try_acquire(160, 1), taken[4]);
  for (const auto index : taken) pool.release(index);
  EXPECT_EQ(pool.in_use(), 0U);
}

// Whatever is taken and given back in whichever order, no two hold the same block.
TEST(PayloadPool, HandsOutNoBlockTwice) {
  std::mt19937 random(20'261'126);
  Owners owners(4);
  PayloadPool pool(8, 4, owners.shelves());
  std::vector<std::pair<PayloadPool::Index, int>> taken;
  for (int round = 0; round < 20'000; ++round) {
    if (random() % 2 == 0 || taken.empty()) {
      const std::size_t bytes = random() % 8 == 0 ? 400 : 160;
      const auto index = pool.try_acquire(bytes, static_cast<PayloadPool::Owner>(random() % 6));
      if (index == PayloadPool::kNone) continue;
      std::memset(pool.bytes(index), round & 0xFF, bytes);
      taken.emplace_back(index, round & 0xFF);
    } else {
      std::swap(taken[random() % taken.size()], taken.back());
      const auto [index, mark] = taken.back();
      ASSERT_EQ(pool.bytes(index)[0], static_cast<std::byte>(mark));
      ASSERT_EQ(pool.bytes(index)[159], static_cast<std::byte>(mark));
      pool.release(index);
      taken.pop_back();
    }
    ASSERT_EQ(pool.in_use(), taken.size());
  }
}

TEST(PayloadPool, TellsWhatOfAShelfIsWrittenNext) {
  Owners owners(2);
  PayloadPool pool(1, 0, owners.shelves());
  EXPECT_EQ(pool.next_written(1), nullptr) << "of who has nothing waiting nobody knows whether he is silent";
  std::vector<PayloadPool::Index> taken{pool.try_acquire(160, 1)};
  while (taken.size() < PayloadPool::kShelf) {
    const std::byte* const next = pool.next_written(1);
    taken.push_back(pool.try_acquire(160, 1));
    EXPECT_EQ(next, pool.bytes(taken.back()));
  }
  pool.release(taken[2]);
  EXPECT_EQ(pool.next_written(1), pool.bytes(taken[2]));
  EXPECT_EQ(pool.next_written(PayloadPool::kNobody), nullptr);
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
