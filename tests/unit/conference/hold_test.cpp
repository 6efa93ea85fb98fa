// Hold from our side, told by re-INVITE.
#include <gtest/gtest.h>

#include "focus_fixture.h"

namespace tutti::conference {
namespace {

using testing::Test;

class Held : public Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(world.control().create("room", {.hold_music = true}));
    dialog = world.join("room");
    world.join("room");
    id = world.id("room", dialog);
  }
  std::vector<std::string>& offers() { return world.dialogs[dialog].reinvites; }
  const mailbox::MixControls& mix() { return world.attached(dialog).mix; }

  FocusWorld world{{}, 1};
  sip::DialogId dialog{};
  ParticipantId id{};
};

TEST_F(Held, NeitherHeardNorHearingWithMusicAndToldSo) {
  ASSERT_TRUE(world.control().set_hold(id, true));
  world.settle();
  EXPECT_TRUE(mix().muted && mix().waiting && !mix().deaf);
  EXPECT_EQ(world.info("room", dialog).status, ParticipantStatus::kOnHold);
  ASSERT_EQ(offers().size(), 1u);
  EXPECT_NE(offers()[0].find("a=sendonly"), std::string::npos);
  world.focus->on_answer(dialog, std::string(kSdp) + "a=recvonly\r\n");
  world.settle();
  EXPECT_TRUE(world.attached(dialog).media.may_send);
  EXPECT_FALSE(world.attached(dialog).media.may_receive);
  EXPECT_FALSE(world.info("room", dialog).muted_by_itself);
  ASSERT_TRUE(world.control().set_hold(id, true));
  EXPECT_EQ(offers().size(), 1u) << "it holds already";
  ASSERT_TRUE(world.control().set_hold(id, false));
  ASSERT_EQ(offers().size(), 2u);
  EXPECT_EQ(offers()[1].find("a=sendonly"), std::string::npos);
  world.focus->on_answer(dialog, kSdp);
  world.settle();
  EXPECT_EQ(mix(), mailbox::MixControls{});
  EXPECT_EQ(world.info("room", dialog).status, ParticipantStatus::kActive);
}

TEST_F(Held, WithoutMusicNothingIsSentEither) {
  ASSERT_TRUE(world.control().update_settings("room", {}));
  ASSERT_TRUE(world.control().set_hold(id, true));
  world.settle();
  EXPECT_TRUE(mix().muted && mix().deaf && !mix().waiting);
  EXPECT_NE(offers().at(0).find("a=inactive"), std::string::npos);
}

TEST_F(Held, AChangeOfMindWhileItIsBeingToldIsToldAfterwards) {
  ASSERT_TRUE(world.control().set_hold(id, true));
  ASSERT_TRUE(world.control().set_hold(id, false));
  EXPECT_EQ(offers().size(), 1u);
  world.focus->on_answer(dialog, std::string(kSdp) + "a=recvonly\r\n");
  ASSERT_EQ(offers().size(), 2u);
  world.focus->on_answer(dialog, kSdp);
  world.settle();
  EXPECT_EQ(mix(), mailbox::MixControls{});
  EXPECT_TRUE(world.attached(dialog).media.may_receive);
}

TEST_F(Held, WhenBothAskAtOnceItIsAskedAgainALittleLater) {
  ASSERT_TRUE(world.control().set_hold(id, true));
  world.focus->on_reinvite_rejected(dialog, 491, {});
  EXPECT_EQ(offers().size(), 1u);
  world.pass(std::chrono::seconds(2));
  EXPECT_EQ(offers().size(), 2u);
}

TEST_F(Held, WhereTheFarEndWantsToBeAskedLaterItIs) {  // RFC 3261, 14.2
  ASSERT_TRUE(world.control().set_hold(id, true));
  world.focus->on_reinvite_rejected(dialog, 500, std::chrono::seconds(30));
  world.pass(std::chrono::seconds(29));
  EXPECT_EQ(offers().size(), 1u);
  world.pass(std::chrono::seconds(3));
  ASSERT_EQ(offers().size(), 2u);
  EXPECT_NE(offers()[1].find("a=sendonly"), std::string::npos);
  world.focus->on_reinvite_rejected(dialog, 503, std::chrono::seconds(30));
  ASSERT_TRUE(world.control().set_hold(id, false));
  world.pass(std::chrono::seconds(60));
  EXPECT_EQ(offers().size(), 2u) << "it was never held";
  EXPECT_TRUE(world.told<ParticipantFailed>().empty());
}

