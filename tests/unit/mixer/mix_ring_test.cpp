#include "mixer/mix_ring.h"

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <memory>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

namespace tutti::mixer {
namespace {

// Every sample of a tick tells the tick and its own place, so that a torn copy cannot pass.
std::int32_t sample_of(std::uint64_t tick, std::size_t i) {
  return static_cast<std::int32_t>(static_cast<std::uint32_t>(tick * 2'654'435'761u) ^
                                   static_cast<std::uint32_t>(i));
}

base::SumFrame sum_of(std::uint64_t tick) {
  base::SumFrame sum;
  for (std::size_t i = 0; i < sum.samples.size(); ++i) sum.samples[i] = sample_of(tick, i);
  return sum;
}

TEST(MixRing, TellsNotYetFromGone) {
  const auto ring = std::make_unique<MixRing>();
  base::SumFrame out;
  EXPECT_EQ(ring->latest(), MixRing::kNone);
  EXPECT_EQ(ring->read(0, out), MixRead::kNotYet);
  for (std::uint64_t tick = 0; tick < 100; ++tick) {
    ring->publish(tick, sum_of(tick));
    EXPECT_EQ(ring->latest(), tick);
    EXPECT_EQ(ring->read(tick + 1, out), MixRead::kNotYet);
    EXPECT_EQ(ring->read(tick + MixRing::kTicks, out), MixRead::kNotYet);
    for (std::uint64_t back = 0; back <= tick; ++back) {
      const bool held = back < MixRing::kTicks;
      ASSERT_EQ(ring->read(tick - back, out), held ? MixRead::kWhole : MixRead::kGone);
      if (held) {
        ASSERT_EQ(out.samples, sum_of(tick - back).samples);
      }
    }
  }
}

TEST(MixRing, HoldsAtLeastEightTicks) {
  EXPECT_GE(MixRing::kTicks, 8u);
}

TEST(MixRing, ATickThatWasLeftOutIsGone) {
  const auto ring = std::make_unique<MixRing>();
  base::SumFrame out;
  ring->publish(1'000'000'000'000, sum_of(1));
  ring->publish(1'000'000'000'005, sum_of(2));
  EXPECT_EQ(ring->read(999'999'999'999, out), MixRead::kGone);
  EXPECT_EQ(ring->read(1'000'000'000'000, out), MixRead::kWhole);
  EXPECT_EQ(ring->read(1'000'000'000'003, out), MixRead::kGone);
  EXPECT_EQ(ring->read(1'000'000'000'005, out), MixRead::kWhole);
  EXPECT_EQ(out.samples, sum_of(2).samples);
}

TEST(MixRing, AReaderLeftFromAnotherConferenceFindsItsTicksGone) {
  const auto ring = std::make_unique<MixRing>();
  base::SumFrame out;
  for (std::uint64_t tick = 0; tick < 50; ++tick) ring->publish(tick, sum_of(tick));
  for (std::uint64_t tick = 500; tick < 520; ++tick) ring->publish(tick, sum_of(tick));
  for (std::uint64_t tick = 40; tick < 50; ++tick) EXPECT_EQ(ring->read(tick, out), MixRead::kGone);
}

// One writer as fast as it can, readers everywhere around its tick: whatever is called whole is whole.
TEST(MixRing, NoReaderEverTakesATornTickForWhole) {
  constexpr std::uint64_t kTicks = 60'000;
  constexpr int kReaders = 2;
  const auto ring = std::make_unique<MixRing>();
  std::atomic<bool> done{false};
  std::atomic<std::uint64_t> torn{0};
  std::atomic<std::uint64_t> whole{0};
  std::atomic<int> ready{0};

  std::vector<std::thread> readers;
  for (int reader = 0; reader < kReaders; ++reader) {
    readers.emplace_back([&, reader] {
      base::SumFrame out;
      std::uint64_t good = 0;
      ready.fetch_add(1);
      for (std::uint64_t turn = 0; !done.load(std::memory_order_relaxed) || good == 0; ++turn) {
        // From the slot being written back to the newest tick; the oldest is where the race is.
        const std::uint64_t latest = ring->latest();
        if (latest == MixRing::kNone) continue;
        const std::uint64_t back = reader == 0 ? MixRing::kTicks - 1 : turn % MixRing::kTicks;
        const std::uint64_t tick = latest - std::min(back, latest);
        if (ring->read(tick, out) != MixRead::kWhole) {
          if (done.load(std::memory_order_relaxed)) break;
          continue;
        }
        ++good;
        for (std::size_t i = 0; i < out.samples.size(); ++i) {
          if (out.samples[i] != sample_of(tick, i)) {
            torn.fetch_add(1);
            break;
          }
        }
      }
      whole.fetch_add(good);
    });
  }
  while (ready.load() != kReaders) std::this_thread::yield();
  for (std::uint64_t tick = 0; tick < kTicks; ++tick) ring->publish(tick, sum_of(tick));
  done.store(true);
  for (auto& reader : readers) reader.join();
  EXPECT_EQ(torn.load(), 0u);
  EXPECT_GT(whole.load(), 0u);
}

}  // namespace
}  // namespace tutti::mixer
