#include "focus_fixture.h"

namespace tutti::conference {
namespace {

FocusConfig with_rooms(std::vector<RoomRule> rooms) {
  FocusConfig config;
  config.rooms.rooms = std::move(rooms);
  return config;
}

RoomRule rule(std::string name, std::uint32_t max_participants = 0, bool locked = false) {
  RoomRule one;
  one.name = std::move(name);
  one.locked = locked;
  one.settings.max_participants = max_participants;
  return one;
}

TEST(Reconfiguration, MakesRoomsThatAreNewAndEndsEmptyOnesThatAreGone) {
  FocusWorld world(with_rooms({rule("old")}));
  world.focus->reconfigure(with_rooms({rule("new", 3)}));
  world.poll();
  EXPECT_FALSE(world.focus->control().exists("old"));
  EXPECT_EQ(world.focus->control().settings("new")->max_participants, 3U);
  EXPECT_TRUE(world.focus->control().settings("new")->permanent);
  EXPECT_EQ(world.focus->conferences(), 1U);
}

TEST(Reconfiguration, ARoomThatIsGoneStaysUntilItsLastParticipantLeaves) {
  FocusWorld world(with_rooms({rule("old")}));
  const auto caller = world.join("old");
  world.focus->reconfigure(with_rooms({}));
  world.poll();
  ASSERT_TRUE(world.focus->control().exists("old"));
  world.end(caller);
  world.settle();
  world.poll();
  EXPECT_FALSE(world.focus->control().exists("old"));
}

TEST(Reconfiguration, ARoomWhoseRuleGoesWhileItEndsIsNotMadeAgain) {
  FocusWorld world(with_rooms({rule("old")}));
  world.join("old");
  ASSERT_TRUE(world.control().terminate("old", ""));
  world.focus->reconfigure(with_rooms({}));
  world.settle();
  EXPECT_FALSE(world.control().exists("old"));
}

TEST(Reconfiguration, NoRoomIsMadeWhileTheServerDrains) {
  FocusWorld world;
  world.join("busy");
  world.focus->drain(world.now + std::chrono::seconds(5), [](const Ledger&) {});
  world.focus->reconfigure(with_rooms({rule("new")}));
  EXPECT_FALSE(world.control().exists("new"));
  world.settle();
  EXPECT_EQ(world.focus->conferences(), 0U);
}

TEST(Reconfiguration, ARoomWhoseRuleComesWhileItEndsIsMadeByIt) {
  FocusWorld world;
  world.join("new");
  ASSERT_TRUE(world.control().terminate("new", ""));
  world.focus->reconfigure(with_rooms({rule("new", 3, true)}));
  world.settle();
  ASSERT_TRUE(world.control().exists("new"));
  EXPECT_EQ(world.control().find_conference("new")->state, ConferenceState::kLocked);
  EXPECT_EQ(world.control().settings("new")->max_participants, 3U);
}

TEST(Reconfiguration, ChangesARoomWithWhoeverIsInIt) {
  FocusWorld world(with_rooms({rule("board")}));
  world.join("board");
  world.focus->reconfigure(with_rooms({rule("board", 1, true)}));
  Control& control = world.focus->control();
  EXPECT_EQ(control.find_conference("board")->state, ConferenceState::kLocked);
  EXPECT_EQ(control.settings("board")->max_participants, 1U);
  EXPECT_EQ(control.list_participants("board")->size(), 1U);
  world.focus->reconfigure(with_rooms({rule("board", 1, false)}));
  EXPECT_EQ(control.find_conference("board")->state, ConferenceState::kActive);
}

TEST(Reconfiguration, TellsEveryCoreOnceHowItListensNow) {
  FocusWorld world({}, 2);
  FocusConfig config;
  config.media.listening = {20, 0};
  world.focus->reconfigure(config);
  world.focus->reconfigure(config);
  world.settle();
  for (const auto& core : world.cores) {
    EXPECT_EQ(core->listening, (std::vector<mailbox::Listening>{{20, 0}}));
  }
}

TEST(Reconfiguration, LeavesAloneWhatIsNotOther) {
  FocusWorld world(with_rooms({rule("board", 5)}));
  Control& control = world.focus->control();
  auto settings = *control.settings("board");
  settings.max_participants = 9;  // by an operator
  ASSERT_TRUE(control.update_settings("board", settings));
  ASSERT_TRUE(control.lock("board"));
  world.focus->reconfigure(with_rooms({rule("board", 5), rule("attic")}));
  EXPECT_EQ(control.settings("board")->max_participants, 9U);
  EXPECT_EQ(control.find_conference("board")->state, ConferenceState::kLocked);
}

TEST(Reconfiguration, ADialledRoomOfARulesNameBecomesPermanent) {
  FocusWorld world;
  const auto caller = world.join("lobby");
  world.focus->reconfigure(with_rooms({rule("lobby")}));
  world.end(caller);
  world.settle();
  world.poll();
  EXPECT_TRUE(world.focus->control().exists("lobby"));
}

TEST(Reconfiguration, ACallKeepsTheMediaThatItCameWith) {
  FocusConfig config = with_rooms({});
  config.dial_out = {.allowed = true, .hosts = {"127.0.0.1"}};
  FocusWorld world(config, 1);
  const auto caller = world.join("room");
  const auto called = world.control().invite("room", {.uri = "sip:bob@127.0.0.1"});
  ASSERT_TRUE(called);
  world.settle();
  config.media.codecs = {sdp::AudioCodec::kPcma};
  config.media.silence_timeout_s = 7;
  world.focus->reconfigure(config);

  world.reinvite(caller, std::string(kSdp) + "a=sendonly\r\n");
  world.settle();
  EXPECT_EQ(world.dialogs[caller].accepted_reinvites, 1);
  EXPECT_EQ(world.attached(caller).media.silence_timeout_s, 60);
  ASSERT_TRUE(world.control().set_hold(world.id("room", caller), true));
  EXPECT_NE(world.dialogs[caller].reinvites.at(0).find("RTP/AVP 0 8 101"), std::string::npos);
  world.answer(called->dialog);
  world.settle();
  EXPECT_EQ(world.attached(called->dialog).media.silence_timeout_s, 60);

  EXPECT_EQ(world.status(world.invite("room")), 488) << "who comes is offered what there is now";
  const auto newcomer = world.join("room", sdp_with("RTP/AVP 0", "RTP/AVP 8"));
  EXPECT_EQ(world.attached(newcomer).media.silence_timeout_s, 7);
}

TEST(Reconfiguration, DefaultsAndRulesAreForThoseWhoCome) {
  FocusWorld world;
  world.join("before");
  FocusConfig config;
  config.rooms.create_on_dial = false;
  config.rooms.settings.max_talkers = 2;
  world.focus->reconfigure(config);
  EXPECT_EQ(world.status(world.invite("after")), 404);
  EXPECT_EQ(world.focus->control().settings("before")->max_talkers, 0U);
  config.rooms.create_on_dial = true;
  world.focus->reconfigure(config);
  world.join("after");
  EXPECT_EQ(world.focus->control().settings("after")->max_talkers, 2U);
}

}  // namespace
}  // namespace tutti::conference
