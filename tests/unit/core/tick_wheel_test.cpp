#include "dataplane/core/tick_wheel.h"

#include <gtest/gtest.h>

namespace tutti::core {
namespace {

using namespace std::chrono_literals;

TEST(TickWheel, GoesRoundInEightSubSlotsATick) {
  TickWheel wheel;
  const base::Instant start(7s);
  wheel.start(start);
  for (std::uint64_t i = 0; i < 3 * kSubSlots; ++i) {
    const base::Instant due = start + static_cast<std::int64_t>(i) * 2'500us;
    EXPECT_EQ(wheel.next_due(), due);
    EXPECT_FALSE(wheel.due(due - 1ns));
    EXPECT_TRUE(wheel.due(due));
    const auto turn = wheel.advance();
    EXPECT_EQ(turn.tick, 7'000 / 20 + i / kSubSlots);
    EXPECT_EQ(turn.sub_slot, i % kSubSlots);
    EXPECT_EQ(turn.due, due);
  }
}

TEST(TickWheel, NumbersATickAlikeWheneverItWasStarted) {
  TickWheel early, late;
  early.start(base::Instant(1'000'000'001ns));
  EXPECT_EQ(early.next_due(), base::Instant(1'002'500us));
  late.start(base::Instant(1'012'500us));
  for (int i = 0; i < 4; ++i) early.advance();
  const auto a = early.advance();
  const auto b = late.advance();
  EXPECT_EQ(a.due, base::Instant(1'012'500us));
  EXPECT_EQ(b.due, a.due);
  EXPECT_EQ(b.tick, a.tick);
  EXPECT_EQ(b.sub_slot, a.sub_slot);
}

TEST(TickWheel, CatchesUpWhatIsWithinPatienceAndLeavesOutWholeTicksBeyondIt) {
  TickWheel wheel;
  const base::Instant start(0s);
  wheel.start(start);
  wheel.advance();
  wheel.advance();
  wheel.advance();  // the next is sub-slot 3, due at 7.5 ms
  EXPECT_EQ(wheel.skip(start + 207'500us, 200ms), 0U);
  EXPECT_EQ(wheel.next_due(), start + 7'500us);

  EXPECT_EQ(wheel.skip(start + 1s, 200ms), 49U);  // 992.5 ms behind: 49 ticks and a bit
  const auto turn = wheel.advance();
  EXPECT_EQ(turn.sub_slot, 3U);
  EXPECT_EQ(turn.tick, 49U);
  EXPECT_EQ(turn.due, start + 987'500us);
}

}  // namespace
}  // namespace tutti::core