TEST_F(Held, AMoveTakesTheHoldAlongHoweverFarItIsTold) {
  ASSERT_TRUE(world.control().create("other", {.permanent = true}));
  ASSERT_TRUE(world.control().create("third", {.permanent = true}));
  const std::string before = *world.control().session_description(id);
  ASSERT_TRUE(world.control().set_hold(id, true));
  ASSERT_TRUE(world.control().move(id, "other"));
  world.settle();
  world.focus->on_reinvite_rejected(dialog, 491, {});
  EXPECT_EQ(*world.control().session_description(id), before) << "what was refused was not said";
  ASSERT_TRUE(world.control().move(id, "third"));
  world.pass(std::chrono::seconds(2));
  ASSERT_EQ(offers().size(), 2u);
  world.focus->on_answer(dialog, std::string(kSdp) + "a=inactive\r\n");
  world.settle();
  EXPECT_FALSE(world.attached(dialog).media.may_receive);
  world.pass(std::chrono::seconds(60));
  EXPECT_EQ(offers().size(), 2u) << "it is told";
}

TEST_F(Held, ARefusalIsToldAndItHoldsInTheMix) {
  const std::string before = *world.control().session_description(id);
  ASSERT_TRUE(world.control().set_hold(id, true));
  world.focus->on_reinvite_rejected(dialog, 488, {});
  world.settle();
  EXPECT_TRUE(mix().muted && mix().waiting);
  ASSERT_EQ(world.told<ParticipantFailed>().size(), 1u);
  EXPECT_EQ(world.told<ParticipantFailed>()[0].error, ConferenceError::kMediaFailed);
  EXPECT_EQ(*world.control().session_description(id), before) << "the session goes on as it was";
}

TEST_F(Held, WhatWasTakenWithoutAnAnswerIsToldAndTheNextOneIsOffered) {
  ASSERT_TRUE(world.control().set_hold(id, true));
  world.focus->on_reinvite_rejected(dialog, 200, {});
  ASSERT_EQ(world.told<ParticipantFailed>().size(), 1u);
  EXPECT_EQ(world.told<ParticipantFailed>()[0].detail, "It answered a re-INVITE without SDP");
  ASSERT_TRUE(world.control().set_hold(id, false));
  EXPECT_EQ(offers().size(), 2u);
}

TEST_F(Held, ABrokenAnswerIsToldAndWhatIsWishedMeanwhileIsOffered) {
  for (const std::string& broken : {std::string("nonsense"), std::string(kSdp) + "m=video 0 RTP/AVP 97\r\n",
                                    sdp_with("RTP/AVP 0", "RTP/AVP 18")}) {
    offers().clear();
    const std::size_t told = world.told<ParticipantFailed>().size();
    ASSERT_TRUE(world.control().set_hold(id, true));
    ASSERT_TRUE(world.control().set_hold(id, false));
    ASSERT_EQ(offers().size(), 1u);
    world.focus->on_answer(dialog, broken);
    world.settle();
    ASSERT_EQ(world.told<ParticipantFailed>().size(), told + 1);
    EXPECT_EQ(world.told<ParticipantFailed>().back().detail.find("Its answer to our offer: "), 0u);
    EXPECT_EQ(world.attached(dialog).updates, 0) << "its media go on as they were";
    ASSERT_EQ(offers().size(), 2u) << broken;
    EXPECT_EQ(offers()[1].find("a=sendonly"), std::string::npos);
    world.focus->on_answer(dialog, kSdp);
  }
  world.pass(std::chrono::seconds(60));
  EXPECT_EQ(offers().size(), 2u);
}

TEST_F(Held, AnOperatorWhoThoughtBetterOfItMayHoldAgainAfterARefusal) {
  ASSERT_TRUE(world.control().set_hold(id, true));
  ASSERT_TRUE(world.control().set_hold(id, false));
  world.focus->on_reinvite_rejected(dialog, 488, {});
  EXPECT_EQ(offers().size(), 1u) << "it was never held";
  ASSERT_TRUE(world.control().set_hold(id, true));
  EXPECT_EQ(offers().size(), 2u);
  ASSERT_TRUE(world.control().set_hold(id, false));
  world.focus->on_reinvite_rejected(dialog, 200, {});
  EXPECT_EQ(offers().size(), 3u) << "it took the hold, for all that is known";
}

