#include "mixer/mix_ring.h"

#include <atomic>
#include <cstdint>
#include <cstdio>
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

// A share of as many voices as the tick's last digit and one, so that a torn part cannot pass either.
MixPart part_of(std::uint64_t tick) {
  MixPart part;
  part.tenant = 7;
  part.contributors = static_cast<std::uint32_t>(tick % 10 + 1);
  part.phase = static_cast<std::uint32_t>(tick % 8);
  part.loudest_count = MixPart::kLoudest;
  part.loudest.fill(static_cast<std::uint16_t>(tick));
  return part;
}

bool same(const MixPart& a, const MixPart& b) {
  return a.tenant == b.tenant && a.contributors == b.contributors && a.phase == b.phase &&
         a.loudest_count == b.loudest_count && a.loudest == b.loudest;
}

base::SumFrame sum_of(std::uint64_t tick) {
  base::SumFrame sum;
  for (std::size_t i = 0; i < sum.samples.size(); ++i) sum.samples[i] = sample_of(tick, i);
  return sum;
}

TEST(MixRing, TellsNotYetFromGone) {
  const auto ring = std::make_unique<MixRing>();
  base::SumFrame out;
  MixPart part;
  EXPECT_EQ(ring->latest(), MixRing::kNone);
  EXPECT_EQ(ring->read(0, part, out), MixRead::kNotYet);
  for (std::uint64_t tick = 0; tick < 100; ++tick) {
    ring->publish(tick, part_of(tick), sum_of(tick));
    EXPECT_EQ(ring->latest(), tick);
    EXPECT_EQ(ring->read(tick + 1, part, out), MixRead::kNotYet);
    EXPECT_EQ(ring->read(tick + MixRing::kTicks, part, out), MixRead::kNotYet);
    for (std::uint64_t back = 0; back <= tick; ++back) {
      const bool held = back < MixRing::kTicks;
      ASSERT_EQ(ring->read(tick - back, part, out), held ? MixRead::kWhole : MixRead::kGone);
      if (held) {
        ASSERT_EQ(out.samples, sum_of(tick - back).samples);
        ASSERT_TRUE(same(part, part_of(tick - back)));
      }
    }
  }
}

TEST(MixRing, SilenceTakesNoSamplesAlong) {
  const auto ring = std::make_unique<MixRing>();
  MixPart part;
  base::SumFrame out = sum_of(3);
  ring->publish(1, MixPart{}, sum_of(1));
  EXPECT_EQ(ring->read(1, part, out), MixRead::kWhole);
  EXPECT_EQ(part.contributors, 0u);
  EXPECT_EQ(out.samples, sum_of(3).samples) << "written although nobody spoke";
  MixPart alone;
  EXPECT_EQ(ring->read(1, alone), MixRead::kWhole);
  EXPECT_TRUE(same(alone, part));
  EXPECT_EQ(ring->read(2, alone), MixRead::kNotYet);
}

TEST(MixRing, NamesItsTenant) {
  const auto ring = std::make_unique<MixRing>();
  EXPECT_EQ(ring->tenant(), MixRing::kNobody);
  ring->pass_to(5);
  EXPECT_EQ(ring->tenant(), 5u);
}

TEST(MixRing, HoldsAtLeastEightTicks) {
  EXPECT_GE(MixRing::kTicks, 8u);
}

TEST(MixRing, TellsOfATickThatWasLeftOut) {
  const auto ring = std::make_unique<MixRing>();
  base::SumFrame out;
  MixPart part;
  ring->publish(1'000'000'000'000, part_of(1), sum_of(1));
  ring->publish(1'000'000'000'005, part_of(2), sum_of(2));
  EXPECT_EQ(ring->read(999'999'999'999, part, out), MixRead::kLeftOut);
  EXPECT_EQ(ring->read(1'000'000'000'000, part, out), MixRead::kWhole);
  EXPECT_EQ(ring->read(1'000'000'000'003, part, out), MixRead::kLeftOut);
  EXPECT_EQ(ring->read(1'000'000'000'005, part, out), MixRead::kWhole);
  EXPECT_EQ(out.samples, sum_of(2).samples);
}

TEST(MixRing, AReaderLeftFromAnotherConferenceFindsItsTicksGone) {
  const auto ring = std::make_unique<MixRing>();
  base::SumFrame out;
  MixPart part;
  for (std::uint64_t tick = 0; tick < 50; ++tick) ring->publish(tick, part_of(tick), sum_of(tick));
  for (std::uint64_t tick = 500; tick < 520; ++tick) ring->publish(tick, part_of(tick), sum_of(tick));
  for (std::uint64_t tick = 40; tick < 50; ++tick) EXPECT_EQ(ring->read(tick, part, out), MixRead::kGone);
}

// One writer as fast as it can. Each reader takes a tick and reads it again and again until it is gone, so
// that every tick it takes ends in the race with the writer; whatever is called whole must be whole.
TEST(MixRing, NoReaderEverTakesATornTickForWhole) {
  constexpr std::uint64_t kPublished = 60'000;
  constexpr int kReaders = 2;
  const auto ring = std::make_unique<MixRing>();
  std::atomic<bool> done{false};
  std::atomic<int> ready{0};
  std::atomic<std::uint64_t> torn{0}, whole{0}, gone{0};

  const auto read_on = [&](std::uint64_t age) {
    base::SumFrame out;
    MixPart part;
    ready.fetch_add(1);
    while (!done.load(std::memory_order_relaxed)) {
      const std::uint64_t latest = ring->latest();
      if (latest == MixRing::kNone || latest < age) continue;
      const std::uint64_t tick = latest - age;
      while (!done.load(std::memory_order_relaxed)) {
        const MixRead result = ring->read(tick, part, out);
        if (result != MixRead::kWhole) {
          gone.fetch_add(result == MixRead::kGone ? 1 : 0, std::memory_order_relaxed);
          break;
        }
        whole.fetch_add(1, std::memory_order_relaxed);
        if (!same(part, part_of(tick)) || out.samples != sum_of(tick).samples)
          torn.fetch_add(1, std::memory_order_relaxed);
      }
    }
  };
  std::vector<std::thread> readers;
  readers.reserve(kReaders);
  for (int reader = 0; reader < kReaders; ++reader) {
    readers.emplace_back(read_on, reader == 0 ? MixRing::kTicks - 1 : MixRing::kTicks / 2);
  }
  while (ready.load() != kReaders) std::this_thread::yield();
  // On until the readers have lost the race often enough to have proven something.
  for (std::uint64_t tick = 0; tick < kPublished || gone.load() < 100; ++tick)
    ring->publish(tick, part_of(tick), sum_of(tick));
  done.store(true);
  for (auto& reader : readers) reader.join();
  std::printf("[ ring     ] whole %llu, gone %llu\n", static_cast<unsigned long long>(whole.load()),
              static_cast<unsigned long long>(gone.load()));
  EXPECT_EQ(torn.load(), 0u);
}

}  // namespace
}  // namespace tutti::mixer
