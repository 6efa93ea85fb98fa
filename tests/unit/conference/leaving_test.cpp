#include <gtest/gtest.h>

#include "focus_fixture.h"

namespace tutti::conference {
namespace {

using State = FakeDialogs::State;

TEST(Leaving, EveryWayOutLeavesNothing) {
  for (const auto reason : {sip::EndReason::kRemoteBye, sip::EndReason::kNoAck, sip::EndReason::kSessionTimer,
                            sip::EndReason::kTransportError, sip::EndReason::kNoAnswer}) {
    FocusWorld world;
    const auto dialog = world.join("room");
    world.end(dialog, reason);
    EXPECT_FALSE(world.focus->ledger().zero()) << "the core still has it";
    world.settle();
    EXPECT_TRUE(world.focus->ledger().zero()) << static_cast<int>(reason);
    EXPECT_FALSE(world.focus->control().find_conference("room")) << "freed when empty";
    EXPECT_EQ(world.media.open(), 0u);
  }
}

TEST(Leaving, CancelMeetsTheAttach) {
  // Before the core has seen the attach, after it took it, and after it told so.
  for (int moment = 0; moment < 3; ++moment) {
    FocusWorld world;
    const auto dialog = world.invite("room");
    if (moment >= 1) world.run_cores();
    if (moment >= 2) world.poll();
    world.end(dialog, moment >= 2 ? sip::EndReason::kRemoteBye : sip::EndReason::kCancelled);
    world.settle();
    EXPECT_EQ(world.state(dialog), State::kEnded) << moment;
    EXPECT_TRUE(world.focus->ledger().zero()) << moment;
  }
}

TEST(Leaving, CancelMeetsTheRefusal) {
  FocusWorld world({}, 1);
  world.cores[0]->refuse_attaches = 1;
  const auto dialog = world.invite("room");
  world.run_cores();
  world.end(dialog, sip::EndReason::kCancelled);
  world.settle();
  EXPECT_TRUE(world.focus->ledger().zero());
}

TEST(Leaving, SilenceEndsTheCallWithBye) {
  FocusWorld world({}, 1);
  const auto dialog = world.join("room");
  world.cores[0]->emit(mailbox::MediaTimedOut{world.attached(dialog).command.participant});
  world.settle();
  EXPECT_EQ(world.state(dialog), State::kHungUp);
  EXPECT_EQ(world.dialogs[dialog].reason, "No media");
  EXPECT_TRUE(world.focus->ledger().zero());
}

TEST(Leaving, ACoreThatLetsGoByItselfEndsTheCall) {
  FocusWorld world({}, 1);
  const auto dialog = world.join("room");
  world.cores[0]->drop(world.attached(dialog).command.participant);
  world.settle();
  EXPECT_EQ(world.state(dialog), State::kHungUp);
  EXPECT_TRUE(world.focus->ledger().zero());
}

TEST(Leaving, AnRtcpByeEndsNoCall) {
  FocusWorld world({}, 1);
  const auto dialog = world.join("room");
  world.cores[0]->emit(mailbox::RemoteBye{world.attached(dialog).command.participant});
  world.settle();
  EXPECT_EQ(world.state(dialog), State::kEstablished);
}

TEST(Leaving, TheOthersStay) {
  FocusWorld world;
  const auto a = world.join("room");
  const auto b = world.join("room");
  world.end(a);
  world.settle();
  EXPECT_EQ(world.state(b), State::kEstablished);
  EXPECT_EQ(world.focus->ledger(),
            (Ledger{.dialogs = 1, .participants = 1, .ports = 1, .streams = 1, .rooms = 1}));
}

TEST(Leaving, ADialIntoARoomThatIsJustClosingWorks) {
  // After the BYE; after the core let go; after the close was posted but not yet done.
  for (int moment = 0; moment < 3; ++moment) {
    FocusWorld world({}, 1);
    const auto last = world.join("room");
    world.end(last);
    if (moment >= 1) world.run_cores();
    if (moment >= 2) world.poll();
    const auto next = world.join("room");
    EXPECT_EQ(world.state(next), State::kEstablished) << moment;
    EXPECT_EQ(world.focus->ledger(),
              (Ledger{.dialogs = 1, .participants = 1, .ports = 1, .streams = 1, .rooms = 1}));
    world.end(next);
    world.settle();
    EXPECT_TRUE(world.focus->ledger().zero());
  }
}

TEST(Leaving, WhoLeavesCountsNoLongerAgainstTheRoom) {
  FocusConfig config;
  config.rooms.settings.max_participants = 1;
  FocusWorld world(config);
  world.end(world.join("room"));
  EXPECT_EQ(world.state(world.join("room")), State::kEstablished);
}

TEST(Leaving, APermanentRoomStaysAndCostsNothing) {
  FocusConfig config;
  config.rooms.rooms = {{"hall", false, {}}};
  FocusWorld world(config);
  EXPECT_TRUE(world.focus->ledger().zero());
  world.end(world.join("hall"));
  world.settle();
  EXPECT_TRUE(world.focus->ledger().zero());
  ASSERT_TRUE(world.focus->control().find_conference("hall"));
  EXPECT_EQ(world.focus->control().find_conference("hall")->state, ConferenceState::kActive);
  world.join("hall");
}

// A room that was made ahead of its participants: its name would come back without PIN and lock.
TEST(Leaving, WhoWasNotLetInDoesNotEndTheRoom) {
  FocusConfig config;
  config.dial_out = {.allowed = true, .hosts = {"127.0.0.1"}};
  FocusWorld world(config, 1);
  Control& control = world.control();
  ASSERT_TRUE(
      control.create("board", {.moderators_pass_lock = true, .pin = "4711", .moderator_pin = "0815"}));
  ASSERT_TRUE(control.lock("board"));
  const std::string id = control.find_conference("board")->id;

  world.end(world.join("board"));
  world.settle();
  const auto locked_out = world.join("board");
  world.press(locked_out, "4711");
  EXPECT_EQ(world.dialogs[locked_out].reason, "Conference is locked");
  world.end(world.invite("board"), sip::EndReason::kCancelled);
  world.settle();
  const auto called =
      control.invite("board", {.uri = "sip:bob@127.0.0.1", .role = ParticipantRole::kModerator});
  ASSERT_TRUE(called);
  world.settle();
  world.decline(called->dialog, 486, "Busy Here");
  world.settle();

  ASSERT_TRUE(control.exists("board"));
  EXPECT_EQ(control.find_conference("board")->id, id) << "the very one";
  EXPECT_EQ(control.find_conference("board")->state, ConferenceState::kLocked);
  EXPECT_TRUE(world.focus->ledger().zero()) << "and it costs no core anything";
  const auto chair = world.join("board");
  EXPECT_TRUE(world.info("board", chair).entering_pin);
  world.press(chair, "0815");
  EXPECT_FALSE(world.info("board", chair).entering_pin);
  world.end(chair);
  world.settle();
  EXPECT_FALSE(control.exists("board")) << "the last one has left";
}

TEST(Leaving, ARoomOfDiallingEndsWithItsLastCallerWhoeverItWas) {
  FocusConfig config;
  config.rooms.settings.pin = "4711";
  FocusWorld world(config);
  world.end(world.join("room"));
  world.end(world.invite("other"), sip::EndReason::kCancelled);
  world.settle();
  EXPECT_EQ(world.focus->conferences(), 0u);
}

TEST(Leaving, TwoHundredJoinsAndLeavesInARow) {
  FocusWorld world;
  for (int i = 0; i < 200; ++i) {
    const auto dialog = world.join("room" + std::to_string(i % 3));
    world.end(dialog);
    if (i % 7 == 0) world.settle();
  }
  world.settle();
  EXPECT_TRUE(world.focus->ledger().zero());
  EXPECT_TRUE(world.focus->control().list_conferences().empty());
}

TEST(Leaving, AFullMailboxLosesNothing) {
  FocusWorld world({}, 1, 2);  // two commands, two events
  std::vector<sip::DialogId> dialogs;
  for (int i = 0; i < 20; ++i) dialogs.push_back(world.invite("room" + std::to_string(i % 4)));
  world.end(dialogs[3], sip::EndReason::kCancelled);
  world.settle();
  EXPECT_EQ(world.count_attached(), 19u);
  for (std::size_t i = 0; i < dialogs.size(); ++i) {
    EXPECT_EQ(world.state(dialogs[i]), i == 3 ? State::kEnded : State::kAccepted) << i;
  }
  for (std::size_t i = 0; i < dialogs.size(); ++i) {
    if (i != 3) world.end(dialogs[i]);
  }
  world.settle();
  EXPECT_TRUE(world.focus->ledger().zero());
}

TEST(Drain, EndsEveryCallAndThenSaysSo) {
  FocusWorld world;
  const auto in_call = world.join("a");
  const auto joining = world.invite("b");
  Ledger left{.dialogs = 99};
  int told = 0;
  world.focus->drain(world.now + std::chrono::seconds(5), [&](const Ledger& ledger) {
    left = ledger;
    ++told;
  });
  EXPECT_EQ(world.state(in_call), State::kHungUp);
  EXPECT_EQ(world.state(joining), State::kHungUp);
  EXPECT_EQ(world.status(world.invite("c")), 503);
  world.poll();
  EXPECT_EQ(told, 0) << "the cores still have them";
  world.settle();
  EXPECT_EQ(told, 1);
  EXPECT_TRUE(left.zero());
}

TEST(Drain, EndsAtItsDeadline) {
  FocusWorld world;
  world.join("a");
  Ledger left;
  world.focus->drain(world.now + std::chrono::milliseconds(7), [&](const Ledger& ledger) { left = ledger; });
  world.poll();  // no turn of a core
  EXPECT_TRUE(left.zero());
  world.poll();
  EXPECT_EQ(left, (Ledger{.dialogs = 0, .participants = 1, .ports = 1, .streams = 1, .rooms = 1}));
}

TEST(Drain, EndsRoomsThatNobodyIsIn) {
  FocusConfig config;
  config.rooms.rooms.push_back({.name = "always", .settings = {.permanent = true}});
  FocusWorld world(config);
  ASSERT_TRUE(world.control().create("lingers", {.linger = std::chrono::seconds(60)}));
  int told = 0;
  world.focus->drain(world.now + std::chrono::seconds(5), [&](const Ledger&) { ++told; });
  world.settle();
  EXPECT_EQ(told, 1);
  const auto ended = world.told<ConferenceTerminated>();
  ASSERT_EQ(ended.size(), 2U);
  for (const auto& one : ended) EXPECT_EQ(one.reason, "Server is shutting down");
  EXPECT_EQ(world.focus->conferences(), 0U) << "a permanent one is not made again";
}

// Whoever comes between the events' lines: ringing, joining, in a call, moving, leaving, held by a core that
// does not answer.
TEST(Drain, ConcludesWithOneEndOfEach) {
  FocusConfig config;
  config.dial_out = {.allowed = true, .hosts = {"*"}};
  config.rooms.rooms.push_back({.name = "always", .settings = {.permanent = true}});
  FocusWorld world(config);
  world.join("a");
  const auto talker = world.join("a");
  world.talk(talker, true);
  world.settle();
  ASSERT_TRUE(world.control().invite("a", {.uri = "sip:bob@127.0.0.1"}));
  const auto mover = world.join("b");
  world.end(world.join("c"));
  ASSERT_TRUE(world.control().create("lingers", {.linger = std::chrono::seconds(60)}));
  ASSERT_TRUE(world.control().move(world.id("b", mover), "lingers"));
  world.invite("d");
  const std::size_t joined = world.told<ParticipantJoined>().size();
  EXPECT_EQ(joined, 7U) << "the moved one twice";
  bool told = false;
  world.focus->drain(world.now + std::chrono::seconds(5), [&](const Ledger&) { told = true; });
  world.poll();  // no turn of a core
  world.focus->conclude();
  EXPECT_FALSE(told);
  // That there is one of each, and in the right order, is the log's own rule.
  EXPECT_EQ(world.told<ParticipantLeft>().size(), joined);
  EXPECT_EQ(world.told<ConferenceTerminated>().size(), world.told<ConferenceCreated>().size());
  EXPECT_EQ(world.told<ConferenceTerminated>().size(), 6U);
  EXPECT_EQ(world.focus->conferences(), 0U);
  world.focus->conclude();
  EXPECT_EQ(world.told<ParticipantLeft>().size(), joined) << "there is nobody left";
}

TEST(Drain, ConcludesWithoutADrainToo) {
  FocusWorld world;
  const auto dialog = world.join("a");
  mailbox::ReportedState state;
  state.at = world.now;
  state.ms_since_packet = 20;
  state.packets_received = 77;
  world.report(dialog, state);
  world.focus->conclude();
  EXPECT_EQ(world.state(dialog), State::kHungUp);
  ASSERT_EQ(world.told<ParticipantLeft>().size(), 1U);
  EXPECT_EQ(world.told<ParticipantLeft>()[0].info.packets_received, 77U) << "as it was reported";
  EXPECT_EQ(world.told<ConferenceTerminated>().size(), 1U);
}

}  // namespace
}  // namespace tutti::conference
