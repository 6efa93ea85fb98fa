#include "dataplane/core/ring_directory.h"

#include <atomic>
#include <cstdint>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

namespace tutti::core {
namespace {

using mixer::MixPart;
using mixer::MixRead;

// What is published of a tick: every sample the same.
std::int32_t sum_sample_of(std::uint64_t tick) {
  return static_cast<std::int32_t>(tick % 30'000) + 1;
}

TEST(RingDirectory, CountsReaders) {
  RingDirectory rings(2, 4);
  EXPECT_FALSE(rings.readers(1).any(3));
  EXPECT_EQ(rings.attach_reader(1, 3), 0U);
  EXPECT_EQ(rings.attach_reader(1, 3), 0U);
  rings.detach_reader(1, 3);
  EXPECT_TRUE(rings.readers(1).any(3));
  EXPECT_FALSE(rings.readers(0).any(3));
  rings.detach_reader(1, 3);
  EXPECT_FALSE(rings.readers(1).any(3));
  EXPECT_EQ(rings.find(1, 3), nullptr);
}

// Readers of other threads come and go while a core ticks: each finds ticks from its coming on, whole, in
// order and none that an earlier one left there.
TEST(RingDirectory, ReadersComeAndGoWhileTheCoreTicks) {
  constexpr int kVisits = 60;
  constexpr std::uint64_t kTicksAVisit = 5;
  RingDirectory rings(1, 2);
  std::atomic<int> reading{2};
  std::atomic<std::uint64_t> now{1};  // the core's next tick
  const auto visit = [&] {
    for (int i = 0; i < kVisits; ++i) {
      const std::uint64_t begun = now.load();
      const std::uint64_t first = rings.attach_reader(0, 1);
      std::uint64_t taken = 0;
      for (std::uint64_t last = 0; taken < kTicksAVisit;) {
        const mixer::MixRing* ring = rings.find(0, 1);
        if (ring == nullptr || ring->latest() + 1 == 0 || ring->latest() < first || ring->latest() <= last) {
          std::this_thread::yield();
          continue;
        }
        const std::uint64_t tick = ring->latest();
        MixPart part;
        base::SumFrame sum;
        if (ring->read(tick, part, sum) != MixRead::kWhole) continue;
        ASSERT_GE(tick + 1, begun) << "left from before this reader came";
        ASSERT_EQ(part.contributors, 1U);
        for (const auto sample : sum.samples) ASSERT_EQ(sample, sum_sample_of(tick));
        last = tick;
        ++taken;
      }
      rings.detach_reader(0, 1);
    }
    --reading;
  };
  std::vector<std::thread> readers;
  readers.emplace_back(visit);
  readers.emplace_back(visit);
  std::uint64_t published = 0;
  while (reading.load() != 0) {
    const std::uint64_t tick = now.load(std::memory_order_relaxed);
    if (rings.readers(0).any(1)) {
      MixPart part;
      part.contributors = 1;
      base::SumFrame sum;
      sum.samples.fill(sum_sample_of(tick));
      rings.open(0, 1).publish(tick, part, sum);
      ++published;
    }
    now.store(tick + 1);
    std::this_thread::yield();
  }
  for (auto& reader : readers) reader.join();
  EXPECT_GE(published, kTicksAVisit);
  EXPECT_FALSE(rings.readers(0).any(1));
}

}  // namespace
}  // namespace tutti::core
