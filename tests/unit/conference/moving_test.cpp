// Moves between conferences: listed at once, seated until the core has moved.
#include <gtest/gtest.h>

#include "focus_fixture.h"

namespace tutti::conference {
namespace {

using State = FakeDialogs::State;

ConferenceError error_of(const Outcome<>& outcome) {
  EXPECT_FALSE(outcome);
  return outcome ? ConferenceError{255} : outcome.error().error;
}

TEST(Moving, ItIsInTheOtherRoomAndItsOldOneClosesWhenTheCoreIsDone) {
  FocusWorld world({}, 1);
  const auto dialog = world.join("a");
  const auto id = world.id("a", dialog);
  const auto other = world.join("b");
  world.latch(dialog, *base::parse_ip("127.0.0.9", 4444));
  world.talk(dialog, true);
  ASSERT_TRUE(world.control().move(id, "b"));
  EXPECT_EQ(world.info("b", dialog).id, id);
  EXPECT_TRUE(world.control().exists("a")) << "its core has not let go of it";
  EXPECT_EQ(error_of(world.control().move(id, "a")), ConferenceError::kInvalidState) << "one at a time";
  world.settle();
  EXPECT_FALSE(world.control().exists("a"));
  EXPECT_EQ(world.cores[0]->conferences(), 1u);
  EXPECT_EQ(world.attached(dialog).command.conference, world.attached(other).command.conference);
  EXPECT_EQ(world.state(dialog), State::kEstablished);
  EXPECT_EQ(world.dialogs[dialog].accepted_reinvites, 0);
  EXPECT_TRUE(world.dialogs[dialog].reinvites.empty()) << "not a word to the far end";
  ASSERT_EQ(world.told<ParticipantLeft>().size(), 1u);
  EXPECT_EQ(world.told<ParticipantLeft>()[0].reason, "Moved to b");
  world.end(dialog);
  world.end(other);
  world.settle();
  EXPECT_TRUE(world.focus->ledger().zero());
}

TEST(Moving, NeitherLockNorSizeNorPinHoldItBack) {
  FocusWorld world({}, 1);
  ASSERT_TRUE(world.control().create("b", {.max_participants = 1, .pin = "1", .permanent = true}));
  const auto inside = world.join("b");
  world.press(inside, "1");
  ASSERT_TRUE(world.control().lock("b"));
  const auto dialog = world.join("a");
  ASSERT_TRUE(world.control().move(world.id("a", dialog), "b"));
  world.settle();
  EXPECT_EQ(world.attached(dialog).mix, mailbox::MixControls{});
  EXPECT_EQ(world.control().find_conference("b")->participants, 2u);
}

TEST(Moving, RulesOfBothRoomsFollow) {
  FocusWorld world({}, 1);
  ASSERT_TRUE(world.control().create("b", {.wait_for_moderator = true}));
  ASSERT_TRUE(world.control().create("a", {.end_with_last_moderator = true}));
  const auto guest = world.join("b");
  EXPECT_TRUE(world.attached(guest).mix.muted);
  const auto chair = world.join("a");
  const auto left = world.join("a");
  ASSERT_TRUE(world.control().set_role(world.id("a", chair), ParticipantRole::kModerator));
  ASSERT_TRUE(world.control().move(world.id("a", chair), "b"));
  world.settle();
  EXPECT_EQ(world.attached(guest).mix, mailbox::MixControls{});
  EXPECT_EQ(world.state(left), State::kHungUp) << "the last moderator left";
}

TEST(Moving, WhatCannotBeDoneDoesNothing) {
  FocusWorld world({}, 1, 256, {4, 2});
  const auto dialog = world.join("a");
  const auto id = world.id("a", dialog);
  EXPECT_EQ(error_of(world.control().move(id, "a")), ConferenceError::kInvalidArgument);
  EXPECT_EQ(error_of(world.control().move(id, "nowhere")), ConferenceError::kNotFound);
  const auto joining = world.invite("a");
  world.join("b");
  ASSERT_TRUE(world.control().create("c", {.permanent = true}));
  EXPECT_EQ(error_of(world.control().move(id, "c")), ConferenceError::kCapacityExceeded)
      << "its core has both its conferences";
  EXPECT_NE(world.state(joining), State::kRejected);
  ASSERT_TRUE(world.control().terminate("b", ""));
  EXPECT_EQ(error_of(world.control().move(id, "b")), ConferenceError::kInvalidState);
  const auto fresh = world.invite("a");
  EXPECT_EQ(error_of(world.control().move(world.id("a", fresh), "c")), ConferenceError::kInvalidState);
}

TEST(Moving, WhoLeavesWhileItMovesLeavesNothingBehind) {
  FocusWorld world({}, 1);
  const auto dialog = world.join("a");
  const auto id = world.id("a", dialog);
  ASSERT_TRUE(world.control().create("b", {}));
  ASSERT_TRUE(world.control().move(id, "b"));
  ASSERT_TRUE(world.control().kick(id, ""));
  world.settle();
  EXPECT_TRUE(world.focus->ledger().zero());
  EXPECT_FALSE(world.control().exists("a"));
  EXPECT_FALSE(world.control().exists("b"));
}

}  // namespace
}  // namespace tutti::conference
