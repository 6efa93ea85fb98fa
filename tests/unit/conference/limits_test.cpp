// The clocks of a room, in virtual time.
#include <gtest/gtest.h>

#include "focus_fixture.h"
#include "signaling/conference/deadlines.h"

namespace tutti::conference {
namespace {

using State = FakeDialogs::State;
using std::chrono::seconds;

class Limited : public testing::Test {
 protected:
  void make(const ConferenceSettings& settings) { ASSERT_TRUE(world.control().create("room", settings)); }
  bool has_room() { return world.control().exists("room"); }
  FocusWorld world{{}, 1};
};

TEST_F(Limited, ADurationEndsTheRoom) {
  make({.duration = seconds(60)});
  const auto dialog = world.join("room");
  world.pass(seconds(57));
  EXPECT_EQ(world.state(dialog), State::kEstablished);
  world.pass(seconds(2));
  EXPECT_EQ(world.dialogs[dialog].reason, "Its time is over");
}

TEST_F(Limited, APermanentOneComesBackLockedIfItWas) {
  make({.permanent = true, .duration = seconds(60)});
  const auto conference = [this] { return *world.control().find_conference("room"); };
  const std::string first = conference().id;
  ASSERT_TRUE(world.control().lock("room"));
  world.pass(seconds(61));
  const std::string second = conference().id;
  EXPECT_NE(second, first);
  EXPECT_EQ(conference().state, ConferenceState::kLocked);
  ASSERT_TRUE(world.control().unlock("room"));
  world.pass(seconds(61));
  EXPECT_NE(conference().id, second);
  EXPECT_EQ(conference().state, ConferenceState::kActive);
}

TEST_F(Limited, AStayEndsAndAModeratorsDoesNot) {
  make({.participant_limit = seconds(60)});
  const auto chair = world.join("room");
  const auto guest = world.join("room");
  ASSERT_TRUE(world.control().set_role(world.id("room", chair), ParticipantRole::kModerator));
  world.pass(seconds(60));
  EXPECT_EQ(world.dialogs[guest].reason, "Your time is over");
  EXPECT_EQ(world.state(chair), State::kEstablished);
  ASSERT_TRUE(world.control().set_role(world.id("room", chair), ParticipantRole::kSpeaker));
  world.pass(seconds(61));
  EXPECT_EQ(world.state(chair), State::kHungUp) << "from when it was one no more";
}

TEST_F(Limited, ALimitThatComesLaterCountsFromThen) {
  make({});
  const auto dialog = world.join("room");
  world.pass(seconds(100));
  ASSERT_TRUE(world.control().update_settings("room", {.participant_limit = seconds(50)}));
  world.pass(seconds(49));
  EXPECT_EQ(world.state(dialog), State::kEstablished);
  ASSERT_TRUE(world.control().update_settings("room", {}));
  world.pass(seconds(100));
  EXPECT_EQ(world.state(dialog), State::kEstablished);
}

TEST_F(Limited, ARoomLingers) {
  make({.linger = seconds(30)});
  world.end(world.join("room"));
  world.settle();
  world.pass(seconds(20));
  EXPECT_TRUE(world.control().exists("room"));
  const auto dialog = world.join("room");
  world.pass(seconds(100));
  EXPECT_EQ(world.state(dialog), State::kEstablished);
  world.end(dialog);
  world.settle();
  world.pass(seconds(30));
  EXPECT_FALSE(world.control().exists("room"));
}

TEST_F(Limited, ARoomWhereNobodyTalksEnds) {
  make({.permanent = true, .idle = seconds(60)});
  world.pass(seconds(120));
  const auto dialog = world.join("room");
  world.pass(seconds(50));
  world.talk(dialog, true);
  world.pass(seconds(120));
  EXPECT_EQ(world.state(dialog), State::kEstablished);
  world.talk(dialog, false);
  world.pass(seconds(50));
  EXPECT_EQ(world.state(dialog), State::kEstablished);
  world.pass(seconds(10));
  EXPECT_EQ(world.dialogs[dialog].reason, "Nobody talked");
}

TEST_F(Limited, WhoIsNotLetInEndsNoRoomByItsSilence) {
  make({.pin = "4711", .idle = seconds(10)});
  const auto stranger = world.join("room");
  world.pass(seconds(20));
  EXPECT_EQ(world.state(stranger), State::kEstablished);
  ASSERT_TRUE(has_room());
  world.press(stranger, "4711");
  world.pass(seconds(7));
  EXPECT_EQ(world.state(stranger), State::kEstablished) << "from when it was let in";
  world.pass(seconds(4));
  EXPECT_EQ(world.dialogs[stranger].reason, "Nobody talked");
}

TEST_F(Limited, WhoIsNotLetInBeginsNoLinger) {
  make({.pin = "4711", .linger = seconds(30)});
  world.end(world.join("room"));
  world.settle();
  world.pass(seconds(31));
  ASSERT_TRUE(has_room());
  ASSERT_TRUE(world.control().update_settings("room", {.pin = "4711", .linger = seconds(40)}));
  world.pass(seconds(41));
  ASSERT_TRUE(has_room());
  const auto guest = world.join("room");
  world.press(guest, "4711");
  world.end(guest);
  world.settle();
  world.pass(seconds(35));
  EXPECT_TRUE(has_room());
  world.pass(seconds(6));
  EXPECT_FALSE(has_room());
}

// What bounds a room that nobody was let into.
TEST_F(Limited, ADurationEndsARoomThatNobodyCameTo) {
  make({.pin = "4711", .duration = seconds(60)});
  world.end(world.join("room"));
  world.settle();
  ASSERT_TRUE(has_room());
  world.pass(seconds(61));
  EXPECT_FALSE(has_room());
}

TEST_F(Limited, ARoomThatIsPermanentNoMoreEndsThoughNobodyWasLetIn) {
  make({.pin = "4711", .permanent = true});
  const auto stranger = world.join("room");
  ASSERT_TRUE(world.control().update_settings("room", {.pin = "4711"}));
  world.pass(seconds(1));
  ASSERT_TRUE(has_room());
  world.end(stranger);
  world.settle();
  EXPECT_FALSE(has_room());
}

TEST(Deadlines, ComeInTheirOrderOnceAndNotWhenTakenBack) {
  using K = DeadlineKind;
  Deadlines deadlines;
  const base::Instant t0{};
  deadlines.set(K::kStay, ParticipantId{1}, t0 + seconds(3));
  deadlines.set(K::kStay, ParticipantId{2}, t0 + seconds(1));
  deadlines.set(K::kPin, ParticipantId{2}, t0 + seconds(2));
  deadlines.set(K::kIdle, ConferenceId{2}, t0 + seconds(2));
  deadlines.set(K::kStay, ParticipantId{1}, t0 + seconds(1));
  deadlines.cancel(ParticipantId{2});
  EXPECT_FALSE(deadlines.take(t0));
  EXPECT_EQ(deadlines.take(t0 + seconds(9))->id, 1u);
  EXPECT_EQ(deadlines.take(t0 + seconds(9))->kind, K::kIdle);
  EXPECT_FALSE(deadlines.take(t0 + seconds(9)));
  EXPECT_EQ(deadlines.size(), 0u);
}

}  // namespace
}  // namespace tutti::conference
