// Calls of ours: whom they may reach, and all that can come of them.
#include "signaling/conference/dial_out.h"

#include <iterator>
#include <optional>
#include <random>
#include <string>
#include <utility>

#include <gtest/gtest.h>
#include <sofia-sip/su_alloc.h>
#include <sofia-sip/url.h>

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
                          "sip:a@example.org.evil", "sip:127.0.0.1@evil", "sip:a@[::1]",
                          // The same host by another name is none that was named.
                          "sip:a@127.1", "sip:a@0x7f.0.0.1", "sip:a@2130706433", "sip:a@127.0.0.1.",
                          "sip:a@[::ffff:127.0.0.1]", "sip:a@pbx.example.org."}) {
    ASSERT_FALSE(check_target(rules, uri)) << uri;
    EXPECT_EQ(check_target(rules, uri).error().error, ConferenceError::kNotAllowed) << uri;
  }
  for (const char* uri :
       {"", "a@127.0.0.1", "sips:a@127.0.0.1", "tel:+123", "sip:", "sip:@127.0.0.1",
        "sip:a@127.0.0.1?Subject=x", "sip:a@127.0.0.1;maddr=10.0.0.1", "sip:a@127.0.0.1 x",
        "sip:a@127.0.0.1\r\nX: y", "sip:a@b@127.0.0.1", "sip:a@[::1",
        // What the user agent reads otherwise: it would call evil.
        "sip:a@evil#.example.org", "sip:a@evil/.example.org", "sip:evil#@127.0.0.1",
        "sip:a@%65vil.example.org", "sip:a@evil%2f.example.org", "sip:a@[::1].example.org",
        "sip:a@[evil].example.org", "sip:a@127.0.0.1:", "sip:a@127.0.0.1:0", "sip:a@127.0.0.1:65536",
        "sip:a@127.0.0.1:5060x", "sip:a@127.0.0.1:5060/evil", "sip:a%40127.0.0.1", "sip:a@evil,.example.org",
        "sip:a@evil&.example.org", "sip:a@[127.0.0.1]"}) {
    ASSERT_FALSE(check_target(rules, uri)) << uri;
    EXPECT_EQ(check_target(rules, uri).error().error, ConferenceError::kInvalidArgument) << uri;
  }
  EXPECT_TRUE(check_target({.allowed = true, .hosts = {"*"}}, "sip:a@anything"));
  EXPECT_TRUE(check_target({.allowed = true, .hosts = {"[::1]"}}, "sip:a@[::1]:5060"));
  EXPECT_FALSE(check_target({.allowed = true, .hosts = {}}, "sip:a@127.0.0.1"));
}

// Host and parameters as the SIP library reads them; nothing where it reads no URI, and so calls nobody.
std::optional<std::pair<std::string, std::string>> read_by_the_library(const std::string& uri) {
  su_home_t home[1] = {SU_HOME_INIT(home)};
  std::optional<std::pair<std::string, std::string>> read;
  if (const url_t* url = url_make(home, uri.c_str())) {
    const auto text = [](const char* part) { return std::string(part == nullptr ? "" : part); };
    read.emplace(text(url->url_host), text(url->url_params) + text(url->url_headers) + text(url->url_path));
  }
  su_home_deinit(home);
  return read;
}

// What is called is what the SIP library reads, not what we do: no text that we let through may mean another
// host to it.
TEST(DialOut, WhoIsCalledIsWhoWasLookedAt) {
  const DialOutRules rules{.allowed = true, .hosts = {"good", "*.good", "127.0.0.1", "[::1]"}};
  constexpr const char* kPieces[] = {
      "good", "evil",      "a",    ".", "@", ":", ";", "/",  "?",  "#", "%2e", "%40",           "[",     "]",
      "::1",  "127.0.0.1", "5060", ",", "&", "=", "*", "//", "\\", " ", "%",   "transport=tcp", "maddr="};
  constexpr unsigned kSeed = 20'261'126;
  std::mt19937 random(kSeed);
  std::size_t called = 0;
  for (int i = 0; i < 200'000; ++i) {
    std::string uri = "sip:";
    const std::size_t pieces = 1 + random() % 7;
    for (std::size_t j = 0; j < pieces; ++j) uri += kPieces[random() % std::size(kPieces)];
    if (!check_target(rules, uri)) continue;
    const auto read = read_by_the_library(uri);
    if (!read) continue;
    ++called;
    const auto& [host, rest] = *read;
    const bool below = host.size() > 5 && host.substr(host.size() - 5) == ".good" &&
                       host.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789.") == std::string::npos;
    EXPECT_TRUE(below || host == "good" || host == "127.0.0.1" || host == "[::1]")
        << uri << " calls " << host << ", seed " << kSeed;
    EXPECT_TRUE(rest.empty() || rest == "transport=tcp") << uri << " has " << rest << ", seed " << kSeed;
  }
  EXPECT_GT(called, 1'000u) << "the alphabet makes hardly any URI";
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

TEST_F(DialledOut, WhoIsNoModeratorAnyMoreWhileItRingsIsCounted) {
  ASSERT_TRUE(world.control().create("room", {.max_participants = 1, .permanent = true}));
  const auto dialog = call({.uri = "sip:chair@127.0.0.1", .role = ParticipantRole::kModerator});
  ASSERT_TRUE(world.control().set_role(world.id("room", dialog), ParticipantRole::kSpeaker));
  EXPECT_EQ(world.status(world.invite("room")), 486);
  world.settle();
  world.answer(dialog);
  world.settle();
  EXPECT_EQ(world.status(world.invite("room")), 486);
  world.end(dialog);
  world.settle();
  EXPECT_EQ(world.state(world.join("room")), State::kEstablished);
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

TEST_F(DialledOut, WhatNobodyThereSaidIsNoRefusal) {
  struct Row {
    sip::DialogEnd end;
    ConferenceError error;
    std::string reason;
  };
  const Row rows[] = {
      {{sip::EndReason::kTransportError, 503, "DNS Error"},
       ConferenceError::kTimeout,
       "Not reached: DNS Error"},
      {{sip::EndReason::kNoAnswer, 200, "2xx without an answer"},
       ConferenceError::kMediaFailed,
       "200 2xx without an answer"},
  };
  for (const auto& [end, error, reason] : rows) {
    world.events.all.clear();
    const auto dialog = call();
    world.dialogs.end(dialog);
    world.focus->on_ended(dialog, end);
    expect_failed(dialog, error);
    EXPECT_EQ(world.told<ParticipantLeft>()[0].reason, reason);
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
