// From one conference to another of the same core: what is heard on both sides, and what leaves the server.

#include <algorithm>
#include <cstdlib>

#include <gtest/gtest.h>

#include "mixer/dsp/fade.h"
#include "tests/unit/core/room.h"

namespace tutti::core {
namespace {

using namespace std::chrono_literals;

constexpr std::uint8_t kLoudA = 0xA0;
constexpr std::uint8_t kLoudB = 0x98;

// Callers 0 and 1 in one conference, 2 and 3 in another, which ticks so many sub-slots later.
class TwoRooms {
 public:
  explicit TwoRooms(std::uint32_t sub_slots_later, int ptime_ms = 20) : room(2, {.ptimes_ms = {ptime_ms}}) {
    // Each conference opens in the next sub-slot: the first is in 0.
    for (std::uint32_t i = 0; i < sub_slots_later; ++i) other = room.wire.server.open_conference();
    if (sub_slots_later == 0) {
      for (std::uint32_t i = 0; i < kSubSlots; ++i) other = room.wire.server.open_conference();
    }
    room.wire.run_for(1ms);
    for (std::size_t i = 2; i < 4; ++i) {
      room.callers.push_back(std::make_unique<WireCaller>(room.wire, "10.0.0." + std::to_string(i + 1),
                                                          static_cast<std::uint32_t>(100 + i)));
      room.participants.push_back(room.wire.server.join(other, room.callers.back()->media()));
    }
  }
  void move(std::size_t who, const sim::ConferenceKey& to) {
    room.wire.server.post(0, mailbox::MoveParticipant{room.participants[who].handle, to.handle});
  }
  std::vector<ReceivedRtp> take(std::size_t who) { return room.callers[who]->take_rtp(); }
  void take_all() {
    for (auto& caller : room.callers) caller->take_rtp();
  }

