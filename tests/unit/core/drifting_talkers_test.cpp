// Talkers whose clocks are not ours, for hours: the tick goes with them, and comes back where nobody hears
// it.

#include <algorithm>
#include <cstdint>
#include <cstdlib>

#include <gtest/gtest.h>

#include "dataplane/core/tick_follower.h"
#include "tests/unit/core/wire.h"

namespace tutti::core {
namespace {

using namespace std::chrono_literals;

constexpr auto kStep = 500us;  // the wire's

// One talks, one listens.
class DriftingRoom {
 public:
  // After each `packets` the talker's clock is half a millisecond behind ours, or before it.
  DriftingRoom(int packets, base::Duration drift) : packets_(packets), drift_(drift) {
    wire.server.rings().attach_reader(0, room.handle.slot);
    wire.run_for(7ms);
    talk(100);
    least_lead = most_lead = lead();
  }

  void talk(int packets, std::uint8_t word = 0xA0) {
    for (int i = 0; i < packets; ++i) {
      talker.send_rtp(coach.endpoint.rtp, word);
      if (word != kMuSilence) ++said;
      wire.run_for(base::kTick + (++sent_ % packets_ == 0 ? drift_ : base::Duration{}));
      talker.take_rtp();
      for (const auto& packet : listener.take_rtp()) {
        heard += all_bytes_are(packet.payload, 0xA0);
        changes += !all_bytes_are(packet.payload, last_);
        last_ = std::to_integer<std::uint8_t>(packet.payload.back());
      }
      if (sent_ <= 100) continue;
      least_lead = std::min(least_lead, lead());
      most_lead = std::max(most_lead, lead());
    }
  }
  // So many seconds, of ten the last two in silence.
  void converse(int seconds) {
    for (int i = 0; i < seconds; ++i) talk(50, i % 10 < 8 ? 0xA0 : kMuSilence);
  }
  void expect_near_the_wheel() const {
    EXPECT_GE(least_lead, -static_cast<std::int64_t>(TickFollower::kLagMax));
    EXPECT_LE(most_lead, TickFollower::kLeadMax);
  }
  std::uint64_t moves() { return wire.counters().ticks_moved.value(); }
  std::uint64_t made_up() { return wire.counters().frames_concealed.value(); }
  // By how much the ring's last tick is ahead of the wheel's last one that may have been done by now.
  std::int64_t lead() {
    const auto latest = wire.server.rings().find(0, room.handle.slot)->latest();
    const auto wheel = (wire.now().time_since_epoch() - conference_phase()) / base::kTick;
    return static_cast<std::int64_t>(latest) - wheel;
  }

  Wire wire{{.jitter_delay = 0ms}};
  sim::ConferenceKey room = wire.server.open_conference();
  WireCaller talker{wire, "10.0.1.1", 100};
  WireCaller listener{wire, "10.0.1.2", 101};
  sim::ParticipantKey coach = wire.server.join(room, talker.media());
  sim::ParticipantKey coachee = wire.server.join(room, listener.media());
  std::int64_t least_lead = 0;
  std::int64_t most_lead = 0;
  int said = 0;
  int heard = 0;
  int changes = 0;  // packets heard that are not the last byte before them all over

 private:
  // Where in the wheel's tick the conference's last one was.
  base::Duration conference_phase() {
    const auto* ring = wire.server.rings().find(0, room.handle.slot);
    mixer::MixPart part;
    EXPECT_EQ(ring->read(ring->latest(), part), mixer::MixRead::kWhole);
    return part.phase * kSubSlot;
  }

