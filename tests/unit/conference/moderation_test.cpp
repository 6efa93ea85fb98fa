// Roles and the rules of a room.
#include <gtest/gtest.h>

#include "focus_fixture.h"

namespace tutti::conference {
namespace {

using State = FakeDialogs::State;
using std::chrono::seconds;

class Moderated : public testing::Test {
 protected:
  void make(const ConferenceSettings& settings) { ASSERT_TRUE(world.control().create("room", settings)); }
  void set_role(sip::DialogId dialog, ParticipantRole role) {
    ASSERT_TRUE(world.control().set_role(world.id("room", dialog), role));
    world.settle();
  }
  const mailbox::MixControls& mix(sip::DialogId dialog) { return world.attached(dialog).mix; }

  FocusWorld world{{}, 1};
};

TEST_F(Moderated, NobodyHearsAnybodyUntilAModeratorIsThere) {
  make({.wait_for_moderator = true});
  const auto a = world.join("room");
  const auto b = world.join("room");
  EXPECT_TRUE(world.control().find_conference("room")->waiting);
  for (const auto dialog : {a, b}) {
    EXPECT_TRUE(mix(dialog).muted);
    EXPECT_TRUE(mix(dialog).deaf);
    EXPECT_FALSE(mix(dialog).waiting) << "no music where none is asked for";
    EXPECT_TRUE(world.info("room", dialog).waiting);
  }
  set_role(b, ParticipantRole::kModerator);
  EXPECT_EQ(mix(a), mailbox::MixControls{});
  EXPECT_EQ(mix(b), mailbox::MixControls{});
  EXPECT_EQ(world.control().find_conference("room")->moderators, 1u);
  set_role(b, ParticipantRole::kSpeaker);
  EXPECT_TRUE(mix(a).muted && mix(a).deaf) << "and again when it is gone";
}

TEST_F(Moderated, WhoWaitsHearsMusicWhereTheRoomHasIt) {
  make({.hold_music = true, .wait_for_moderator = true});
  const auto a = world.join("room");
  const auto b = world.join("room");
  EXPECT_TRUE(mix(a).waiting && mix(a).muted && !mix(a).deaf);
  ASSERT_TRUE(world.control().set_deaf(world.id("room", a), true));
  world.settle();
  EXPECT_TRUE(mix(a).deaf && !mix(a).waiting) << "the deaf hear nothing at all";
  set_role(b, ParticipantRole::kModerator);
  EXPECT_FALSE(mix(b).waiting);
}

TEST_F(Moderated, WhoIsAloneHearsMusicUntilSomebodyComes) {
  make({.hold_music = true});
  const auto a = world.join("room");
  EXPECT_TRUE(mix(a).waiting);
  const auto b = world.join("room");
  EXPECT_EQ(mix(a), mailbox::MixControls{});
  EXPECT_EQ(mix(b), mailbox::MixControls{});
  world.end(a);
  world.settle();
  EXPECT_TRUE(mix(b).waiting);
}

TEST_F(Moderated, ARuleChangedLiveIsAppliedAtOnce) {
  make({});
  const auto a = world.join("room");
  ConferenceSettings settings;
  settings.wait_for_moderator = true;
  ASSERT_TRUE(world.control().update_settings("room", settings));
  world.settle();
  EXPECT_TRUE(mix(a).muted && mix(a).deaf);
  ASSERT_TRUE(world.control().update_settings("room", {}));
  world.settle();
  EXPECT_EQ(mix(a), mailbox::MixControls{});
}

TEST_F(Moderated, TheGraceCanBeChangedWhileItRuns) {
  make({.end_with_last_moderator = true, .moderator_grace = seconds(30)});
  const auto chair = world.join("room");
  const auto other = world.join("room");
  ConferenceSettings settings = *world.control().settings("room");
  set_role(chair, ParticipantRole::kModerator);
  world.end(chair);
  world.pass(seconds(20));
  settings.moderator_grace = seconds(600);
  ASSERT_TRUE(world.control().update_settings("room", settings));
  settings.entry_tone = true;
  ASSERT_TRUE(world.control().update_settings("room", settings));
  world.pass(seconds(590));
  EXPECT_EQ(world.state(other), State::kEstablished);
  settings.moderator_grace = seconds(5);
  ASSERT_TRUE(world.control().update_settings("room", settings));
  world.pass(seconds(5));
  EXPECT_EQ(world.state(other), State::kHungUp);
}

TEST_F(Moderated, TheRoomEndsWhenItsLastModeratorHasBeenGoneForTheGrace) {
  make({.end_with_last_moderator = true, .moderator_grace = seconds(30)});
  const auto chair = world.join("room");
  const auto other = world.join("room");
  world.pass(seconds(30));
  EXPECT_EQ(world.state(other), State::kEstablished) << "no moderator was there yet";
  set_role(chair, ParticipantRole::kModerator);
  world.end(chair);
  world.pass(seconds(20));
  EXPECT_EQ(world.state(other), State::kEstablished);
  const auto again = world.join("room");
  set_role(again, ParticipantRole::kModerator);
  world.pass(seconds(60));
  EXPECT_EQ(world.state(other), State::kEstablished) << "another one came in time";
  world.end(again);
  world.pass(seconds(30));
  EXPECT_EQ(world.state(other), State::kHungUp);
  EXPECT_EQ(world.dialogs[other].reason, "The last moderator left");
  world.settle();
  EXPECT_FALSE(world.control().exists("room"));
}

TEST_F(Moderated, WhoComesIsMutedWhereTheRoomSaysSoAndCanBeUnmuted) {
  make({.start_muted = true});
  const auto a = world.join("room");
  EXPECT_TRUE(mix(a).muted);
  EXPECT_EQ(world.info("room", a).status, ParticipantStatus::kMuted);
  ASSERT_TRUE(world.control().set_muted(world.id("room", a), false));
  world.settle();
  EXPECT_FALSE(mix(a).muted);
}

TEST_F(Moderated, ModeratorsAreNotCounted) {
  make({.max_participants = 2});
  const auto a = world.join("room");
  world.join("room");
  EXPECT_EQ(world.status(world.invite("room")), 486);
  set_role(a, ParticipantRole::kModerator);
  world.join("room");
  EXPECT_EQ(world.status(world.invite("room")), 486);
  set_role(a, ParticipantRole::kSpeaker);
  EXPECT_EQ(world.control().find_conference("room")->participants, 3u) << "nobody is thrown out for it";
  EXPECT_EQ(world.status(world.invite("room")), 486);
}

TEST_F(Moderated, ARoleThatIsTakenBackBeforeTheCallIsUpCounts) {
  make({.max_participants = 1});
  const auto joining = world.invite("room");
  const ParticipantId id = world.id("room", joining);
  ASSERT_TRUE(world.control().set_role(id, ParticipantRole::kModerator));
  ASSERT_TRUE(world.control().set_role(id, ParticipantRole::kListener));
  EXPECT_EQ(world.status(world.invite("room")), 486);
  world.settle();
  EXPECT_EQ(world.status(world.invite("room")), 486);
}

TEST_F(Moderated, EntryAndExitAreHeardAndACrowdIsHeardAsOne) {
  make({.entry_tone = true, .exit_tone = true});
  const auto a = world.join("room");
  world.pass(seconds(1));
  const std::size_t entries = world.cores[0]->tones.size();
  EXPECT_GE(entries, 1u);
  const auto b = world.join("room");
  world.pass(seconds(1));
  ASSERT_EQ(world.cores[0]->tones.size(), entries + 1);
  EXPECT_EQ(world.cores[0]->tones.back().lane, mailbox::ToneLane::kSignal);
  world.end(b);
  world.settle();
  ASSERT_EQ(world.cores[0]->tones.size(), entries + 2);
  EXPECT_NE(world.cores[0]->tones[entries].tone, world.cores[0]->tones[entries + 1].tone);
  world.pass(seconds(1));
  world.end(a);
  world.settle();
  EXPECT_EQ(world.cores[0]->tones.size(), entries + 2) << "nobody is there to hear it";
}

}  // namespace
}  // namespace tutti::conference
