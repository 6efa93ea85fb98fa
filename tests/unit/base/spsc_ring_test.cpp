#include "dataplane/base/spsc_ring.h"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <thread>

#include <gtest/gtest.h>

namespace tutti::base {
namespace {

TEST(SpscRing, RoundsItsCapacityUp) {
  EXPECT_EQ(SpscRing<int>(1).capacity(), 1u);
  EXPECT_EQ(SpscRing<int>(5).capacity(), 8u);
  EXPECT_EQ(SpscRing<int>(8).capacity(), 8u);
}

TEST(SpscRing, RefusesWhenFullAndWhenEmpty) {
  SpscRing<int> ring(4);
  int item = 0;
  EXPECT_FALSE(ring.try_pop(item));
  for (int i = 0; i < 4; ++i) EXPECT_TRUE(ring.try_push(i));
  EXPECT_FALSE(ring.try_push(4));
  EXPECT_EQ(ring.size(), 4u);
  EXPECT_TRUE(ring.try_pop(item));
  EXPECT_EQ(item, 0);
  EXPECT_TRUE(ring.try_push(5));
  EXPECT_FALSE(ring.try_push(6));
}

TEST(SpscRing, KeepsTheOrderRoundAndRound) {
  SpscRing<int> ring(4);
  int next = 0, expected = 0, item = 0;
  for (int round = 0; round < 100; ++round) {
    for (int i = 0; i < round % 5; ++i) next += ring.try_push(next) ? 1 : 0;
    while (ring.try_pop(item)) EXPECT_EQ(item, expected++);
  }
  EXPECT_EQ(expected, next);
  EXPECT_EQ(ring.size(), 0u);
}

TEST(SpscRing, CarriesEverythingBetweenTwoThreads) {
  struct Item {
    std::uint64_t number = 0, twice = 0;
  };
  // Where others want the CPUs each turn of the ring is a turn of theirs: fewer do then.
  constexpr std::uint64_t kItems = 200'000, kItemsLeast = 2'000;
  const auto enough = std::chrono::steady_clock::now() + std::chrono::seconds(2);
  SpscRing<Item> ring(16);  // small, so that it is full and empty often
  std::atomic<std::uint64_t> items{kItems};
  std::thread producer([&] {
    for (std::uint64_t i = 0; i < items; ++i) {
      while (!ring.try_push({i, 2 * i})) std::this_thread::yield();
      if (i >= kItemsLeast && i % 100 == 0 && std::chrono::steady_clock::now() > enough) items = i + 1;
    }
  });
  std::uint64_t torn = 0, misplaced = 0;
  for (std::uint64_t i = 0; i < items; ++i) {
    Item item;
    while (!ring.try_pop(item) && i < items) std::this_thread::yield();
    if (i >= items) break;
    misplaced += item.number != i ? 1 : 0;
    torn += item.twice != 2 * item.number ? 1 : 0;
  }
  producer.join();
  EXPECT_EQ(misplaced, 0u);
  EXPECT_EQ(torn, 0u);
  EXPECT_EQ(ring.size(), 0u);
}

TEST(SpscRingDeathTest, HoldsAtLeastOne) {
  EXPECT_DEATH(SpscRing<int>(0), "CHECK failed: capacity > 0");
}

}  // namespace
}  // namespace tutti::base
