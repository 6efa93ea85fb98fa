#include <gtest/gtest.h>

#include "focus_fixture.h"

namespace tutti::conference {
namespace {

using State = FakeDialogs::State;

TEST(Operations, ALockKeepsNewcomersOutAndNobodyElse) {
  FocusWorld world;
  const auto inside = world.join("room");
  ASSERT_TRUE(world.focus->control().lock("room"));
  EXPECT_EQ(world.status(world.invite("room")), 403);
  EXPECT_EQ(world.state(inside), State::kEstablished);
  EXPECT_EQ(world.focus->control().lock("room").error().error, ConferenceError::kInvalidState);
  ASSERT_TRUE(world.focus->control().unlock("room"));
  EXPECT_EQ(world.focus->control().unlock("room").error().error, ConferenceError::kInvalidState);
  world.join("room");
}

TEST(Operations, WhatIsNotThereIsNotFound) {
  FocusWorld world;
  EXPECT_EQ(world.focus->control().lock("room").error().error, ConferenceError::kNotFound);
  EXPECT_EQ(world.focus->control().unlock("room").error().error, ConferenceError::kNotFound);
  EXPECT_EQ(world.focus->control().terminate("room", "").error().error, ConferenceError::kNotFound);
  EXPECT_EQ(world.focus->control().find_conference("room").error().error, ConferenceError::kNotFound);
  EXPECT_EQ(world.focus->control().list_participants("room").error().error, ConferenceError::kNotFound);
  EXPECT_EQ(world.focus->control().kick(ParticipantId{7}, "").error().error, ConferenceError::kNotFound);
  EXPECT_EQ(world.focus->control().set_muted(ParticipantId{7}, true).error().error,
            ConferenceError::kNotFound);
  EXPECT_EQ(world.focus->control().set_gain(ParticipantId{7}, 0, 0).error().error,
            ConferenceError::kNotFound);
}

TEST(Operations, TerminateHangsUpOnEveryoneAndAdmitsNobody) {
  FocusWorld world;
  const auto a = world.join("room");
  const auto b = world.join("room");
  const auto joining = world.invite("room");
  const auto elsewhere = world.join("other");
  ASSERT_TRUE(world.focus->control().terminate("room", ""));
  for (const auto dialog : {a, b, joining}) {
    EXPECT_EQ(world.state(dialog), State::kHungUp);
    EXPECT_EQ(world.dialogs[dialog].reason, "Conference ended");
  }
  EXPECT_EQ(world.status(world.invite("room")), 480);
  EXPECT_EQ(world.focus->control().terminate("room", "").error().error, ConferenceError::kInvalidState);
  EXPECT_EQ(world.focus->control().lock("room").error().error, ConferenceError::kInvalidState);
  EXPECT_EQ(world.focus->control().find_conference("room")->state, ConferenceState::kTerminating);
  world.settle();
  EXPECT_FALSE(world.focus->control().find_conference("room"));
  EXPECT_EQ(world.state(elsewhere), State::kEstablished);
  world.join("room");
}

TEST(Operations, APermanentRoomStartsAfreshAfterItsEnd) {
  FocusConfig config;
  config.rooms.rooms = {{"hall", false, {}}};
  FocusWorld world(config);
  const std::string first = world.focus->control().find_conference("hall")->id;
  ASSERT_TRUE(world.focus->control().lock("hall"));
  ASSERT_TRUE(world.focus->control().terminate("hall", ""));
  EXPECT_EQ(world.focus->control().find_conference("hall")->state, ConferenceState::kActive);
  EXPECT_NE(world.focus->control().find_conference("hall")->id, first);
  world.join("hall");
}

TEST(Operations, KickHangsUpWithTheReason) {
  FocusWorld world;
  const auto dialog = world.join("room");
  const auto other = world.join("room");
  const ParticipantId id = world.info("room", dialog).id;
  ASSERT_TRUE(world.focus->control().kick(id, "Enough"));
  EXPECT_EQ(world.state(dialog), State::kHungUp);
  EXPECT_EQ(world.dialogs[dialog].reason, "Enough");
  EXPECT_EQ(world.focus->control().kick(id, "Enough").error().error, ConferenceError::kInvalidState);
  world.settle();
  EXPECT_EQ(world.focus->control().kick(id, "Enough").error().error, ConferenceError::kNotFound);
  EXPECT_EQ(world.state(other), State::kEstablished);
}

TEST(Operations, MuteReachesTheCoreAndTheStatus) {
  FocusWorld world({}, 1);
  const auto dialog = world.join("room");
  const ParticipantId id = world.info("room", dialog).id;
  ASSERT_TRUE(world.focus->control().set_muted(id, true));
  world.settle();
  EXPECT_TRUE(world.attached(dialog).mix.muted);
  EXPECT_EQ(world.info("room", dialog).status, ParticipantStatus::kMuted);
  world.reinvite(dialog, std::string(kSdp) + "a=inactive\r\n");
  EXPECT_EQ(world.info("room", dialog).status, ParticipantStatus::kOnHold) << "hold outranks mute";
  world.reinvite(dialog, kSdp);
  EXPECT_EQ(world.info("room", dialog).status, ParticipantStatus::kMuted);
  ASSERT_TRUE(world.focus->control().set_muted(id, false));
  world.settle();
  EXPECT_FALSE(world.attached(dialog).mix.muted);
  EXPECT_EQ(world.info("room", dialog).status, ParticipantStatus::kActive);
}

TEST(Operations, WhoIsMutedWhileJoiningIsMutedInTheCall) {
  FocusWorld world({}, 1);
  const auto dialog = world.invite("room");
  ASSERT_TRUE(world.focus->control().set_muted(world.info("room", dialog).id, true));
  EXPECT_EQ(world.info("room", dialog).status, ParticipantStatus::kJoining);
  world.settle();
  EXPECT_TRUE(world.attached(dialog).mix.muted);
  EXPECT_EQ(world.info("room", dialog).status, ParticipantStatus::kMuted);
}

TEST(Operations, GainReachesTheCoreAndLivesBesideMute) {
  FocusWorld world({}, 1);
  const auto dialog = world.join("room");
  const ParticipantId id = world.info("room", dialog).id;
  ASSERT_TRUE(world.focus->control().set_gain(id, -40, 20));
  world.settle();
  EXPECT_EQ(world.attached(dialog).mix, (mailbox::MixControls{.gain_in_db = -40, .gain_out_db = 20}));
  EXPECT_EQ(world.info("room", dialog).gain_in_db, -40);
  EXPECT_EQ(world.info("room", dialog).gain_out_db, 20);
  ASSERT_TRUE(world.focus->control().set_muted(id, true));
  world.settle();
  const mailbox::MixControls both{.muted = true, .gain_in_db = -40, .gain_out_db = 20};
  EXPECT_EQ(world.attached(dialog).mix, both);
  ASSERT_TRUE(world.focus->control().set_gain(id, 0, 0));
  world.settle();
  EXPECT_EQ(world.attached(dialog).mix, mailbox::MixControls{.muted = true});
}

TEST(Operations, AGainBeyondItsRangeIsRefusedAndChangesNothing) {
  FocusWorld world({}, 1);
  const auto dialog = world.join("room");
  const ParticipantId id = world.info("room", dialog).id;
  ASSERT_TRUE(world.focus->control().set_gain(id, 3, -3));
  for (const auto& [in_db, out_db] : {std::pair(-41, 0), {21, 0}, {0, -41}, {0, 21}, {256, 0}, {0, -256}}) {
    EXPECT_EQ(world.focus->control().set_gain(id, in_db, out_db).error().error,
              ConferenceError::kInvalidArgument);
  }
  world.settle();
  EXPECT_EQ(world.attached(dialog).mix, (mailbox::MixControls{.gain_in_db = 3, .gain_out_db = -3}));
  ASSERT_TRUE(world.focus->control().kick(id, ""));
  EXPECT_EQ(world.focus->control().set_gain(id, 0, 0).error().error, ConferenceError::kInvalidState);
}

TEST(Operations, ListsSayWhoIsWhere) {
  FocusConfig config;
  config.rooms.settings.max_participants = 9;
  FocusWorld world(config, 1);
  const auto first = world.join("b");
  world.join("a");
  const auto second = world.join("b");
  const auto conferences = world.focus->control().list_conferences();
  ASSERT_EQ(conferences.size(), 2u);
  EXPECT_EQ(conferences[0].name, "a");
  EXPECT_EQ(conferences[1].name, "b");
  EXPECT_EQ(conferences[1].participants, 2u);
  EXPECT_EQ(conferences[1].max_participants, 9u);
  const auto participants = world.focus->control().list_participants("b");
  ASSERT_EQ(participants->size(), 2u);
  EXPECT_EQ((*participants)[0].dialog, first);
  EXPECT_EQ((*participants)[1].dialog, second);

  // Page by page, also behind what is not there any more.
  const Control& control = world.control();
  EXPECT_EQ(control.list_conferences("", 1).front().name, "a");
  EXPECT_EQ(control.list_conferences("a", 1).front().name, "b");
  EXPECT_EQ(control.list_conferences("aa", 5).front().name, "b");
  EXPECT_TRUE(control.list_conferences("b", 1).empty());
  const ParticipantId id = (*participants)[0].id;
  EXPECT_EQ(control.list_participants("b", {}, 1)->size(), 1u);
  EXPECT_EQ(control.list_participants("b", id, 1)->front().dialog, second);
  EXPECT_EQ(control.list_participants("b", (*participants)[1].id)->size(), 0u);

  base::SocketAddress source = *base::parse_ip("127.0.0.9", 4444);
  world.cores[0]->emit(mailbox::SourceLatched{world.attached(first).command.participant, source});
  world.settle();
  EXPECT_EQ(world.info("b", first).remote_rtp, source);
}

}  // namespace
}  // namespace tutti::conference
