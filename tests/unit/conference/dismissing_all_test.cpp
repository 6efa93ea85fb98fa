// Everyone out at once: all are on their way at once, and their calls end so many a turn, whatever comes
// between.
#include <gmock/gmock.h>

#include "focus_fixture.h"
#include "signaling/conference/leaving.h"

namespace tutti::conference {
namespace {

using State = FakeDialogs::State;

constexpr std::size_t kMany = 120;  // three turns
static_assert(kMany > 2 * Leaving::kDialogsPerTurn && kMany < 3 * Leaving::kDialogsPerTurn);

class DismissingAll : public testing::Test {
 protected:
  void SetUp() override {
    for (std::size_t i = 0; i < kMany; ++i) calls_.push_back(world_.join("room"));
  }

  std::size_t in_state(State state) {
    std::size_t count = 0;
    for (const auto call : calls_) count += world_.state(call) == state ? 1 : 0;
    return count;
  }
  std::size_t left_for(const std::string& reason) const {
    std::size_t count = 0;
    for (const auto& left : world_.told<ParticipantLeft>()) count += left.reason == reason ? 1 : 0;
    return count;
  }
  // Everybody is out, the last event is the room's, and nothing is left over.
  void expect_end() {
    world_.settle();
    for (int i = 0; i < 5; ++i) world_.poll();
    EXPECT_EQ(in_state(State::kEstablished), 0U);
    EXPECT_TRUE(world_.focus->ledger().zero());
    EXPECT_EQ(world_.told<ParticipantLeft>().size(), kMany);
  }

