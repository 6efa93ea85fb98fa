// Moves between conferences: listed at once, seated until the core has moved.
#include <chrono>
#include <thread>

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

TEST(Moving, EachStayHasItsOwnTimeAndPackets) {
  FocusWorld world({}, 1);
  world.poll();
  ASSERT_TRUE(world.control().create("b", {}));
  const auto dialog = world.join("a");
  world.join("a");
  const auto report = [&](std::uint32_t received, std::uint32_t lost) {
    mailbox::ReportedState state;
    state.at = world.now;
    state.ms_since_packet = 20;
    state.packets_received = received;
    state.packets_sent = 2 * received;
    state.packets_lost = lost;
    world.report(dialog, state);
  };
  const auto joined_at = world.info("a", dialog).joined_at;
  report(1'000, 100);
  world.core_of(dialog).reports().count_drop(world.attached(dialog).command.participant,
                                             base::DropReason::kStranger);
  std::this_thread::sleep_for(std::chrono::milliseconds(2));
  world.pass(std::chrono::seconds(30));
  ASSERT_TRUE(world.control().move(world.id("a", dialog), "b"));
  world.settle();
  EXPECT_GT(world.info("b", dialog).joined_at, joined_at);
  EXPECT_EQ(world.info("b", dialog).packets_received, 0u);
  EXPECT_NEAR(world.control().statistics("a")->loss_percent, 100.0 / 11, 0.01) << "it was there";
  EXPECT_EQ(world.control().statistics("b")->loss_percent, 0);
  report(1'300, 90);  // some came late, that were lost before
  EXPECT_EQ(world.info("b", dialog).packets_lost, 0u);
  report(1'500, 105);
  EXPECT_EQ(world.control().statistics("b")->loss_percent, 100.0 * 5 / 505);
  world.pass(std::chrono::seconds(70));
  world.end(dialog);
  world.settle();
  const auto stays = world.told<ParticipantLeft>();
  ASSERT_EQ(stays.size(), 2u);
  EXPECT_NEAR(static_cast<double>(stays[0].info.stay.count()), 30'000, 5'000)
      << "by no clock that can be set, and settling takes some, too";
  EXPECT_NEAR(static_cast<double>(stays[1].info.stay.count()), 70'000, 5'000);
  EXPECT_EQ(stays[0].info.joined_at, joined_at);
  EXPECT_GT(stays[1].info.joined_at, joined_at);
  EXPECT_EQ(stays[0].info.packets_received, 1'000u);
  EXPECT_EQ(stays[0].info.packets_sent, 2'000u);
  EXPECT_EQ(stays[0].info.packets_lost, 100u);
  EXPECT_EQ(stays[0].info.packets_dropped, 1u);
  EXPECT_EQ(stays[1].info.packets_received, 500u);
  EXPECT_EQ(stays[1].info.packets_sent, 1'000u);
  EXPECT_EQ(stays[1].info.packets_lost, 5u);
  EXPECT_EQ(stays[1].info.packets_dropped, 0u);
}

}  // namespace
}  // namespace tutti::conference
