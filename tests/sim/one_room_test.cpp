// One conference of many shares, on one core or many, one seed: every packet that leaves is exactly the
// saturated sum of all others, while callers come and go, turns are late, and a core stands still.

#include <algorithm>
#include <cstdio>
#include <memory>
#include <random>
#include <set>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "tests/sim/exact_core.h"

namespace tutti::sim {
namespace {

class OneRoom {
 public:
  struct Config {
    std::uint64_t seed = 1;
    std::uint32_t cores = 8;
    std::uint32_t per_core = 1'250;
    std::uint32_t shares = 1;  // on each core
  };

  explicit OneRoom(const Config& config)
      : config_(config),
        random_(config.seed),
        voices_(config.seed),
        rings_(config.cores, kSlotsPerShare * config.shares),
        shares_(config.cores * config.shares),
        mixes_(config.cores * config.shares),
        linked_(config.cores * config.shares),
        ticks_(config.cores * config.shares),
        present_(config.cores),
        leaving_(config.cores),
        stopped_(config.cores),
        behind_(config.cores),
        started_(config.cores) {
    for (std::uint32_t i = 0; i < config.cores; ++i) {
      // Not the last sub-slot: a turn that is late by one stays within its tick.
      std::vector<std::uint32_t> phases(config.shares);
      for (auto& phase : phases) phase = static_cast<std::uint32_t>(random_() % (core::kSubSlots - 1));
      cores_.push_back(std::make_unique<ExactCore>(
          i, rings_, mailbox::CoreCapacity{config.per_core, kSlotsPerShare * config.shares}, voices_, phases,
          i * config.shares));
      phases_.insert(phases_.end(), phases.begin(), phases.end());
    }
  }

  // Two shares, by number.
  void link(std::uint32_t a, std::uint32_t b) {
    core_of(a).hear(a, core_of(b), b);
    core_of(b).hear(b, core_of(a), a);
    linked_[a].insert(b);
    linked_[b].insert(a);
  }
  void link_all() {
    for (std::uint32_t a = 0; a < numbers(); ++a) {
      for (std::uint32_t b = 0; b < a; ++b) link(a, b);
    }
  }
  void unlink(std::uint32_t a, std::uint32_t b) {
    core_of(a).post(mailbox::UnlinkShare{core_of(a).share(a), b});
    core_of(b).post(mailbox::UnlinkShare{core_of(b).share(b), a});
    linked_[a].erase(b);
    linked_[b].erase(a);
  }
  // Everyone in it has left.
  void close(std::uint32_t number) {
    core_of(number).post(mailbox::CloseConference{core_of(number).share(number)});
  }
  void join(std::uint32_t core, std::uint32_t slot) {
    if (present_[core].insert(slot).second) cores_[core]->join(slot);
  }
  void leave(std::uint32_t core, std::uint32_t slot) {
    if (present_[core].erase(slot) == 0) return;
    leaving_[core].insert(slot);
    cores_[core]->leave(slot);
  }
  void join_all() {
    for (std::uint32_t core = 0; core < config_.cores; ++core) {
      for (std::uint32_t slot = 0; slot < config_.per_core; ++slot) join(core, slot);
    }
  }
  // Until every core has opened and linked what it was told to: 64 commands a turn.
  void settle() { run_ticks(2 + static_cast<int>(config_.shares * (numbers() + core::kSubSlots) / 256)); }
  // One somewhere leaves or comes back.
  void come_and_go() {
    const auto core = static_cast<std::uint32_t>(random_() % config_.cores);
    const auto slot = static_cast<std::uint32_t>(random_() % config_.per_core);
    // A slot is free when the core says so.
    if (stopped_[core] || leaving_[core].count(slot) == 1 || !touched_.insert({core, slot}).second) return;
    if (present_[core].count(slot) == 1) {
      leave(core, slot);
    } else {
      join(core, slot);
    }
  }
  void stop(std::uint32_t core) {
    stopped_[core] = true;
    cores_[core]->lose_track();
    disturbed_.insert(core);
  }
  void go_on(std::uint32_t core) { stopped_[core] = false; }

