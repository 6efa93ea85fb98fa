// Calls of ours: whom they may reach, and all that can come of them.
#include "signaling/conference/dial_out.h"

#include <gtest/gtest.h>

#include "focus_fixture.h"

namespace tutti::conference {
namespace {

using State = FakeDialogs::State;
using std::chrono::seconds;

FocusConfig allowed() {
  FocusConfig config;
  config.dial_out = {.allowed = true, .hosts = {"127.0.0.1", "*.example.org"}};
  return config;
}

class DialledOut : public testing::Test {
 protected:
  sip::DialogId call(const Invitation& invitation = {.uri = "sip:bob@127.0.0.1:5070"}) {
    if (!world.control().exists("room")) {
      EXPECT_TRUE(world.control().create("room", {.permanent = true}));
    }
    const auto info = world.control().invite("room", invitation);
    EXPECT_TRUE(info) << info.error().detail;
    EXPECT_EQ(info->status, ParticipantStatus::kJoining);
    EXPECT_TRUE(info->dialled_out);
    return world.dialogs.last_called;
  }
  ConferenceError refused(const Invitation& invitation) {
    const auto info = world.control().invite("room", invitation);
    EXPECT_FALSE(info);
    return info ? ConferenceError{255} : info.error().error;
  }
  void expect_failed(sip::DialogId dialog, ConferenceError error) {
    EXPECT_FALSE(world.dialogs[dialog].alive());
    ASSERT_EQ(world.told<ParticipantFailed>().size(), 1u);
    EXPECT_EQ(world.told<ParticipantFailed>()[0].error, error);
    world.settle();
    EXPECT_EQ(world.told<ParticipantLeft>().size(), 1u);
    EXPECT_TRUE(world.focus->ledger().zero());
  }

