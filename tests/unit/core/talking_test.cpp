// Who talks, as the core tells it: in pairs, whatever happens.

#include <cstdio>
#include <map>
#include <random>
#include <string>

#include <gtest/gtest.h>

#include "tests/unit/core/room.h"

namespace tutti::core {
namespace {

using namespace std::chrono_literals;
using mailbox::TalkingChanged;

constexpr std::uint8_t kTalk = 0xA0;

std::vector<bool> told_of(Room& room, std::size_t who) {
  std::vector<bool> told;
  for (const auto& event : room.wire.server.events_of<TalkingChanged>()) {
    if (event.participant == room.participants[who].handle) told.push_back(event.talking);
  }
  return told;
}
using Told = std::vector<bool>;

TEST(Talking, IsToldWithTheFirstSyllableAndOnceForASentence) {
  Room room(2);
  room.ticks(20, {kSilence, kSilence});
  EXPECT_TRUE(told_of(room, 0).empty());
  room.ticks(2, {kTalk, kSilence});
  room.ticks(2, {kSilence, kSilence});
  EXPECT_EQ(told_of(room, 0), Told{true});
  for (int word = 0; word < 5; ++word) {
    room.ticks(10, {kTalk, kSilence});
    room.ticks(40, {kSilence, kSilence});  // 800 ms: a long breath
  }
  EXPECT_EQ(told_of(room, 0), Told{true});
  room.ticks(20, {kSilence, kSilence});
  EXPECT_EQ(told_of(room, 0), (Told{true, false})) << "1.2 s behind the last sound";
  EXPECT_TRUE(told_of(room, 1).empty());
}

TEST(Talking, EndsWithTheCommandThatSilences) {
  Room room(2);
  room.ticks(10, {kTalk, kSilence});
  ASSERT_EQ(told_of(room, 0), Told{true});
  room.wire.server.update(room.participants[0], {.muted = true});
  room.tick({kTalk, kSilence});
  EXPECT_EQ(told_of(room, 0), (Told{true, false}));
  room.ticks(20, {kTalk, kSilence});
  EXPECT_EQ(told_of(room, 0).size(), 2U);

  room.wire.server.update(room.participants[0], mailbox::MixControls());
  room.ticks(3, {kTalk, kSilence});
  EXPECT_EQ(told_of(room, 0), (Told{true, false, true}));
  auto held = room.callers[0]->media();
  held.may_receive = false;
  room.wire.server.update(room.participants[0], held);
  room.tick({kTalk, kSilence});
  EXPECT_EQ(told_of(room, 0), (Told{true, false, true, false}));

  room.wire.server.update(room.participants[0], room.callers[0]->media());
  room.ticks(10, {kTalk, kSilence});
  EXPECT_EQ(told_of(room, 0).size(), 5U);
  room.wire.server.leave(room.participants[0]);
  room.ticks(2, {kTalk, kSilence});
  EXPECT_EQ(told_of(room, 0), (Told{true, false, true, false, true, false}));
}

// The worst that a line can do is a click a second.
TEST(Talking, IsToldAtMostTwiceASecondOfOne) {
  Room room(1);
  for (int i = 0; i < 20; ++i) {
    room.tick({kTalk});
    room.ticks(24, {kSilence});
  }
  EXPECT_EQ(told_of(room, 0).size(), 1U) << "clicks every 500 ms are one talk";
  std::size_t before = told_of(room, 0).size();
  for (int i = 0; i < 10; ++i) {
    room.tick({kTalk});
    room.ticks(59, {kSilence});
  }
  EXPECT_LE(told_of(room, 0).size() - before, 2U * 12);
}

// Signaling takes nothing any more: talk must not fill what commands and packets wait for.
TEST(Talking, LeavesRoomForWhatMustBeToldWhileSignalingHangs) {
  CoreOptions options;
  options.capacity = {16, 4};
  mailbox::Mailbox mailbox(4);
  net::SimNetwork network({.seed = 1});
  const auto port = network.make_port({.endpoints = 16});
  CoreState state(options, *port, mailbox);
  Reporting reporting(state);
  mailbox::AttachParticipant attach;
  attach.media.codec_count = 1;
  Participant& who = state.participants.make(0, attach, 40ms, base::Instant(), state.reserves.make(0));
  const std::uint32_t all = state.outbox.room();
  for (std::uint32_t i = 0; i < 2 * all; ++i) {
    who.talking = false;
    reporting.begin_to_talk(who);
  }
  EXPECT_GE(state.outbox.room(), all / 2);
  EXPECT_FALSE(who.talking) << "it was not told, and will be when there is room";
}

// What was told of each: alternating, beginning with a begin, ended by an end before it is gone.
class Pairs {
 public:
  void take(const mailbox::CoreEvent& event) {
    if (const auto* talk = std::get_if<TalkingChanged>(&event)) {
      auto& state = states_[talk->participant.generation];
      EXPECT_NE(state.talking, talk->talking) << "told twice";
      EXPECT_FALSE(state.gone) << "told of who is gone";
      state.talking = talk->talking;
      changes_ += 1;
    } else if (const auto* gone = std::get_if<mailbox::ParticipantDetached>(&event)) {
      auto& state = states_[gone->participant.generation];
      EXPECT_FALSE(state.talking) << "gone while it talks";
      state.gone = true;
    }
  }
  std::size_t changes() const { return changes_; }