  // Turns of all cores in any order, each late by up to a sub-slot; `each_tick` between them.
  template <typename EachTick>
  void run_ticks(int ticks, EachTick&& each_tick) {
    for (int step = 0; step < ticks * static_cast<int>(core::kSubSlots); ++step) {
      if (step % static_cast<int>(core::kSubSlots) == 0) {
        touched_.clear();
        each_tick();
      }
      std::vector<std::uint32_t> order(config_.cores);
      for (std::uint32_t i = 0; i < config_.cores; ++i) order[i] = i;
      std::shuffle(order.begin(), order.end(), random_);
      for (const std::uint32_t core : order) {
        if (stopped_[core]) continue;
        // Not in the first tick: who begins after its phase plays a packet of the tick before.
        behind_[core] = !behind_[core] && started_[core] && random_() % 4 == 0;
        if (behind_[core]) continue;
        started_[core] = step >= static_cast<int>(core::kSubSlots) || started_[core];
        for (const ExactTick& tick : cores_[core]->run(now_)) verify(core, tick);
        for (const std::uint32_t slot : cores_[core]->freed()) leaving_[core].erase(slot);
      }
      now_ += core::kSubSlot;
      if (testing::Test::HasFatalFailure()) return;
    }
  }
  void run_ticks(int ticks) {
    run_ticks(ticks, [] {});
  }

  std::uint64_t packets() const { return packets_; }
  // By the reference, and as the core counted: of all its shares together.
  std::uint64_t missed(std::uint32_t core) const {
    std::uint64_t missed = 0;
    for (std::uint32_t i = 0; i < config_.shares; ++i) missed += mixes_[core * config_.shares + i].missed();
    return missed;
  }
  std::uint64_t counted(std::uint32_t core) const {
    return cores_[core]->counters().peer_ticks_missed.value();
  }
  std::uint64_t talkers() const { return talkers_; }
  std::uint32_t lag(std::uint32_t number, std::uint32_t peer) const { return mixes_[number].lag(peer); }
  std::uint32_t numbers() const { return config_.cores * config_.shares; }
  std::size_t present(std::uint32_t core) const { return present_[core].size(); }

 private:
  static constexpr std::uint32_t kSlotsPerShare = core::kSubSlots;

  ExactCore& core_of(std::uint32_t number) { return *cores_[number / config_.shares]; }

  void verify(std::uint32_t core, const ExactTick& tick) {
    const std::uint32_t number = tick.number;
    ASSERT_EQ(tick.phase, phases_[number]);
    const base::SumFrame mix = mixes_[number].mix(linked_[number], tick, shares_, phases_);
    auto& shares = shares_[number];
    shares.emplace(tick.tick, tick.share);
    if (shares.size() > 12) shares.erase(shares.begin());
    if (disturbed_.count(core) == 1) return;
    ASSERT_TRUE(ticks_[number] == 0 || tick.tick == ticks_[number] + 1) << "a tick was left out";
    ticks_[number] = tick.tick;
    ASSERT_EQ(wrong_packets(tick, mix, voices_), 0U)
        << "of " << tick.heard.size() << " of share " << number << " in tick " << tick.tick;
    packets_ += tick.heard.size();
    for (const auto& heard : tick.heard) talkers_ += heard.own ? 1 : 0;
  }

