// A conference on two cores that are two real threads, two shares on each: what each sends is exact, while
// callers come and go and other conferences are opened, linked, unlinked and closed beside it. TSan watches.

#include <array>
#include <atomic>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <random>
#include <set>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "tests/sim/exact_core.h"

namespace tutti::core {
namespace {

constexpr std::uint64_t kSeed = 3;
constexpr std::uint32_t kCallers = 12;
constexpr std::uint32_t kSlots = 16;
constexpr std::uint64_t kTicks = 200;
constexpr std::uint64_t kSteps = kTicks * kSubSlots;

// What its thread saw, judged when both have ended.
struct Side {
  std::unique_ptr<sim::ExactCore> core;
  std::vector<sim::ExactTick> ticks;
  std::atomic<std::uint64_t> done{0};  // sub-slots
};

// Virtual time, in which a core is ahead of the other by a sub-slot at most: less than the margin.
void run(Side& side, const Side& other) {
  base::Instant now(std::chrono::seconds(1));
  for (std::uint64_t step = 0; step < kSteps; ++step, now += kSubSlot) {
    while (other.done.load(std::memory_order_relaxed) + 1 < step) std::this_thread::yield();
    for (const sim::ExactTick& tick : side.core->run(now)) side.ticks.push_back(tick);
    side.done.store(step + 1, std::memory_order_relaxed);
  }
}

void post(Side& side, const mailbox::CoreCommand& command) {
  while (!side.core->mailbox().post(command)) std::this_thread::yield();
}

// Another conference, whose share on a core has that core's number.
void link(std::array<Side, 2>& sides, std::uint32_t here, const mailbox::ConferenceHandle& own,
          const mailbox::ConferenceHandle& share) {
  post(sides[here], mailbox::LinkShare{own, 1 - here, 1 - here, share});
}

TEST(PeerThreads, TwoCoresHearEachOtherExactly) {
  std::printf("[ threads  ] seed %llu\n", static_cast<unsigned long long>(kSeed));
  const sim::Voices voices(kSeed);
  RingDirectory rings(2, kSlots);
  // By number: the first two are on the first core.
  constexpr std::uint32_t kShares = 4;
  const std::vector<std::uint32_t> phases = {1, 5, 3, 4};
  std::array<Side, 2> sides;
  for (std::uint32_t i = 0; i < 2; ++i) {
    sides[i].core =
        std::make_unique<sim::ExactCore>(i, rings, mailbox::CoreCapacity{kCallers, kSlots}, voices,
                                         std::vector<std::uint32_t>{phases[2 * i], phases[2 * i + 1]}, 2 * i);
    sides[i].ticks.reserve(2 * kTicks);
  }
  for (std::uint32_t a = 0; a < kShares; ++a) {
    for (std::uint32_t b = 0; b < kShares; ++b) {
      if (a != b) sides[a / 2].core->hear(a, *sides[b / 2].core, b);
    }
  }
  for (std::uint32_t i = 0; i < 2; ++i) {
    for (std::uint32_t slot = 0; slot < kCallers; slot += 2) sides[i].core->join(slot);
  }

  std::thread first([&] { run(sides[0], sides[1]); });
  std::thread second([&] { run(sides[1], sides[0]); });
  // The odd ones come and go; another conference, in slots 14 and 15 by turns, is opened on both cores and
  // closed.
  std::mt19937 random(kSeed);
  bool there = false;
  for (std::uint32_t generation = 1; sides[0].done.load() + sides[1].done.load() < 2 * kSteps - 400;
       ++generation) {
    for (auto& side : sides) {
      for (std::uint32_t slot = 1; slot < kCallers; slot += 2)
        there ? side.core->leave(slot) : side.core->join(slot);
    }
    there = !there;
    const mailbox::ConferenceHandle share{14 + generation % 2, 1'000 + generation};
    const std::uint32_t early = random() % 2;
    // One links and even unlinks before the other has opened, or after it has closed.
    for (const std::uint32_t i : {early, 1 - early}) {
      post(sides[i], mailbox::OpenConference{share, 0, i});
      link(sides, i, share, share);
      const std::uint64_t until = sides[i].done.load() + random() % 24;
      while (sides[i].done.load() < until && until < kSteps) std::this_thread::yield();
      if (random() % 2 == 0) post(sides[i], mailbox::UnlinkShare{share, 1 - i});
      post(sides[i], mailbox::CloseConference{share});
    }
    const std::uint64_t until = sides[early].done.load() + 16;
    while (sides[early].done.load() < until && until < kSteps) std::this_thread::yield();
  }
  first.join();
  second.join();

  std::vector<sim::ExactMix::Shares> shares(kShares);
  std::array<sim::ExactMix, kShares> mixes;
  for (const Side& side : sides) {
    ASSERT_GE(side.ticks.size(), 2 * (kTicks - 1));
    for (const auto& tick : side.ticks) shares[tick.number].emplace(tick.tick, tick.share);
  }
  std::uint64_t packets = 0;
  for (std::uint32_t i = 0; i < 2; ++i) {
    for (const auto& tick : sides[i].ticks) {
      std::set<std::uint32_t> others = {0, 1, 2, 3};
      others.erase(tick.number);
      // The very first tick behind a peer that had none yet is silence.
      const auto mix = mixes[tick.number].mix(others, tick, shares, phases);
      ASSERT_EQ(sim::wrong_packets(tick, mix, voices), 0U)
          << "share " << tick.number << ", tick " << tick.tick;
      packets += tick.heard.size();
    }
    EXPECT_EQ(sides[i].core->counters().peer_ticks_missed.value(), 0U);
    EXPECT_GE(sides[i].core->counters().peer_ticks_mixed.value(), 2 * 3 * (kTicks - 2));
  }
  EXPECT_GT(packets, kTicks * kCallers);
}

}  // namespace
}  // namespace tutti::core