TEST_F(Held, TheAnswerToTheirOwnReInviteSaysWhatCouldNotBeOfferedAtThatTime) {
  world.dialogs[dialog].busy = true;  // it had to wait for the ACK of one before
  ASSERT_TRUE(world.control().set_hold(id, true));
  world.reinvite(dialog, sdp_with("m=audio 6000", "m=audio 6002"));
  const std::string answer = world.dialogs[dialog].sdp;
  EXPECT_NE(answer.find("a=sendonly"), std::string::npos);
  world.dialogs[dialog].busy = false;
  EXPECT_EQ(*world.control().session_description(id), answer) << "what was said last";
  world.pass(std::chrono::seconds(2));
  EXPECT_EQ(offers().size(), 0u) << "it is told";
}

TEST_F(Held, AnAnswerToARefreshIsNotOneToWhatCouldNotBeOfferedAtThatTime) {
  const std::string before = *world.control().session_description(id);
  world.dialogs[dialog].busy = true;
  ASSERT_TRUE(world.control().set_hold(id, true));
  EXPECT_EQ(*world.control().session_description(id), before) << "nobody has heard of it";
  world.dialogs[dialog].busy = false;
  world.focus->on_answer(dialog, kSdp);  // to the refresh
  world.settle();
  EXPECT_TRUE(world.attached(dialog).media.may_receive);
  ASSERT_EQ(offers().size(), 1u);
  EXPECT_NE(offers()[0].find("a=sendonly"), std::string::npos);
}

TEST_F(Held, WhatCouldNotBeOfferedIsALittleLater) {
  world.dialogs[dialog].busy = true;
  ASSERT_TRUE(world.control().set_hold(id, true));
  world.pass(std::chrono::seconds(5));
  world.dialogs[dialog].busy = false;
  world.pass(std::chrono::seconds(2));
  EXPECT_EQ(offers().size(), 1u);
}

TEST_F(Held, OtherMusicIsOfferedToWhoIsHeld) {
  ASSERT_TRUE(world.control().set_hold(id, true));
  world.focus->on_answer(dialog, std::string(kSdp) + "a=recvonly\r\n");
  ASSERT_TRUE(world.control().update_settings("room", {}));
  ASSERT_EQ(offers().size(), 2u);
  EXPECT_NE(offers()[1].find("a=inactive"), std::string::npos);
  world.focus->on_answer(dialog, std::string(kSdp) + "a=inactive\r\n");
  ASSERT_TRUE(world.control().update_settings("room", {.hold_music = true}));
  ASSERT_EQ(offers().size(), 3u);
  EXPECT_NE(offers()[2].find("a=sendonly"), std::string::npos);
  world.focus->on_answer(dialog, std::string(kSdp) + "a=recvonly\r\n");
  world.settle();
  EXPECT_TRUE(world.attached(dialog).media.may_send && mix().waiting) << "it hears the music";
}

TEST_F(Held, AMoveToARoomWithoutMusicIsOffered) {
  ASSERT_TRUE(world.control().create("other", {.permanent = true}));
  ASSERT_TRUE(world.control().set_hold(id, true));
  world.focus->on_answer(dialog, std::string(kSdp) + "a=recvonly\r\n");
  ASSERT_TRUE(world.control().move(id, "other"));
  ASSERT_EQ(offers().size(), 2u);
  EXPECT_NE(offers()[1].find("a=inactive"), std::string::npos);
}

TEST_F(Held, TheirOwnReInviteDoesNotEndOurHold) {
  ASSERT_TRUE(world.control().set_hold(id, true));
  world.focus->on_answer(dialog, std::string(kSdp) + "a=recvonly\r\n");
  world.reinvite(dialog, kSdp);
  EXPECT_NE(world.dialogs[dialog].sdp.find("a=sendonly"), std::string::npos);
  EXPECT_EQ(world.info("room", dialog).status, ParticipantStatus::kOnHold);
}

TEST_F(Held, NobodyIsHeldBeforeItsCallIsUp) {
  const auto joining = world.invite("room");
  const auto outcome = world.control().set_hold(world.id("room", joining), true);
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().error, ConferenceError::kInvalidState);
}

TEST_F(Held, BetweenTheAnswerAndItsAckItWaitsToBeTold) {
  const auto fresh = world.invite("room");
  world.settle();
  ASSERT_TRUE(world.control().set_hold(world.id("room", fresh), true));
  EXPECT_EQ(world.dialogs[fresh].reinvites.size(), 0u);
  world.acknowledge(fresh);
  EXPECT_EQ(world.dialogs[fresh].reinvites.size(), 1u);
}

}  // namespace
}  // namespace tutti::conference
