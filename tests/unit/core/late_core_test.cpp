// What a core does that is late: nothing that makes it later, and nothing that comes too late.
#include <gtest/gtest.h>

#include "tests/unit/core/room.h"

namespace tutti::core {
namespace {

using namespace std::chrono_literals;

constexpr std::uint8_t kLoud = 0xA0;

// Two callers of whom the first talks; what the second one hears after the first has fallen silent, of a core
// that does each tick in time or 12 ms late.
std::vector<std::byte> heard_of_a_loss(bool late) {
  Room room(2);
  room.ticks(50, {kLoud, kSilence});
  if (late) {
    // The first conference of a core ticks in the first sub-slot.
    const auto phase = room.wire.now().time_since_epoch() % base::kTick;
    room.wire.run_for((12ms - phase + base::kTick) % base::kTick);
  }
  for (int i = 0; i < 100 && room.wire.counters().frames_concealed.value() == 0; ++i) {
    room.callers[1]->take_rtp();
    if (late) {
      room.wire.stall_for(base::kTick);
      room.wire.server.run_cores();
    } else {
      room.wire.run_for(base::kTick);
    }
  }
  EXPECT_EQ(room.wire.counters().frames_concealed.value(), 1U);
  room.wire.stall_for(1ms);  // it is on its way
  const auto heard = room.callers[1]->take_rtp();
  return heard.empty() ? std::vector<std::byte>{} : heard.back().payload;
}

TEST(LateCore, SearchesForNothingToPutInPlaceOfWhatWasLost) {
  const auto in_time = heard_of_a_loss(false);
  const auto late = heard_of_a_loss(true);
  ASSERT_EQ(in_time.size(), 160U);
  ASSERT_EQ(late.size(), 160U);
  const int loud = sample_of(std::byte{kLoud});
  // Made up, it fades in 50 ms; in haste within the frame.
  EXPECT_GT(std::abs(sample_of(in_time.back())), std::abs(loud) / 2);
  EXPECT_NEAR(sample_of(late.front()), loud, std::abs(loud) / 20);
  EXPECT_LT(std::abs(sample_of(late.back())), std::abs(loud) / 50);
}

// Each packet tells its number by its bytes.
struct Numbered {
  Room room{2};
  std::uint8_t next = 0;

  static std::uint8_t byte_of(std::uint8_t number) { return static_cast<std::uint8_t>(0x80 + number % 64); }
  void ticks(int count) {
    for (int i = 0; i < count; ++i) room.tick({byte_of(next++), kSilence});
  }
  // The network goes on, the core does not.
  void stall(int count) {
    for (int i = 0; i < count; ++i) {
      room.callers[0]->send_rtp(room.participants[0].endpoint.rtp, byte_of(next++));
      room.wire.stall_for(base::kTick);
    }
  }
  // By how many packets the last that was heard is behind the last that was sent.
  int delay() {
    const auto heard = room.callers[1]->take_rtp();
    if (heard.empty()) return -1;
    const auto number = std::to_integer<int>(heard.back().payload.front()) - 0x80;
    return (next - 1 - number) % 64;
  }
};

TEST(LateCore, LeavesTicksOutAndTheDelayDoesNotGrow) {
  for (const int stalled : {2, 5, 8, 100}) {
    SCOPED_TRACE(stalled);
    Numbered numbered;
    numbered.ticks(50);
    const auto& counters = numbered.room.wire.counters();
    const int delay = numbered.delay();
    ASSERT_GE(delay, 1);
    const auto ticks = counters.ticks.value();
    const auto late = counters.late_ticks.value();
    numbered.stall(stalled);
    numbered.room.wire.run_for(5ms);
    // All that were due are told, those that were left out as late ones.
    EXPECT_NEAR(static_cast<double>(counters.ticks.value() - ticks), stalled, 1);
    EXPECT_NEAR(static_cast<double>(counters.late_ticks.value() - late), stalled, 1);
    // No burst of what nobody can use.
    EXPECT_LE(numbered.room.callers[1]->take_rtp().size(), 3U);
    numbered.room.wire.run_for(15ms);
    numbered.ticks(20);
    EXPECT_LE(numbered.delay(), delay + 1);
    EXPECT_EQ(counters.frames_concealed.value(), 0U);
  }
}

}  // namespace
}  // namespace tutti::core