  const Config config_;
  std::mt19937_64 random_;
  const Voices voices_;
  core::RingDirectory rings_;
  std::vector<std::unique_ptr<ExactCore>> cores_;
  // By the share's number.
  std::vector<std::uint32_t> phases_;
  std::vector<ExactMix::Shares> shares_;
  std::vector<ExactMix> mixes_;
  std::vector<std::set<std::uint32_t>> linked_;
  std::vector<std::uint64_t> ticks_;
  // By core.
  std::vector<std::set<std::uint32_t>> present_;
  std::vector<std::set<std::uint32_t>> leaving_;
  std::set<std::pair<std::uint32_t, std::uint32_t>> touched_;  // in this tick
  std::vector<bool> stopped_;
  std::vector<bool> behind_;
  std::vector<bool> started_;
  std::set<std::uint32_t> disturbed_;
  base::Instant now_{std::chrono::seconds(1)};
  std::uint64_t packets_ = 0;
  std::uint64_t talkers_ = 0;
};

// Joins, a life with comings and goings, a core that stands still for half a second, and what follows.
void live(const OneRoom::Config& config) {
  std::printf("[ one room ] seed %llu, %u cores x %u in %u shares\n",
              static_cast<unsigned long long>(config.seed), config.cores, config.per_core, config.shares);
  OneRoom room(config);
  room.link_all();
  room.settle();
  room.join_all();
  room.run_ticks(20);
  room.run_ticks(20, [&] {
    for (int i = 0; i < 20; ++i) room.come_and_go();
  });
  for (std::uint32_t core = 0; core < config.cores; ++core) {
    ASSERT_EQ(room.counted(core), 0U) << "late turns within the margin were heard";
  }
  const std::uint32_t late = config.cores - 1;
  room.stop(late);
  room.run_ticks(25, [&] { room.come_and_go(); });
  const std::uint64_t before = room.packets();
  room.go_on(late);
  room.run_ticks(15, [&] { room.come_and_go(); });
  for (std::uint32_t core = 0; core < late; ++core) {
    // 500 ms, and three ticks until it is heard again, by each share of each; nobody else was missed.
    EXPECT_NEAR(static_cast<double>(room.counted(core)) / (config.shares * config.shares), 25.0, 5.0);
    EXPECT_EQ(room.counted(core), room.missed(core));
  }
  for (std::uint32_t number = 0; number < late * config.shares; ++number) {
    for (std::uint32_t i = 0; i < config.shares; ++i) {
      EXPECT_EQ(room.lag(number, late * config.shares + i), 3U);
    }
  }
  EXPECT_GT(room.packets(), before);
  std::printf("[ one room ] %llu packets exact, %llu of them to talkers\n",
              static_cast<unsigned long long>(room.packets()),
              static_cast<unsigned long long>(room.talkers()));
}

TEST(OneRoom, TenThousandOnEightCoresHearExactlyTheOthers) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  constexpr std::uint32_t kPerCore = 125;  // a tenth, where everything takes ten times as long
#else
  constexpr std::uint32_t kPerCore = 1'250;
#endif
  live({.seed = 20'260'101, .cores = 8, .per_core = kPerCore, .shares = 5});
}

TEST(OneRoom, OfAnySizeAndSeed) {
  for (std::uint64_t seed = 1; seed <= 12; ++seed) {
    live({.seed = seed, .cores = static_cast<std::uint32_t>(2 + seed % 7), .per_core = 24});
    if (testing::Test::HasFailure()) return;
  }
}

TEST(OneRoom, OfSeveralSharesOnEachCore) {
  for (std::uint64_t seed = 1; seed <= 12; ++seed) {
    const auto cores = static_cast<std::uint32_t>(2 + seed % 3);
    live({.seed = seed, .cores = cores, .per_core = 24, .shares = static_cast<std::uint32_t>(2 + seed % 7)});
    if (testing::Test::HasFailure()) return;
  }
}

// Nobody else is there to miss.
void live_on_one_core(const OneRoom::Config& config) {
  std::printf("[ one core ] seed %llu, %u in %u shares\n", static_cast<unsigned long long>(config.seed),
              config.per_core, config.shares);
  OneRoom room(config);
  room.link_all();
  room.settle();
  for (std::uint32_t slot = 0; slot < config.per_core; ++slot) room.join(0, slot);
  room.run_ticks(20);
  room.run_ticks(40, [&] {
    for (int i = 0; i < 5; ++i) room.come_and_go();
  });
  EXPECT_EQ(room.counted(0), 0U);
  EXPECT_GT(room.talkers(), config.per_core * 20U);
}

TEST(OneRoom, OfTwoToSixtyFourSharesOnOneCore) {
  std::uint64_t seed = 0;
  for (const std::uint32_t shares : {2U, 8U, 8U, 16U, 64U}) {
    live_on_one_core({.seed = ++seed, .cores = 1, .per_core = std::max(40U, shares), .shares = shares});
    if (testing::Test::HasFailure()) return;
  }
}

// The members of one leave, it is unlinked and closed; the others never notice.
TEST(OneRoom, AShareIsClosedWhileOthersTalk) {
  constexpr std::uint32_t kShares = 8;
  OneRoom room({.seed = 6, .cores = 1, .per_core = 32, .shares = kShares});
  room.link_all();
  room.settle();
  for (std::uint32_t slot = 0; slot < 32; ++slot) room.join(0, slot);
  room.run_ticks(10);
  for (std::uint32_t slot = 3; slot < 32; slot += kShares) room.leave(0, slot);
  room.run_ticks(5);
  for (std::uint32_t other = 0; other < kShares; ++other) {
    if (other != 3) room.unlink(3, other);
  }
  room.close(3);
  const std::uint64_t before = room.talkers();
  room.run_ticks(10);
  EXPECT_EQ(room.talkers(), before + 10 * 28);
  EXPECT_EQ(room.counted(0), 0U);
}

// A share is opened while the others talk: it fades in, and all is exact from there on.
TEST(OneRoom, AShareIsLinkedWhileOthersTalk) {
  OneRoom room({.seed = 5, .cores = 3, .per_core = 8});
  room.link(0, 1);
  for (std::uint32_t slot = 0; slot < 8; ++slot) {
    room.join(0, slot);
    room.join(1, slot);
  }
  room.run_ticks(10);
  room.link(0, 2);
  room.link(1, 2);
  for (std::uint32_t slot = 0; slot < 8; ++slot) room.join(2, slot);
  const std::uint64_t before = room.talkers();
  room.run_ticks(10);
  EXPECT_GT(room.talkers(), before + 2 * 8 * 9);
  for (std::uint32_t core = 0; core < 3; ++core) EXPECT_EQ(room.counted(core), 0U);
}

}  // namespace
}  // namespace tutti::sim
