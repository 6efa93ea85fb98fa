// PINs by the keys of a phone, and the lock-out of who guesses.
#include <gtest/gtest.h>

#include "focus_fixture.h"
#include "signaling/conference/lockouts.h"

namespace tutti::conference {
namespace {

using State = FakeDialogs::State;
using std::chrono::seconds;

class Pins : public testing::Test {
 protected:
  void make(ConferenceSettings settings, const std::string& room = "room") {
    ASSERT_TRUE(world.control().create(room, settings));
  }
  bool let_in(sip::DialogId dialog) {
    return world.dialogs[dialog].alive() && !world.info("room", dialog).entering_pin &&
           world.attached(dialog).mix == mailbox::MixControls{};
  }
  FocusWorld world{{}, 1};
};

TEST_F(Pins, WhoEntersIsNeitherHeardNorHearsUntilThePinIsRight) {
  make({.pin = "4711"});
  const auto dialog = world.join("room");
  EXPECT_TRUE(world.info("room", dialog).entering_pin);
  EXPECT_TRUE(world.attached(dialog).mix.muted && world.attached(dialog).mix.deaf);
  ASSERT_EQ(world.cores[0]->tones.size(), 1u) << "a prompt";
  EXPECT_EQ(std::get<mailbox::ParticipantHandle>(world.cores[0]->tones[0].to),
            world.attached(dialog).command.participant);
  world.press(dialog, "471");
  EXPECT_FALSE(let_in(dialog));
  world.press(dialog, "1");
  EXPECT_TRUE(let_in(dialog));
  for (const auto& digit : world.told<DtmfReceived>()) EXPECT_EQ(digit.digit, '?');
  world.press(dialog, "5");
  EXPECT_EQ(world.told<DtmfReceived>().back().digit, '5');
}

TEST_F(Pins, HashEndsAndStarBeginsAnew) {
  make({.pin = "12", .moderator_pin = "123456"});
  const auto dialog = world.join("room");
  world.press(dialog, "99*12");
  EXPECT_FALSE(let_in(dialog));
  world.press(dialog, "#");
  EXPECT_TRUE(let_in(dialog));
  EXPECT_EQ(world.info("room", dialog).role, ParticipantRole::kSpeaker);
}

TEST_F(Pins, TheModeratorsPinMakesAModerator) {
  make({.wait_for_moderator = true, .start_muted = true, .pin = "1111", .moderator_pin = "2222"});
  const auto guest = world.join("room");
  world.press(guest, "1111");
  EXPECT_TRUE(world.info("room", guest).waiting);
  const auto chair = world.join("room");
  world.press(chair, "2222");
  EXPECT_EQ(world.info("room", chair).role, ParticipantRole::kModerator);
  EXPECT_FALSE(world.info("room", chair).muted) << "moderators do not start muted";
  EXPECT_TRUE(let_in(chair));
  EXPECT_FALSE(world.info("room", guest).waiting);
}

TEST_F(Pins, WhereOnlyModeratorsHaveOneHashAloneLetsIn) {
  make({.moderator_pin = "2222"});
  const auto guest = world.join("room");
  world.press(guest, "#");
  EXPECT_TRUE(let_in(guest));
  const auto slow = world.join("room");
  world.pass(seconds(31));
  world.settle();
  EXPECT_TRUE(let_in(slow)) << "and so does time";
}

TEST_F(Pins, ThreeWrongOnesEndTheCallAndTheWaitGrows) {
  make({.pin = "4711", .permanent = true});
  const auto fail_call = [&] {
    const auto dialog = world.join("room");
    world.press(dialog, "000000001111");
    EXPECT_EQ(world.state(dialog), State::kHungUp);
    EXPECT_EQ(world.dialogs[dialog].reason, "Too many wrong PINs");
  };
  const auto expect_wait = [&](seconds wait) {
    const auto early = world.invite("room");
    ASSERT_EQ(world.status(early), 403);
    EXPECT_NEAR(static_cast<double>(world.dialogs[early].rejection.retry_after->count()),
                static_cast<double>(wait.count()), 5.0);
    world.pass(wait);
  };
  fail_call();
  expect_wait(seconds(30));
  fail_call();
  expect_wait(seconds(60));
  fail_call();
  expect_wait(seconds(120));
  const auto dialog = world.join("room");
  world.press(dialog, "4711");
  EXPECT_TRUE(let_in(dialog));
  fail_call();
  expect_wait(seconds(30));  // forgiven
}

TEST_F(Pins, TriesAreCountedOverCallsAndOnlyOfThatCaller) {
  make({.pin = "4711", .permanent = true});
  auto dialog = world.join("room");
  world.press(dialog, "00000000");
  world.end(dialog);
  world.settle();
  dialog = world.join("room");
  world.press(dialog, "0000");
  EXPECT_EQ(world.state(dialog), State::kHungUp);
  EXPECT_EQ(world.status(world.invite("room")), 403);
  world.caller.ip[3] = 8;
  world.settle();
  EXPECT_EQ(world.state(world.invite("room")), State::kInvited) << "it waits for its core";
}

TEST_F(Pins, WhoKnowsTheGuestsPinMayNotGuessTheModeratorsForEver) {
  make({.pin = "1111", .moderator_pin = "2222", .permanent = true});
  for (int i = 0; i < 2; ++i) {
    const auto dialog = world.join("room");
    world.press(dialog, "00001111");
    EXPECT_TRUE(let_in(dialog));
    world.end(dialog);
    world.settle();
  }
  const auto dialog = world.join("room");
  world.press(dialog, "0000");
  EXPECT_EQ(world.state(dialog), State::kHungUp);
}

TEST_F(Pins, TimeToEnterItIsBounded) {
  make({.pin = "4711"});
  const auto dialog = world.join("room");
  world.pass(seconds(25));
  EXPECT_EQ(world.state(dialog), State::kEstablished);
  world.pass(seconds(5));
  EXPECT_EQ(world.state(dialog), State::kHungUp);
  ASSERT_EQ(world.told<ParticipantFailed>().size(), 1u);
  EXPECT_EQ(world.told<ParticipantFailed>()[0].error, ConferenceError::kTimeout);
}

TEST_F(Pins, AFullOrLockedRoomIsOpenToItsModerators) {
  make({.max_participants = 1, .moderators_pass_lock = true, .pin = "1111", .moderator_pin = "2222"});
  const auto guest = world.join("room");
  world.press(guest, "1111");
  const auto second = world.join("room");
  world.press(second, "1111");
  EXPECT_EQ(world.dialogs[second].reason, "Conference is full");
  const auto chair = world.join("room");
  world.press(chair, "2222");
  EXPECT_TRUE(let_in(chair));
  ASSERT_TRUE(world.control().lock("room"));
  const auto late = world.join("room");
  world.press(late, "1111");
  EXPECT_EQ(world.dialogs[late].reason, "Conference is locked");
  const auto other_chair = world.join("room");
  world.press(other_chair, "2222");
  EXPECT_TRUE(let_in(other_chair));
  ConferenceSettings settings = *world.control().settings("room");
  settings.moderators_pass_lock = false;
  ASSERT_TRUE(world.control().update_settings("room", settings));
  EXPECT_EQ(world.status(world.invite("room")), 403);
}

// Each call under another name, two wrong PINs in each: no name is ever locked out.
TEST_F(Pins, WhoVariesItsUriIsCountedByItsAddress) {
  make({.pin = "4711", .permanent = true});
  make({.pin = "4711"}, "other");
  int calls = 0;
  const auto fail_call = [&] {
    world.caller_uri = "sip:guess" + std::to_string(calls++) + "@127.0.0.1";
    const auto dialog = world.join("room");
    world.press(dialog, "00001111");
    const bool stays = world.state(dialog) == State::kEstablished;
    world.end(dialog);
    world.settle();
    return stays;
  };
  for (int i = 0; i < 14; ++i) EXPECT_TRUE(fail_call()) << i;
  EXPECT_FALSE(fail_call()) << "30 wrong ones";
  const auto early = world.invite("room");
  EXPECT_EQ(world.status(early), 403);
  EXPECT_NEAR(static_cast<double>(world.dialogs[early].rejection.retry_after->count()), 30.0, 5.0);

  EXPECT_EQ(world.state(world.invite("other")), State::kInvited) << "another room";
  world.caller.ip[3] = 8;
  EXPECT_EQ(world.state(world.invite("room")), State::kInvited) << "another address";
  world.caller.ip[3] = 7;
  world.settle();
  world.pass(seconds(30));
  EXPECT_TRUE(fail_call()) << "the wait is over";
}

TEST_F(Pins, ACrowdBehindOneAddressThatKnowsItsPinIsNeverLockedOut) {
  make({.pin = "4711", .permanent = true});
  for (int i = 0; i < 40; ++i) {
    world.caller_uri = "sip:member" + std::to_string(i) + "@127.0.0.1";
    const auto dialog = world.join("room");
    world.press(dialog, "00004711");
    EXPECT_TRUE(let_in(dialog)) << i;
    world.end(dialog);
    world.settle();
  }
}

TEST_F(Pins, OtherCallsOfWhoIsLockedOutGuessNoFurther) {
  make({.pin = "4711", .permanent = true});
  const auto first = world.join("room");
  const auto second = world.join("room");
  world.press(first, "000000001111");
  EXPECT_EQ(world.state(first), State::kHungUp);
  EXPECT_EQ(world.state(second), State::kEstablished);
  world.press(second, "4711");
  EXPECT_EQ(world.state(second), State::kHungUp) << "right or wrong, it is not told";
  EXPECT_EQ(world.dialogs[second].reason, "Too many wrong PINs");
}

TEST_F(Pins, RulesChangeAtOnceAndForgetNobody) {
  make({.pin = "4711", .permanent = true});
  const auto dialog = world.join("room");
  world.press(dialog, "0000");
  FocusConfig config;
  config.pins.tries = 2;
  config.pins.lockout = seconds(500);
  world.focus->reconfigure(config);
  world.press(dialog, "0000");
  EXPECT_EQ(world.state(dialog), State::kHungUp);
  const auto early = world.invite("room");
  ASSERT_EQ(world.status(early), 403);
  EXPECT_GT(world.dialogs[early].rejection.retry_after->count(), 490);
}

TEST_F(Pins, WhoEntersOneThatIsTakenAwayIsLetIn) {
  make({.pin = "4711", .moderator_pin = "081500"});
  const auto first = world.join("room");
  const auto second = world.join("room");
  world.press(first, "47");
  ASSERT_TRUE(world.control().update_settings("room", {.moderator_pin = "081500"}));
  world.settle();
  EXPECT_TRUE(world.info("room", second).entering_pin) << "it may be a moderator";
  const auto joining = world.invite("room");
  ASSERT_TRUE(world.control().update_settings("room", {}));
  world.settle();
  for (const auto dialog : {first, second, joining}) EXPECT_TRUE(let_in(dialog));
  world.press(first, "1147");
  EXPECT_TRUE(let_in(first)) << "keys are no PIN any more";
  EXPECT_EQ(world.told<DtmfReceived>().back().digit, '7');
}

TEST_F(Pins, WhoEntersOneThatIsTakenAwayIsHeldByLockAndSize) {
  make({.max_participants = 1, .moderators_pass_lock = true, .moderator_pin = "0815"});
  const auto first = world.join("room");
  const auto second = world.join("room");
  ASSERT_TRUE(world.control().update_settings("room", {.max_participants = 1}));
  EXPECT_TRUE(world.dialogs[first].alive());
  EXPECT_EQ(world.dialogs[second].reason, "Conference is full");
  make({.pin = "4711"}, "other");
  const auto third = world.join("other");
  ASSERT_TRUE(world.control().lock("other"));
  ASSERT_TRUE(world.control().update_settings("other", {}));
  EXPECT_EQ(world.dialogs[third].reason, "Conference is locked");
}

TEST(PinCallers, AreNamedByRoomAddressAndUri) {
  const auto at = [](const std::string& ip, std::uint16_t port = 5060) { return *base::parse_ip(ip, port); };
  const PinCaller a("room", "sip:a@h", at("10.0.0.1"));
  EXPECT_EQ(a.uri, PinCaller("room", "sip:a@h", at("10.0.0.1", 9)).uri) << "whatever the port";
  EXPECT_NE(a.uri, PinCaller("room", "sip:b@h", at("10.0.0.1")).uri);
  EXPECT_EQ(a.address, PinCaller("room", "sip:b@h", at("10.0.0.1")).address);
  EXPECT_NE(a.address, PinCaller("room", "sip:a@h", at("10.0.0.2")).address);
  EXPECT_NE(a.address, PinCaller("other", "sip:a@h", at("10.0.0.1")).address);
  EXPECT_LT(PinCaller("room", std::string(8'000, 'x'), at("10.0.0.1")).uri.size(), 256u);
  // Whoever has one IPv6 address has 2^64.
  const PinCaller six("room", "sip:a@h", at("2001:db8:0:1::1"));
  EXPECT_EQ(six.address, PinCaller("room", "sip:b@h", at("2001:db8:0:1:ffff::2")).address);
  EXPECT_NE(six.address, PinCaller("room", "sip:a@h", at("2001:db8:0:2::1")).address);
  EXPECT_NE(PinCaller("room", "sip:a@h", at("::ffff:10.0.0.1")).address,
            PinCaller("room", "sip:a@h", at("::ffff:10.0.0.2")).address);
}

TEST(WrongPins, AreBoundedAndForgetWhoErredLongestAgo) {
  WrongPins wrong;
  const base::Instant now{};
  for (std::size_t i = 0; i <= WrongPins::kNamesMax; ++i) wrong.record(std::to_string(i), 1, {}, now);
  EXPECT_EQ(wrong.size(), WrongPins::kNamesMax);
  EXPECT_FALSE(wrong.remaining("0", now));
  EXPECT_TRUE(wrong.remaining("1", now));
}

TEST(WrongPins, TheWaitDoublesUpToItsMaximumAndIsForgottenInTime) {
  WrongPins wrong;
  const PinRules rules{.lockout = seconds(10), .lockout_max = seconds(35)};
  base::Instant now{};
  const auto wait = [&] {
    EXPECT_FALSE(wrong.record("a", 2, rules, now));
    EXPECT_TRUE(wrong.record("a", 2, rules, now));
    const seconds left = *wrong.remaining("a", now);
    now += left;
    EXPECT_FALSE(wrong.remaining("a", now));
    return left;
  };
  for (const int expected : {10, 20, 35, 35, 35}) EXPECT_EQ(wait(), seconds(expected));
  for (int i = 0; i < 100; ++i) EXPECT_EQ(wait(), seconds(35)) << "no overflow";
  now += seconds(35);
  EXPECT_EQ(wait(), seconds(10));
  EXPECT_FALSE(wrong.record("a", 2, rules, now));
  now += seconds(35);
  EXPECT_FALSE(wrong.record("a", 2, rules, now)) << "one that led to no wait is forgotten, too";
}

// Guesses under one name each, whatever their number, push out no address.
TEST(Lockouts, AnAddressIsNotForgottenForTheNamesThatItMakesUp) {
  Lockouts lockouts;
  const PinRules rules{.tries = 3, .address_tries = 2 * WrongPins::kNamesMax};
  const base::Instant now{};
  const auto source = *base::parse_ip("10.0.0.1");
  for (std::uint32_t i = 1; i <= rules.address_tries; ++i) {
    const PinCaller caller("room", std::to_string(i), source);
    EXPECT_EQ(lockouts.record_failure(caller, rules, now), i == rules.address_tries) << i;
  }
  EXPECT_TRUE(lockouts.remaining(PinCaller("room", "anew", source), now));
}

TEST(Lockouts, WithoutABoundAddressesAreNotCounted) {
  Lockouts lockouts;
  const auto source = *base::parse_ip("10.0.0.1");
  for (int i = 0; i < 1'000; ++i) {
    EXPECT_FALSE(
        lockouts.record_failure(PinCaller("room", std::to_string(i), source), {.address_tries = 0}, {}));
  }
}

}  // namespace
}  // namespace tutti::conference
