#include "tools/load/stall_meter.h"

#include <gtest/gtest.h>

namespace tutti::load {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;

base::Instant at(std::int64_t ms) {
  return base::Instant() + milliseconds(ms);
}

TEST(StallMeter, CountsABacklogOnce) {
  StallMeter meter;
  meter.open(at(0), at(1'000));
  meter.turn(at(10), at(14));
  EXPECT_EQ(meter.stalls().count, 0U);
  // Held up for 30 ms; the turns that were due meanwhile follow at once.
  meter.turn(at(20), at(50));
  for (int due = 21; due < 50; ++due) meter.turn(at(due), at(50) + microseconds(20 * due));
  EXPECT_EQ(meter.stalls().count, 1U);
  meter.turn(at(100), at(105));
  EXPECT_EQ(meter.stalls().count, 2U);
  EXPECT_EQ(meter.stalls().longest, milliseconds(30));
  EXPECT_EQ(meter.stalls().whole, milliseconds(35));
}

TEST(StallMeter, CountsWhatTouchesItsTime) {
  StallMeter meter;
  meter.turn(at(10), at(50));
  EXPECT_EQ(meter.stalls().count, 0U);
  meter.open(at(100), at(200));
  meter.turn(at(60), at(99));
  EXPECT_EQ(meter.stalls().count, 0U);
  meter.turn(at(99), at(110));
  EXPECT_EQ(meter.stalls().count, 1U);
  meter.turn(at(199), at(240));
  EXPECT_EQ(meter.stalls().count, 2U);
  meter.turn(at(240), at(300));
  EXPECT_EQ(meter.stalls().count, 2U);
}

}  // namespace
}  // namespace tutti::load