 private:
  struct State {
    bool talking = false;
    bool gone = false;
  };
  std::map<std::uint32_t, State> states_;
  std::size_t changes_ = 0;
};

TEST(Talking, IsPairedUnderEveryInterleaving) {
  for (std::uint64_t seed = 1; seed <= 12; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::printf("seed %llu\n", static_cast<unsigned long long>(seed));
    std::mt19937_64 random(seed);
    constexpr std::size_t kCallers = 4;
    Room room(kCallers);
    const auto other = room.wire.server.open_conference();
    std::vector<bool> moving(kCallers), gone(kCallers), coaching(kCallers), aside(kCallers);
    std::vector<sim::ConferenceKey> voices;
    for (std::size_t i = 0; i < kCallers; ++i) voices.push_back(room.wire.server.take_conference(0));
    std::vector<std::uint8_t> bytes(kCallers, kSilence);
    std::size_t taken = 0;
    Pairs pairs;
    const auto take_events = [&] {
      const auto& events = room.wire.server.events();
      for (; taken < events.size(); ++taken) {
        pairs.take(events[taken]);
        if (const auto* moved = std::get_if<mailbox::ParticipantMoved>(&events[taken])) {
          for (std::size_t i = 0; i < kCallers; ++i) {
            if (room.participants[i].handle == moved->participant) moving[i] = false;
          }
        }
      }
    };
    for (int step = 0; step < 400; ++step) {
      const std::size_t who = random() % kCallers;
      const auto& participant = room.participants[who];
      auto& server = room.wire.server;
      switch (random() % 10) {
        case 0:
        case 1:
        case 2:
          bytes[who] = bytes[who] == kSilence ? kTalk : kSilence;
          break;
        case 3:
          server.update(participant, {.muted = random() % 2 == 0});
          break;
        case 4:
          server.update(participant, {.waiting = random() % 2 == 0});
          break;
        case 5: {
          auto media = room.callers[who]->media();
          media.may_receive = random() % 2 == 0;
          server.update(participant, media);
          break;
        }
        case 6:
          if (moving[who] || gone[who]) break;
          moving[who] = true;
          aside[who] = !aside[who];
          coaching[who] = false;
          server.post(0, mailbox::MoveParticipant{participant.handle,
                                                  aside[who] ? other.handle : room.conference.handle});
          break;
        case 7:
          if (!coaching[who]) {
            server.post(0, mailbox::StartCoaching{participant.handle, voices[who].handle});
            server.post(
                0, mailbox::HearCoach{room.participants[(who + 1) % kCallers].handle, 0, voices[who].handle});
          }
          coaching[who] = true;
          break;
        case 8:
          if (step > 300) {
            server.leave(participant);
            gone[who] = true;
          }
          break;
        default:
          break;
      }
      // A caller that is gone has a closed port.
      for (std::size_t i = 0; i < kCallers; ++i) {
        if (!gone[i]) room.callers[i]->send_rtp(room.participants[i].endpoint.rtp, bytes[i]);
      }
      room.wire.run_for(base::kTick * static_cast<int>(1 + random() % 12));
      take_events();
    }
    for (const auto& participant : room.participants) room.wire.server.leave(participant);
    room.wire.run_for(100ms);
    take_events();
    EXPECT_GT(pairs.changes(), 20U);
    EXPECT_EQ(room.wire.server.streams(), 0);
  }
}

}  // namespace
}  // namespace tutti::core
