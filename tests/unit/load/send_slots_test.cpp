#include "tools/load/send_slots.h"

#include <algorithm>
#include <map>
#include <set>
#include <vector>

#include <gtest/gtest.h>

namespace tutti::load {
namespace {

std::vector<std::size_t> slots_of(std::size_t callers) {
  const SendSlots slots(callers);
  std::vector<std::size_t> of(callers, SendSlots::kSlots);
  for (std::size_t slot = 0; slot < SendSlots::kSlots; ++slot) {
    for (const std::uint32_t caller : slots.in(slot)) {
      EXPECT_EQ(of[caller], SendSlots::kSlots) << "twice";
      of[caller] = slot;
    }
  }
  return of;
}

TEST(SendSlots, EverybodyHasOneAndAllAreEquallyFull) {
  for (const std::size_t callers : {1U, 39U, 40U, 41U, 200U, 4'003U}) {
    SCOPED_TRACE(callers);
    const auto of = slots_of(callers);
    EXPECT_EQ(std::count(of.begin(), of.end(), SendSlots::kSlots), 0);
    const SendSlots slots(callers);
    std::map<std::size_t, std::size_t> full;
    for (std::size_t slot = 0; slot < SendSlots::kSlots; ++slot) full[slots.in(slot).size()]++;
    EXPECT_LE(full.rbegin()->first - full.begin()->first, 1U);
  }
}

TEST(SendSlots, GoOnWithTheNextTick) {
  const SendSlots slots(200);
  EXPECT_EQ(slots.in(3).data(), slots.in(3 + 5 * SendSlots::kSlots).data());
}

TEST(SendSlots, RoomsAreNotAlike) {
  const auto of = slots_of(200);
  std::set<std::vector<std::size_t>> patterns;  // from the room's first caller on
  for (std::size_t room = 0; room < 40; ++room) {
    std::vector<std::size_t> pattern;
    for (std::size_t seat = 1; seat < 5; ++seat) {
      pattern.push_back((of[5 * room + seat] + SendSlots::kSlots - of[5 * room]) % SendSlots::kSlots);
    }
    patterns.insert(pattern);
  }
  EXPECT_EQ(patterns.size(), 40U);
}

TEST(SendSlots, AreTheSameInEveryRun) {
  EXPECT_EQ(slots_of(1'000), slots_of(1'000));
  const auto fewer = slots_of(500);
  const auto more = slots_of(1'000);
  EXPECT_TRUE(std::equal(fewer.begin(), fewer.end(), more.begin()));
}

}  // namespace
}  // namespace tutti::load
