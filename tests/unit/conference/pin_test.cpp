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
  void make(ConferenceSettings settings) { ASSERT_TRUE(world.control().create("room", settings)); }
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

TEST(Lockouts, TheTableIsBoundedAndForgetsWhoErredLongestAgo) {
  Lockouts lockouts(PinRules{.tries = 1});
  const base::Instant now{};
  for (std::size_t i = 0; i <= Lockouts::kCallersMax; ++i) lockouts.record_failure(std::to_string(i), now);
  EXPECT_EQ(lockouts.size(), Lockouts::kCallersMax);
  EXPECT_FALSE(lockouts.remaining("0", now));
  EXPECT_TRUE(lockouts.remaining("1", now));
}

TEST(Lockouts, TheWaitDoublesUpToItsMaximumAndIsForgottenInTime) {
  Lockouts lockouts(PinRules{.tries = 2, .lockout = seconds(10), .lockout_max = seconds(35)});
  base::Instant now{};
  const auto wait = [&] {
    EXPECT_FALSE(lockouts.record_failure("a", now));
    EXPECT_TRUE(lockouts.record_failure("a", now));
    const seconds left = *lockouts.remaining("a", now);
    now += left;
    EXPECT_FALSE(lockouts.remaining("a", now));
    return left;
  };
  for (const int expected : {10, 20, 35, 35, 35}) EXPECT_EQ(wait(), seconds(expected));
  for (int i = 0; i < 100; ++i) EXPECT_EQ(wait(), seconds(35)) << "no overflow";
  now += seconds(35);
  EXPECT_EQ(wait(), seconds(10));
}

}  // namespace
}  // namespace tutti::conference