  FocusWorld world_{{}, 2, 1'024};
  std::vector<sip::DialogId> calls_;
};

TEST_F(DismissingAll, AllAreOnTheirWayAtOnceAndTheirCallsEndInTurns) {
  ASSERT_TRUE(world_.control().kick_all("room", "Out"));
  EXPECT_EQ(in_state(State::kHungUp), Leaving::kDialogsPerTurn);
  const auto listed = world_.control().list_participants("room").value();
  for (const auto& one : listed) EXPECT_EQ(one.status, ParticipantStatus::kLeaving);
  world_.poll();
  EXPECT_EQ(in_state(State::kHungUp), 2 * Leaving::kDialogsPerTurn);
  world_.poll();
  EXPECT_EQ(in_state(State::kHungUp), kMany);
  for (const auto call : calls_) EXPECT_EQ(world_.dialogs[call].reason, "Out");
  expect_end();
  EXPECT_EQ(left_for("Out"), kMany);
}

TEST_F(DismissingAll, WhoHangsUpBeforeItsTurnIsNotHungUpOn) {
  ASSERT_TRUE(world_.control().kick_all("room", "Out"));
  for (std::size_t i = 100; i < kMany; ++i) world_.end(calls_[i]);
  expect_end();
  EXPECT_EQ(in_state(State::kEnded), kMany - 100);
  EXPECT_EQ(left_for("Out"), kMany) << "it was told first";
}

TEST_F(DismissingAll, WhatIsAskedInBetweenFindsThemLeaving) {
  const ParticipantId last = world_.id("room", calls_.back());
  ASSERT_TRUE(world_.control().kick_all("room", "Out"));
  EXPECT_EQ(world_.control().kick(last, "Again").error().error, ConferenceError::kInvalidState);
  EXPECT_EQ(world_.control().set_muted(last, true).error().error, ConferenceError::kInvalidState);
  EXPECT_EQ(world_.control().set_all_muted("room", true, false).value(), 0U);
  EXPECT_TRUE(world_.control().kick_all("room", "Once more"));
  world_.reinvite(calls_.back(), kSdp);
  EXPECT_EQ(world_.dialogs[calls_.back()].rejected_reinvites.back().status, 481);
  expect_end();
  EXPECT_EQ(left_for("Out"), kMany);
}

TEST_F(DismissingAll, TheRoomMayEndInBetween) {
  ASSERT_TRUE(world_.control().kick_all("room", "Out"));
  ASSERT_TRUE(world_.control().terminate("room", "The end"));
  EXPECT_FALSE(world_.control().terminate("room", "Again"));
  expect_end();
  EXPECT_EQ(left_for("Out"), kMany);
  ASSERT_EQ(world_.told<ConferenceTerminated>().size(), 1U);
  EXPECT_EQ(world_.told<ConferenceTerminated>()[0].reason, "The end");
  EXPECT_TRUE(std::holds_alternative<ConferenceTerminated>(world_.events.all.back().detail));
}

TEST_F(DismissingAll, WhoComesInBetweenStays) {
  ASSERT_TRUE(world_.control().kick_all("room", "Out"));
  world_.settle();
  const auto late = world_.join("room");
  for (int i = 0; i < 5; ++i) world_.poll();
  EXPECT_EQ(in_state(State::kHungUp), kMany);
  EXPECT_EQ(world_.state(late), State::kEstablished);
  EXPECT_EQ(world_.focus->ledger(),
            (Ledger{.dialogs = 1, .participants = 1, .ports = 1, .streams = 1, .rooms = 1}));
}

TEST_F(DismissingAll, AnEndingRoomTakesNobodyAndEndsOnce) {
  ASSERT_TRUE(world_.control().terminate("room", "The end"));
  EXPECT_EQ(world_.status(world_.invite("room")), 480);
  EXPECT_EQ(in_state(State::kHungUp), Leaving::kDialogsPerTurn);
  EXPECT_FALSE(world_.control().kick_all("room", "Out"));
  expect_end();
  EXPECT_EQ(left_for("The end"), kMany);
}

// A turn's share is of all rooms together.
TEST_F(DismissingAll, ManyRoomsEndInTheSameTurns) {
  for (int i = 0; i < 4; ++i) calls_.push_back(world_.join("other"));
  world_.focus->drain(world_.now + std::chrono::seconds(5), [](const Ledger&) {});
  EXPECT_EQ(in_state(State::kHungUp), Leaving::kDialogsPerTurn);
  world_.settle();
  for (int i = 0; i < 5; ++i) world_.poll();
  EXPECT_EQ(in_state(State::kHungUp), kMany + 4);
  EXPECT_TRUE(world_.focus->ledger().zero());
}

TEST_F(DismissingAll, TheEndOfTheProcessWaitsForNoTurn) {
  ASSERT_TRUE(world_.control().kick_all("room", "Out"));
  world_.focus->conclude();
  EXPECT_EQ(in_state(State::kHungUp), kMany);
  EXPECT_EQ(world_.told<ParticipantLeft>().size(), kMany);
  EXPECT_EQ(left_for("Out"), kMany);
}

TEST_F(DismissingAll, StaysThatAreOverAtOneTimeEndInTurns) {
  ASSERT_TRUE(world_.control().update_settings("room", {.participant_limit = std::chrono::seconds(60)}));
  world_.pass(std::chrono::seconds(60));
  EXPECT_EQ(in_state(State::kHungUp), Leaving::kDialogsPerTurn);
  const auto listed = world_.control().list_participants("room").value();
  for (const auto& one : listed) EXPECT_EQ(one.status, ParticipantStatus::kLeaving);
  world_.poll();
  EXPECT_EQ(in_state(State::kHungUp), 2 * Leaving::kDialogsPerTurn);
  expect_end();
  EXPECT_EQ(left_for("Your time is over"), kMany);
}

TEST_F(DismissingAll, ANetworkThatFailsEndsThemInTurns) {
  for (const auto call : calls_) {
    world_.core_of(call).emit(mailbox::MediaTimedOut{world_.attached(call).command.participant});
  }
  world_.run_cores();
  world_.poll();
  EXPECT_EQ(in_state(State::kHungUp), Leaving::kDialogsPerTurn);
  expect_end();
  EXPECT_EQ(left_for("No media"), kMany);
}

// One is kicked while the calls of others wait for their turn: it needs no turn.
TEST_F(DismissingAll, OneAloneIsHungUpOnAtOnce) {
  const auto alone = world_.join("other");
  ASSERT_TRUE(world_.control().kick_all("room", "Out"));
  ASSERT_TRUE(world_.control().kick(world_.id("other", alone), "You, too"));
  EXPECT_EQ(world_.state(alone), State::kHungUp);
  world_.settle();
  for (int i = 0; i < 5; ++i) world_.poll();
  EXPECT_TRUE(world_.focus->ledger().zero());
}

}  // namespace
}  // namespace tutti::conference
