// What a core says of its load, by clocks that the test moves.
#include "dataplane/core/load_meter.h"

#include <memory>

#include <gtest/gtest.h>

namespace tutti::core {
namespace {

using namespace std::chrono_literals;

base::Instant wall;
base::Duration cpu;

// Turns at each sub-slot that work for as long as the test says; what is not done in time delays the next.
class Meter {
 public:
  explicit Meter(bool with_work_clock = true) {
    wall = base::Instant(1s);
    cpu = 1s;
    options_.clock = [] { return wall; };
    if (with_work_clock) options_.work_clock = [] { return cpu; };
    meter_ = std::make_unique<LoadMeter>(options_, counters);
    due_ = wall;
    turn(0us);  // from here on it knows where the clocks stand
  }

  // The sub-slots that are due by now, `work` for each, and `stolen` by others on the same CPU.
  void turn(base::Duration work, base::Duration stolen = 0us) {
    wall = std::max(wall, due_);
    meter_->begin_turn(wall);
    std::uint32_t due = 0;
    for (; due_ <= wall && due < kSubSlots; due_ += kSubSlot) ++due;
    wall += work * due + stolen;
    cpu += work * due;
    meter_->end_turn(due);
  }
  void run_for(base::Duration time, base::Duration work) {
    for (const base::Instant end = due_ + time; due_ < end;) turn(work);
  }
  // One of the eight sub-slots works so long, the others do nothing.
  void run_uneven_for(base::Duration time, base::Duration work) {
    for (const base::Instant end = due_ + time; due_ < end;) turn(slot_++ % kSubSlots == 0 ? work : 0us);
  }
  std::int64_t used() const { return counters.used_p99_permille.value(); }

  mailbox::CoreCounters counters;

 private:
  CoreOptions options_;
  std::unique_ptr<LoadMeter> meter_;
  base::Instant due_;
  std::uint32_t slot_ = 0;
};

// Up to a bucket's width more, never less.
void expect_used(const Meter& meter, std::int64_t permille) {
  EXPECT_GE(meter.used(), permille);
  EXPECT_LE(meter.used(), permille + permille / 16 + 1);
}

TEST(LoadMeter, AnIdleCoreHasAllItsTime) {
  Meter meter;
  meter.run_for(5s, 0us);
  EXPECT_EQ(meter.used(), 0);
  EXPECT_EQ(meter.counters.load_permille.value(), 0);
}

TEST(LoadMeter, AnEvenLoadIsBoundByTheTick) {
  Meter meter;
  meter.run_for(5s, 1ms);  // 8 of 20 ms
  expect_used(meter, 400);
  EXPECT_NEAR(static_cast<double>(meter.counters.load_permille.value()), 400, 2);
}

TEST(LoadMeter, OneHeavySubSlotIsBoundByLateness) {
  Meter meter;
  meter.run_uneven_for(5s, 3ms);  // 3 of 20 ms, but also 3 of the 5 ms after which a tick is late
  expect_used(meter, 600);
}

TEST(LoadMeter, WhatASubSlotLeavesOverTheNextHaveToCarry) {
  Meter meter;
  meter.run_uneven_for(5s, 12ms);
  EXPECT_GT(meter.used(), 1'000) << "12 of 20 ms would do, 12 of 5 do not";
}

TEST(LoadMeter, TooMuchWorkIsSeenAsSuch) {
  Meter meter;
  meter.run_for(5s, 3ms);  // of 2.5
  EXPECT_GT(meter.used(), 1'000);
}

TEST(LoadMeter, ARiseShowsWithinAFifthOfASecond) {
  Meter meter;
  meter.run_for(5s, 100us);
  meter.run_for(200ms, 2ms);
  expect_used(meter, 800);
}

TEST(LoadMeter, AFallShowsWhenNoWindowRemembers) {
  Meter meter;
  meter.run_for(10s, 2ms);
  meter.run_for(4'900ms, 100us);
  expect_used(meter, 800);
  meter.run_for(5'200ms, 100us);
  expect_used(meter, 40);
}

TEST(LoadMeter, AHitchIsForgiven) {
  Meter meter;
  meter.turn(15ms);  // the first touch of new memory, before anything else was measured
  meter.run_for(200ms, 1ms);
  expect_used(meter, 400);
  meter.run_for(10s, 1ms);
  for (int i = 0; i < 10; ++i) {
    meter.turn(15ms);
    meter.run_for(5s, 1ms);
  }
  expect_used(meter, 400);
}

TEST(LoadMeter, ManyHitchesAreALoad) {
  Meter meter;
  for (int i = 0; i < 20; ++i) {
    meter.turn(15ms);
    meter.run_for(1s, 1ms);
  }
  EXPECT_GT(meter.used(), 700);
}

TEST(LoadMeter, WhatOthersTakeOfTheCpuIsNoWork) {
  Meter meter;
  for (int i = 0; i < 1'000; ++i) meter.turn(100us, i % 10 == 0 ? 8'000us : 0us);
  expect_used(meter, 40);
}

TEST(LoadMeter, WorkWhileThePortSleepsCounts) {
  Meter meter;
  for (int i = 0; i < 1'000; ++i) {
    cpu += 500us;  // the kernel's, on this thread, between two turns
    meter.turn(500us);
  }
  expect_used(meter, 400);
}

TEST(LoadMeter, WithoutAWorkClockATurnsTimeIsItsWork) {
  Meter meter(false);
  meter.run_for(5s, 1ms);
  expect_used(meter, 400);
}

TEST(LoadMeter, EachTickIsInTheHistogram) {
  Meter meter;
  meter.run_for(2s, 1ms);
  EXPECT_EQ(meter.counters.tick_time_us.count(base::LogBuckets::of(8'000)), 99U)
      << "the first one is shorter";
  EXPECT_EQ(meter.counters.tick_time_us.sum(), 99U * 8'000 + 7'000);
}

}  // namespace
}  // namespace tutti::core