  FocusWorld world{allowed(), 1};
};

TEST(DialOut, IsOffUnlessConfigured) {
  FocusWorld world;
  ASSERT_TRUE(world.control().create("room", {}));
  EXPECT_EQ(world.control().invite("room", {.uri = "sip:a@127.0.0.1"}).error().error,
            ConferenceError::kNotAllowed);
}

TEST(DialOut, OnlyNamedHostsAreCalled) {
  const DialOutRules rules = allowed().dial_out;
  for (const char* uri : {"sip:a@127.0.0.1", "sip:a@127.0.0.1:5070", "SIP:a@127.0.0.1;transport=tcp",
                          "sip:127.0.0.1", "sip:a@pbx.example.org", "sip:a@PBX.Example.ORG:5061"}) {
    EXPECT_TRUE(check_target(rules, uri)) << uri;
  }
  for (const char* uri : {"sip:a@127.0.0.2", "sip:a@example.org", "sip:a@badexample.org",
                          "sip:a@example.org.evil", "sip:127.0.0.1@evil", "sip:a@[::1]"}) {
    ASSERT_FALSE(check_target(rules, uri)) << uri;
    EXPECT_EQ(check_target(rules, uri).error().error, ConferenceError::kNotAllowed) << uri;
  }
  for (const char* uri : {"", "a@127.0.0.1", "sips:a@127.0.0.1", "tel:+123", "sip:", "sip:@127.0.0.1",
                          "sip:a@127.0.0.1?Subject=x", "sip:a@127.0.0.1;maddr=10.0.0.1", "sip:a@127.0.0.1 x",
                          "sip:a@127.0.0.1\r\nX: y", "sip:a@b@127.0.0.1", "sip:a@[::1"}) {
    ASSERT_FALSE(check_target(rules, uri)) << uri;
    EXPECT_EQ(check_target(rules, uri).error().error, ConferenceError::kInvalidArgument) << uri;
  }
  EXPECT_TRUE(check_target({.allowed = true, .hosts = {"*"}}, "sip:a@anything"));
  EXPECT_TRUE(check_target({.allowed = true, .hosts = {"[::1]"}}, "sip:a@[::1]:5060"));
  EXPECT_FALSE(check_target({.allowed = true, .hosts = {}}, "sip:a@127.0.0.1"));
}

TEST_F(DialledOut, WhoAnswersIsInTheMix) {
  const auto dialog = call({.uri = "sip:bob@127.0.0.1:5070", .display_name = "Bob"});
  EXPECT_EQ(world.dialogs[dialog].invite.target, "sip:bob@127.0.0.1:5070");
  world.settle();
  EXPECT_EQ(world.info("room", dialog).status, ParticipantStatus::kJoining);
  EXPECT_TRUE(world.attached(dialog).mix.muted) << "early media is nobody's business";
  EXPECT_EQ(world.attached(dialog).media.silence_timeout_s, 0) << "while it rings nothing needs to come";
  world.answer(dialog);
  world.settle();
  EXPECT_EQ(world.info("room", dialog).status, ParticipantStatus::kActive);
  EXPECT_EQ(world.info("room", dialog).display_name, "Bob");
  EXPECT_EQ(world.attached(dialog).mix, mailbox::MixControls{});
  EXPECT_EQ(world.attached(dialog).media.remote_rtp.port, 6000);
  EXPECT_EQ(world.attached(dialog).media.silence_timeout_s, 60);
  world.pass(seconds(120));
  EXPECT_EQ(world.state(dialog), State::kEstablished) << "it rings no more";
  world.end(dialog);
  world.settle();
  EXPECT_TRUE(world.focus->ledger().zero());
  EXPECT_EQ(world.told<ParticipantFailed>().size(), 0u);
}

TEST_F(DialledOut, AnAnswerBeforeTheCoreHasItIsWaitedFor) {
  const auto dialog = call();
  world.answer(dialog);
  EXPECT_EQ(world.info("room", dialog).status, ParticipantStatus::kJoining);
  world.settle();
  EXPECT_EQ(world.info("room", dialog).status, ParticipantStatus::kActive);
}

TEST_F(DialledOut, RolesComeWithTheInvitation) {
  const auto dialog = call({.uri = "sip:bob@127.0.0.1", .role = ParticipantRole::kListener});
  world.answer(dialog);
  world.settle();
  EXPECT_TRUE(world.attached(dialog).mix.muted);
  EXPECT_FALSE(world.attached(dialog).mix.deaf);
}

TEST_F(DialledOut, NobodyAnswersInTime) {
  const auto dialog = call({.uri = "sip:bob@127.0.0.1", .ring_time = seconds(10)});
  world.pass(seconds(9));
  EXPECT_EQ(world.state(dialog), State::kCalling);
  world.pass(seconds(1));
  EXPECT_EQ(world.state(dialog), State::kHungUp) << "CANCEL";
  expect_failed(dialog, ConferenceError::kTimeout);
}

TEST_F(DialledOut, EachRefusalHasItsName) {
  const std::pair<int, ConferenceError> rows[] = {
      {404, ConferenceError::kNotFound},     {486, ConferenceError::kCapacityExceeded},
      {480, ConferenceError::kTimeout},      {408, ConferenceError::kTimeout},
      {488, ConferenceError::kMediaFailed},  {603, ConferenceError::kNotAllowed},
      {501, ConferenceError::kNotSupported}, {403, ConferenceError::kNotAllowed},
  };
  for (const auto& [status, error] : rows) {
    world.events.all.clear();
    const auto dialog = call();
    world.decline(dialog, status, "No");
    expect_failed(dialog, error);
    EXPECT_EQ(world.told<ParticipantLeft>()[0].reason, std::to_string(status) + " No");
  }
}

TEST_F(DialledOut, AnAnswerThatCannotBeTakenEndsTheCall) {
  const auto dialog = call();
  world.settle();
  world.answer(dialog, "nonsense");
  expect_failed(dialog, ConferenceError::kMediaFailed);
}

TEST_F(DialledOut, NoAnswerToTheOfferEndsTheCall) {
  const auto dialog = call();
  world.settle();
  world.acknowledge(dialog);
  expect_failed(dialog, ConferenceError::kMediaFailed);
}

TEST_F(DialledOut, TheCoreMayRefuseIt) {
  world.cores[0]->refuse_attaches = 1;
  const auto dialog = call();
  world.settle();
  EXPECT_EQ(world.state(dialog), State::kHungUp);
  expect_failed(dialog, ConferenceError::kMediaFailed);
}

TEST_F(DialledOut, AKickTakesTheCallBack) {
  const auto dialog = call();
  ASSERT_TRUE(world.control().kick(world.id("room", dialog), "Never mind"));
  EXPECT_EQ(world.dialogs[dialog].reason, "Never mind");
  world.settle();
  EXPECT_TRUE(world.focus->ledger().zero());
}

TEST_F(DialledOut, WhatCannotBeCalledTakesNothing) {
  ASSERT_TRUE(world.control().create("room", {.max_participants = 1, .permanent = true}));
  EXPECT_EQ(refused({.uri = "bob"}), ConferenceError::kInvalidArgument);
  EXPECT_EQ(refused({.uri = "sip:bob@10.0.0.1"}), ConferenceError::kNotAllowed);
  EXPECT_EQ(refused({.uri = "sip:bob@127.0.0.1", .ring_time = seconds(0)}),
            ConferenceError::kInvalidArgument);
  EXPECT_EQ(refused({.uri = "sip:bob@127.0.0.1", .ring_time = seconds(181)}),
            ConferenceError::kInvalidArgument);
  world.dialogs.refuse_invites = sip::SipError{sip::SipErrorKind::kBadAddress, "no"};
  EXPECT_EQ(refused({.uri = "sip:bob@127.0.0.1"}), ConferenceError::kInvalidArgument);
  world.dialogs.refuse_invites = sip::SipError{sip::SipErrorKind::kTooManyDialogs, "no"};
  EXPECT_EQ(refused({.uri = "sip:bob@127.0.0.1"}), ConferenceError::kCapacityExceeded);
  world.dialogs.refuse_invites.reset();
  world.media.fail_with = MediaError::kNoPorts;
  EXPECT_EQ(refused({.uri = "sip:bob@127.0.0.1"}), ConferenceError::kCapacityExceeded);
  world.media.fail_with.reset();
  ASSERT_TRUE(world.control().lock("room"));
  EXPECT_EQ(refused({.uri = "sip:bob@127.0.0.1"}), ConferenceError::kInvalidState);
  ASSERT_TRUE(world.control().unlock("room"));
  EXPECT_TRUE(world.focus->ledger().zero());
  call();
  EXPECT_EQ(refused({.uri = "sip:bob@127.0.0.1"}), ConferenceError::kCapacityExceeded) << "the room is full";
  call({.uri = "sip:chair@127.0.0.1", .role = ParticipantRole::kModerator});
  ASSERT_TRUE(world.control().terminate("room", ""));
  EXPECT_EQ(refused({.uri = "sip:bob@127.0.0.1"}), ConferenceError::kInvalidState);
  world.settle();
  EXPECT_TRUE(world.focus->ledger().zero());
}

}  // namespace
}  // namespace tutti::conference