  const int packets_;
  const base::Duration drift_;
  int sent_ = 0;
  std::uint8_t last_ = 0;
};

// 250 ppm, 500 ms in all: 200 sub-slots, 25 frames.
TEST(DriftingTalkers, ASlowOneTakesTheTickAlong) {
  DriftingRoom room(100, kStep);
  room.talk(100'000);
  room.expect_near_the_wheel();
  EXPECT_GE(room.moves(), 200U);
  EXPECT_LE(room.moves(), 210U);
  EXPECT_EQ(room.made_up(), 0U);
  EXPECT_EQ(room.heard, room.said);
}

TEST(DriftingTalkers, AFastOneWithoutAPauseLosesAFrameInTwentyMilliseconds) {
  DriftingRoom room(100, -kStep);
  room.talk(100'000);
  room.expect_near_the_wheel();
  EXPECT_EQ(room.made_up(), 0U);
  EXPECT_GE(room.heard, room.said - 25);
}

// 100 ppm, 100 ms in all: 40 sub-slots, and what a fast one has too many is left out in pauses.
TEST(DriftingTalkers, NothingOfThemIsLostOrMadeUpWhereTheyPause) {
  for (const auto drift : {kStep, -kStep}) {
    DriftingRoom room(250, drift);
    room.converse(1'000);
    room.expect_near_the_wheel();
    EXPECT_GE(room.moves(), 40U);
    EXPECT_EQ(room.made_up(), 0U);
    EXPECT_EQ(room.heard, room.said);
  }
}

// The ring of a coach's voice may have been that of a room in step.
TEST(DriftingTalkers, ACoachIsHeardWhoseRingWasAheadOfItsRoom) {
  DriftingRoom room(250, kStep);
  auto& server = room.wire.server;
  WireCaller elsewhere(room.wire, "10.0.1.3", 102);
  const auto other = server.join(server.open_conference(), elsewhere.media());
  room.talk(100'000);
  auto voice = server.take_conference(0).handle;
  const auto start = [&](const sim::ParticipantKey& who) {
    mailbox::StartCoaching command;
    command.voice = voice;
    command.coach = who.handle;
    server.post(0, command);
  };
  start(other);
  room.talk(5);
  mailbox::StopCoaching stop;
  stop.voice = voice;
  server.post(0, stop);
  ++voice.generation;
  start(room.coach);
  server.post(0, mailbox::HearCoach{room.coachee.handle, 0, voice});
  room.talk(10);
  const int heard = room.heard;
  room.talk(10);
  EXPECT_EQ(room.heard - heard, 10);
}

// A room that is behind the wheel leaves out a number now and then, and its coaches' rings do.
TEST(DriftingTalkers, ACoachIsHeardWithoutABreak) {
  DriftingRoom room(100, kStep);
  auto& server = room.wire.server;
  WireCaller aside(room.wire, "10.0.1.3", 102);
  const auto coach = server.join(room.room, aside.media());
  room.talk(20'000);
  const auto voice = server.take_conference(0).handle;
  server.post(0, mailbox::StartCoaching{coach.handle, voice});
  server.post(0, mailbox::HearCoach{room.coachee.handle, 0, voice});
  const auto coach_for = [&](int packets) {
    for (; packets > 0; --packets) {
      aside.send_rtp(coach.endpoint.rtp, 0xB0);
      room.talk(1);
    }
  };
  coach_for(100);
  const int changes = room.changes;
  coach_for(20'000);
  room.expect_near_the_wheel();
  EXPECT_EQ(room.least_lead, -static_cast<std::int64_t>(TickFollower::kLagMax));
  EXPECT_EQ(room.changes, changes);
}

// The same of a room that opens where one that was ahead has just been closed.
TEST(DriftingTalkers, TheNumbersOfARingGrowWhoeverHasIt) {
  DriftingRoom room(100, -kStep);
  auto& server = room.wire.server;
  room.converse(600);
  EXPECT_GE(room.lead(), 2);
  server.leave(room.coach);
  server.leave(room.coachee);
  room.wire.run_for(100ms);
  server.close_conference(room.room);
  room.wire.run_for(1ms);
  const auto next = server.open_conference();
  ASSERT_EQ(next.handle.slot, room.room.handle.slot);
  const auto& ring = *server.rings().find(0, next.handle.slot);
  for (auto last = ring.latest(); room.lead() > 0; last = ring.latest()) {
    room.wire.run_for(kStep);
    ASSERT_GE(ring.latest(), last);
  }
  room.wire.run_for(2 * base::kTick);
  mixer::MixPart part;
  ASSERT_EQ(ring.read(ring.latest(), part), mixer::MixRead::kWhole);
  EXPECT_EQ(part.tenant, next.handle.generation);
  EXPECT_EQ(room.lead(), 0);
}

// A number is the same moment in all shares.
TEST(DriftingTalkers, ARoomIsSoonInStepOnceItHasAnotherShare) {
  for (const auto drift : {kStep, -kStep}) {
    DriftingRoom room(100, drift);
    auto& server = room.wire.server;
    room.converse(600);
    EXPECT_GE(std::abs(room.lead()), 2);
    const auto share = server.open_conference(0, 0, 1);
    WireCaller caller(room.wire, "10.0.1.3", 102);
    const auto peer = server.join(share, caller.media());
    server.link(room.room, share);
    const auto both = [&](int packets) {
      for (int i = 0; i < packets; ++i) {
        caller.send_rtp(peer.endpoint.rtp, 0xA0);
        room.talk(1, kMuSilence);
      }
    };
    both(10);
    const int heard = room.heard;
    both(50);
    EXPECT_GE(room.heard - heard, 49);
    EXPECT_EQ(room.lead(), 0);
    server.unlink(room.room, share);
    room.converse(100);
    room.expect_near_the_wheel();
  }
}

}  // namespace
}  // namespace tutti::core