  Room room;
  sim::ConferenceKey other;
};

void expect_unbroken(const std::vector<ReceivedRtp>& packets, base::Duration spacing) {
  for (std::size_t i = 1; i < packets.size(); ++i) {
    const auto& before = packets[i - 1].header;
    const auto& now = packets[i].header;
    EXPECT_EQ(now.ssrc, before.ssrc);
    EXPECT_FALSE(now.marker);
    EXPECT_EQ(now.sequence_number.value(), static_cast<std::uint16_t>(before.sequence_number.value() + 1));
    EXPECT_EQ(now.timestamp.value() - before.timestamp.value(), packets[i - 1].payload.size());
    const auto wait = packets[i].arrival - packets[i - 1].arrival;
    EXPECT_GE(wait, spacing - 10ms) << i;
    EXPECT_LE(wait, spacing + 7500us) << i;
  }
}

// How many sub-slots later, and how long after a tick of the first the command comes.
class Move : public ::testing::TestWithParam<std::tuple<int, int>> {};

TEST_P(Move, GoesFromOneTickToTheNext) {
  const auto [later, delay_ms] = GetParam();
  TwoRooms rooms(static_cast<std::uint32_t>(later));
  Room& room = rooms.room;
  room.ticks(20, {kLoudA, kSilence, kLoudB, kSilence});
  rooms.take_all();
  room.ticks(5, {kLoudA, kSilence, kLoudB, kSilence});
  room.wire.run_for(std::chrono::milliseconds(delay_ms));
  rooms.move(0, rooms.other);
  room.wire.run_for(20ms - std::chrono::milliseconds(delay_ms));
  room.ticks(20, {kLoudA, kSilence, kLoudB, kSilence});

  const auto moved = room.wire.server.events_of<mailbox::ParticipantMoved>();
  ASSERT_EQ(moved.size(), 1U);
  EXPECT_EQ(moved[0].participant, room.participants[0].handle);
  EXPECT_EQ(moved[0].conference, rooms.other.handle);

  const auto own = rooms.take(0);
  expect_unbroken(own, 20ms);
  EXPECT_NEAR(static_cast<double>(own.size()), 26.0, 1.0);
  // It hears nobody, as the other of its room says nothing, then B; never itself.
  const auto heard = joined(own);
  const int b = sample_of(std::byte{kLoudB});
  EXPECT_EQ(sample_of(heard.front()), 0);
  EXPECT_EQ(sample_of(heard.back()), b);
  EXPECT_TRUE(std::all_of(heard.begin(), heard.end(), [&](std::byte byte) {
    return std::abs(sample_of(byte)) <= std::abs(b);
  })) << "nothing but B was in it";
  // Whom it left hears it fade away, whom it comes to hears it fade in: no step.
  const int a = sample_of(std::byte{kLoudA});
  const auto left = joined(rooms.take(1));
  EXPECT_EQ(sample_of(left.front()), a);
  EXPECT_EQ(sample_of(left.back()), 0);
  const auto reached = joined(rooms.take(3));
  EXPECT_EQ(sample_of(reached.front()), b);
  EXPECT_EQ(reached.back(), ulaw_of(a + b));
  for (const auto& bytes : {heard, left, reached}) {
    for (std::size_t i = 1; i < bytes.size(); ++i) {
      const int sample = sample_of(bytes[i]);
      // A 160th of the way of both, and G.711's own step at this level: a 16th of it at most.
      const int step = (std::abs(a) + std::abs(b)) / 160 + std::max(std::abs(sample), 64) / 8;
      EXPECT_LE(std::abs(sample - sample_of(bytes[i - 1])), step) << i;
    }
  }
  // Both frames between the two are in neither: all that was said before and after is.
  const auto whole = [&](const std::vector<std::byte>& bytes, int level) {
    return std::count_if(bytes.begin(), bytes.end(), [&](std::byte byte) { return byte == ulaw_of(level); });
  };
  EXPECT_GE(whole(left, a) + whole(reached, a + b), (26 - 4) * 160);
}

INSTANTIATE_TEST_SUITE_P(LaterAndDelayMs, Move,
                         ::testing::Combine(::testing::Values(0, 1, 2, 3, 4, 5, 6, 7),
                                            ::testing::Values(1, 9, 18)));

TEST(Move, KeepsEveryPtimeUnbroken) {
  for (const int ptime : {10, 30, 40, 60}) {
    SCOPED_TRACE(ptime);
    TwoRooms rooms(3, ptime);
    rooms.room.ticks(20, {kLoudA, kSilence, kLoudB, kSilence});
    rooms.take_all();
    rooms.room.ticks(6, {kLoudA, kSilence, kLoudB, kSilence});
    rooms.move(0, rooms.other);
    rooms.room.ticks(20, {kLoudA, kSilence, kLoudB, kSilence});
    const auto own = rooms.take(0);
    for (std::size_t i = 1; i < own.size(); ++i) {
      EXPECT_EQ(own[i].header.sequence_number.value(),
                static_cast<std::uint16_t>(own[i - 1].header.sequence_number.value() + 1));
      EXPECT_EQ(own[i].header.timestamp.value() - own[i - 1].header.timestamp.value(), ptime * 8U);
    }
  }
}

TEST(Move, ToAndFroEndsWhereItBegan) {
  TwoRooms rooms(5);
  Room& room = rooms.room;
  room.ticks(10, {kLoudA, kSilence, kLoudB, kSilence});
  for (int i = 0; i < 6; ++i) {
    rooms.move(0, i % 2 == 0 ? rooms.other : room.conference);
    room.ticks(5, {kLoudA, kSilence, kLoudB, kSilence});
  }
  EXPECT_EQ(room.wire.server.events_of<mailbox::ParticipantMoved>().size(), 6U);
  rooms.take_all();
  room.ticks(10, {kLoudA, kSilence, kLoudB, kSilence});
  EXPECT_EQ(joined(rooms.take(1)).back(), ulaw_of(sample_of(std::byte{kLoudA})));
  EXPECT_EQ(joined(rooms.take(3)).back(), ulaw_of(sample_of(std::byte{kLoudB})));
}

// A coaching that is begun on the way is in force on arrival: nobody hears by accident what is meant for one.
TEST(Move, TakesACoachingThatBeginsOnTheWayAlong) {
  for (const auto after : {0us, 6'000us, 14'000us, 22'000us, 34'000us}) {
    TwoRooms rooms(4);
    Room& room = rooms.room;
    room.ticks(10, {kLoudA, kSilence, kSilence, kSilence});
    rooms.move(0, rooms.other);
    room.wire.run_for(after);
    const auto voice = room.wire.server.take_conference(0);
    room.wire.server.post(0, mailbox::StartCoaching{room.participants[0].handle, voice.handle});
    room.wire.server.post(0, mailbox::HearCoach{room.participants[2].handle, 0, voice.handle});
    room.wire.run_for(60ms - after);
    rooms.take_all();
    room.ticks(20, {kLoudA, kSilence, kSilence, kSilence});
    EXPECT_EQ(joined(rooms.take(2)).back(), std::byte{kLoudA}) << "the coachee";
    const auto other = joined(rooms.take(3));
    EXPECT_TRUE(
        std::all_of(other.begin(), other.end(), [](auto byte) { return byte == std::byte{kSilence}; }));
    room.wire.server.post(0, mailbox::StopCoaching{voice.handle});
    room.ticks(10, {kLoudA, kSilence, kSilence, kSilence});
    EXPECT_EQ(joined(rooms.take(3)).back(), std::byte{kLoudA}) << "in the mix again";
  }
}

TEST(Move, IsOverWhenOneLeavesOnTheWay) {
  for (const auto after : {0us, 5'000us, 12'000us, 20'000us, 30'000us, 60'000us}) {
    TwoRooms rooms(4);
    Room& room = rooms.room;
    room.ticks(10, {kLoudA, kSilence, kLoudB, kSilence});
    rooms.take_all();
    rooms.move(0, rooms.other);
    room.wire.run_for(after);
    room.wire.server.leave(room.participants[0]);
    room.wire.run_for(100ms);
    // In the room before it fades out but once, and in full.
    const auto left = rooms.take(1);
    ASSERT_GE(left.size(), 2U);
    base::Frame last;
    last.samples.fill(sample_of(std::byte{kLoudA}));
    dsp::fade(last.samples, dsp::Fade::kOut);
    for (std::size_t i = 0; i < last.samples.size(); ++i)
      ASSERT_EQ(left[0].payload[i], ulaw_of(last.samples[i])) << i;
    EXPECT_TRUE(all_bytes_are(left[1].payload, kSilence));
    EXPECT_EQ(room.wire.server.streams(), 3);
    EXPECT_EQ(room.wire.server.events_of<mailbox::ParticipantDetached>().size(), 1U);
    // Both rooms go on, and can be closed once they are empty.
    for (std::size_t i = 1; i < 4; ++i) room.wire.server.leave(room.participants[i]);
    room.wire.run_for(100ms);
    room.wire.server.close_conference(room.conference);
    room.wire.server.close_conference(rooms.other);
    room.wire.run_for(100ms);
    EXPECT_EQ(room.wire.server.events_of<mailbox::ConferenceClosed>().size(), 2U);
  }
}

}  // namespace
}  // namespace tutti::core
