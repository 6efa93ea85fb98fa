// Operations on conferences: made, found, changed, ended; and every error by its name.
#include <regex>

#include <gtest/gtest.h>

#include "focus_fixture.h"

namespace tutti::conference {
namespace {

using State = FakeDialogs::State;

template <typename T>
ConferenceError error_of(const Outcome<T>& outcome) {
  EXPECT_FALSE(outcome.has_value());
  if (outcome.has_value()) return ConferenceError{255};
  EXPECT_FALSE(outcome.error().detail.empty()) << "people are told why";
  return outcome.error().error;
}

TEST(Control, MakesAConferenceThatStaysUntilSomebodyHasComeAndGone) {
  FocusWorld world;
  const auto made = world.control().create("standup", {.display_name = "Stand-up", .max_participants = 3});
  ASSERT_TRUE(made);
  EXPECT_EQ(made->name, "standup");
  EXPECT_EQ(made->display_name, "Stand-up");
  EXPECT_EQ(made->state, ConferenceState::kActive);
  EXPECT_TRUE(world.control().exists("standup"));
  world.settle();
  EXPECT_TRUE(world.control().exists("standup"));
  const auto dialog = world.join("standup");
  world.end(dialog);
  world.settle();
  EXPECT_FALSE(world.control().exists("standup"));
}

TEST(Control, AConferenceIsFoundAndDialledByNameAndById) {
  FocusWorld world;
  const std::string id = world.control().create("", {})->id;
  EXPECT_TRUE(std::regex_match(
      id, std::regex("conf_[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")))
      << id;
  EXPECT_EQ(world.control().find_conference(id)->name, id);
  const std::string named = world.control().create("room", {})->id;
  EXPECT_NE(named, id);
  EXPECT_EQ(world.control().find_conference(named)->name, "room");
  const auto dialog = world.join(named);
  EXPECT_EQ(world.info("room", dialog).conference, "room");
}

TEST(Control, CreateSaysWhyItDoesNot) {
  FocusConfig config;
  config.rooms.max_rooms = 2;
  FocusWorld world(config);
  Control& control = world.control();
  ASSERT_TRUE(control.create("a", {}));
  EXPECT_EQ(error_of(control.create("a", {})), ConferenceError::kAlreadyExists);
  for (const char* name : {"a b", ".a", "a/b", "\n", "<b>"}) {
    EXPECT_EQ(error_of(control.create(name, {})), ConferenceError::kInvalidArgument) << name;
  }
  ASSERT_TRUE(control.create("b", {}));
  EXPECT_EQ(error_of(control.create("c", {})), ConferenceError::kCapacityExceeded);
  EXPECT_EQ(world.status(world.invite("c")), 503);
  world.focus->drain(world.now + std::chrono::seconds(1), [](const Ledger&) {});
  EXPECT_EQ(error_of(control.create("d", {})), ConferenceError::kInvalidState);
}

TEST(Control, SettingsThatCannotBeAreRefusedByName) {
  FocusWorld world;
  const auto refused = [&](const ConferenceSettings& settings) {
    ASSERT_TRUE(world.control().exists("x") || world.control().create("x", {}));
    const auto made = error_of(world.control().create("y", settings));
    EXPECT_EQ(error_of(world.control().update_settings("x", settings)), made);
    EXPECT_EQ(*world.control().settings("x"), ConferenceSettings{}) << "what fails does nothing";
    EXPECT_TRUE(made == ConferenceError::kInvalidArgument || made == ConferenceError::kNotSupported);
  };
  refused({.display_name = std::string(129, 'a')});
  refused({.display_name = "a\nb"});
  refused({.max_participants = 65'536});
  refused({.max_talkers = 65'536});
  refused({.sample_rate_hz = 11'025});
  refused({.rtp_port_low = 20'000, .rtp_port_high = 19'999});
  refused({.rtp_port_low = 20'001, .rtp_port_high = 20'002});
  refused({.rtp_port_low = 65'535});
  refused({.rtp_port_high = 0});
  refused({.pin = "12a"});
  refused({.pin = std::string(17, '1')});
  refused({.moderator_pin = "#"});
  refused({.pin = "1234", .moderator_pin = "1234"});
  refused({.moderator_grace = std::chrono::seconds(-1)});
  refused({.linger = std::chrono::hours(24 * 366)});
  refused({.idle = std::chrono::seconds(-1)});
  refused({.duration = std::chrono::seconds(-1)});
  refused({.participant_limit = std::chrono::seconds(-1)});
  refused({.language = ""});
  refused({.language = "en_GB"});
  EXPECT_EQ(error_of(world.control().create("y", {.sample_rate_hz = 16'000})),
            ConferenceError::kNotSupported);
  EXPECT_EQ(error_of(world.control().create("y", {.record = true})), ConferenceError::kNotSupported);
}

TEST(Control, WhoComesGetsPortsOfItsRoom) {
  FocusConfig config;
  config.rooms.settings.rtp_port_high = 39'999;
  config.dial_out = {.allowed = true, .hosts = {"*"}};
  FocusWorld world(config, 1);
  world.join("dialled");
  EXPECT_EQ(world.media.asked.low, 0);
  EXPECT_EQ(world.media.asked.high, 39'999);
  ASSERT_TRUE(world.control().create("room", {.rtp_port_low = 20'000, .rtp_port_high = 20'001}));
  world.join("room");
  EXPECT_EQ(world.media.asked.low, 20'000);
  EXPECT_EQ(world.media.asked.high, 20'001);
  ASSERT_TRUE(world.control().update_settings("room", {.rtp_port_low = 30'000, .rtp_port_high = 30'999}));
  EXPECT_EQ(world.told<ConfigurationChanged>().at(0).keys,
            (std::vector<std::string>{"rtp_port_low", "rtp_port_high"}));
  ASSERT_TRUE(world.control().invite("room", {.uri = "sip:bob@127.0.0.1"}));
  EXPECT_EQ(world.media.asked.low, 30'000);
  EXPECT_EQ(world.media.asked.high, 30'999);
}

TEST(Control, SettingsAreChangedLiveAndWhatChangedIsTold) {
  FocusWorld world({}, 1);
  const auto dialog = world.join("room");
  world.join("room");
  ConferenceSettings settings = *world.control().settings("room");
  settings.display_name = "Room";
  settings.max_talkers = 3;
  settings.mixing = false;
  ASSERT_TRUE(world.control().update_settings("room", settings));
  EXPECT_EQ(*world.control().settings("room"), settings);
  ASSERT_EQ(world.told<ConfigurationChanged>().size(), 1u);
  EXPECT_EQ(world.told<ConfigurationChanged>()[0].keys,
            (std::vector<std::string>{"display_name", "max_talkers", "mixing"}));
  world.settle();
  EXPECT_EQ(world.cores[0]->max_talkers, 3u);
  EXPECT_FALSE(world.cores[0]->shares().begin()->second.mixing);
  EXPECT_FALSE(world.control().statistics("room")->mixing);
  ASSERT_TRUE(world.control().update_settings("room", settings));
  EXPECT_EQ(world.told<ConfigurationChanged>().size(), 1u) << "nothing changed";

  settings.max_participants = 2;
  ASSERT_TRUE(world.control().update_settings("room", settings));
  EXPECT_EQ(world.status(world.invite("room")), 486);
  EXPECT_EQ(world.state(dialog), State::kEstablished) << "who is in stays";
  ASSERT_TRUE(world.control().terminate("room", ""));
  EXPECT_EQ(error_of(world.control().update_settings("room", {})), ConferenceError::kInvalidState);
}

TEST(Control, AShareThatOpensLaterIsNotMixedEither) {
  FocusWorld world({}, 1);
  ASSERT_TRUE(world.control().create("room", {.mixing = false}));
  world.join("room");
  EXPECT_FALSE(world.cores[0]->shares().begin()->second.mixing);
}

TEST(Control, WhatIsNotThereIsNotFoundByAnyOperation) {
  FocusWorld world;
  Control& c = world.control();
  const ParticipantId nobody{99};
  const ConferenceError kNone = ConferenceError::kNotFound;
  EXPECT_FALSE(c.exists("room"));
  EXPECT_EQ(error_of(c.find_conference("room")), kNone);
  EXPECT_EQ(error_of(c.settings("room")), kNone);
  EXPECT_EQ(error_of(c.update_settings("room", {})), kNone);
  EXPECT_EQ(error_of(c.statistics("room")), kNone);
  EXPECT_EQ(error_of(c.terminate("room", "")), kNone);
  EXPECT_EQ(error_of(c.lock("room")), kNone);
  EXPECT_EQ(error_of(c.unlock("room")), kNone);
  EXPECT_EQ(error_of(c.list_participants("room")), kNone);
  EXPECT_EQ(error_of(c.find_participant(nobody)), kNone);
  EXPECT_EQ(error_of(c.invite("room", {.uri = "sip:a@127.0.0.1"})), kNone);
  EXPECT_EQ(error_of(c.session_description(nobody)), kNone);
  EXPECT_EQ(error_of(c.kick(nobody, "")), kNone);
  EXPECT_EQ(error_of(c.kick_all("room", "")), kNone);
  EXPECT_EQ(error_of(c.set_muted(nobody, true)), kNone);
  EXPECT_EQ(error_of(c.set_all_muted("room", true, false)), kNone);
  EXPECT_EQ(error_of(c.set_deaf(nobody, true)), kNone);
  EXPECT_EQ(error_of(c.set_hold(nobody, true)), kNone);
  EXPECT_EQ(error_of(c.set_gain(nobody, 0, 0)), kNone);
  EXPECT_EQ(error_of(c.set_role(nobody, ParticipantRole::kListener)), kNone);
  EXPECT_EQ(error_of(c.set_status(nobody, ParticipantStatus::kMuted)), kNone);
  EXPECT_EQ(error_of(c.move(nobody, "room")), kNone);
  EXPECT_EQ(error_of(c.coach(nobody, nobody)), kNone);
  EXPECT_EQ(error_of(c.stop_coaching(nobody)), kNone);
  EXPECT_EQ(error_of(c.play_tone("room", {})), kNone);
  EXPECT_EQ(error_of(c.play_tone(nobody, {})), kNone);
  EXPECT_EQ(error_of(c.stop_play("room")), kNone);
  EXPECT_EQ(error_of(c.stop_play(nobody)), kNone);
  EXPECT_EQ(error_of(c.play_file("room", "a.wav")), kNone);
  EXPECT_EQ(error_of(c.play_file(nobody, "a.wav")), kNone);
  EXPECT_EQ(error_of(c.start_recording("room", "a.wav")), kNone);
  EXPECT_EQ(error_of(c.pause_recording("room")), kNone);
  EXPECT_EQ(error_of(c.stop_recording("room")), kNone);
  EXPECT_EQ(error_of(c.why_silent(nobody)), kNone);
  EXPECT_EQ(error_of(c.who_hears_whom("room")), kNone);
}

TEST(Control, FilesAreNotSupportedYet) {
  FocusWorld world;
  const auto id = world.id("room", world.join("room"));
  Control& c = world.control();
  EXPECT_EQ(error_of(c.play_file("room", "a.wav")), ConferenceError::kNotSupported);
  EXPECT_EQ(error_of(c.play_file(id, "a.wav")), ConferenceError::kNotSupported);
  EXPECT_EQ(error_of(c.start_recording("room", "a.wav")), ConferenceError::kNotSupported);
  EXPECT_EQ(error_of(c.pause_recording("room")), ConferenceError::kNotSupported);
  EXPECT_EQ(error_of(c.stop_recording("room")), ConferenceError::kNotSupported);
}

TEST(Control, KickAllEmptiesTheRoomAndLeavesItOpen) {
  FocusWorld world;
  ASSERT_TRUE(world.control().create("room", {.permanent = true}));
  const auto a = world.join("room");
  const auto b = world.join("room");
  ASSERT_TRUE(world.control().kick_all("room", "Lunch"));
  EXPECT_EQ(world.dialogs[a].reason, "Lunch");
  EXPECT_EQ(world.dialogs[b].reason, "Lunch");
  world.settle();
  EXPECT_EQ(world.control().list_participants("room")->size(), 0u);
  world.join("room");
}

TEST(Control, TerminateGivesItsReasonToAll) {
  FocusWorld world;
  const auto a = world.join("room");
  ASSERT_TRUE(world.control().terminate("room", "Over"));
  EXPECT_EQ(world.dialogs[a].reason, "Over");
  EXPECT_EQ(error_of(world.control().kick_all("room", "")), ConferenceError::kInvalidState);
  EXPECT_EQ(error_of(world.control().set_all_muted("room", true, false)), ConferenceError::kInvalidState);
  world.settle();
  ASSERT_EQ(world.told<ConferenceTerminated>().size(), 1u);
  EXPECT_EQ(world.told<ConferenceTerminated>()[0].reason, "Over");
  EXPECT_EQ(world.told<ConferenceTerminated>()[0].final_statistics.participants_total, 1u);
}

TEST(Control, APermanentOneMadeByHandStartsAfreshToo) {
  FocusWorld world;
  const std::string id = world.control().create("room", {.pin = "1", .permanent = true})->id;
  ASSERT_TRUE(world.control().terminate("room", ""));
  world.settle();
  ASSERT_TRUE(world.control().exists("room"));
  EXPECT_NE(world.control().find_conference("room")->id, id);
  EXPECT_EQ(world.control().settings("room")->pin, "1");
  ConferenceSettings settings = *world.control().settings("room");
  settings.permanent = false;
  ASSERT_TRUE(world.control().update_settings("room", settings));
  world.settle();
  EXPECT_FALSE(world.control().exists("room")) << "nobody is in it, and nothing holds it";
}

TEST(Control, DeafGainAndRolesReachTheCore) {
  FocusWorld world({}, 1);
  const auto dialog = world.join("room");
  const auto id = world.id("room", dialog);
  ASSERT_TRUE(world.control().set_deaf(id, true));
  world.settle();
  EXPECT_TRUE(world.attached(dialog).mix.deaf);
  EXPECT_FALSE(world.attached(dialog).mix.muted);
  EXPECT_TRUE(world.info("room", dialog).deaf);
  ASSERT_TRUE(world.control().set_deaf(id, false));
  ASSERT_TRUE(world.control().set_role(id, ParticipantRole::kListener));
  world.settle();
  EXPECT_FALSE(world.attached(dialog).mix.deaf);
  EXPECT_TRUE(world.attached(dialog).mix.muted);
  EXPECT_EQ(world.info("room", dialog).role, ParticipantRole::kListener);
  EXPECT_FALSE(world.info("room", dialog).muted) << "by no operator";
  ASSERT_TRUE(world.control().set_role(id, ParticipantRole::kSpeaker));
  world.settle();
  EXPECT_FALSE(world.attached(dialog).mix.muted);
}

TEST(Control, AllAreMutedOrAllButModerators) {
  FocusWorld world({}, 1);
  const auto chair = world.join("room");
  const auto a = world.join("room");
  const auto b = world.join("room");
  ASSERT_TRUE(world.control().set_role(world.id("room", chair), ParticipantRole::kModerator));
  ASSERT_TRUE(world.control().set_muted(world.id("room", b), true));
  EXPECT_EQ(*world.control().set_all_muted("room", true, true), 1u);
  EXPECT_FALSE(world.info("room", chair).muted);
  EXPECT_TRUE(world.info("room", a).muted);
  EXPECT_EQ(*world.control().set_all_muted("room", true, false), 1u);
  EXPECT_EQ(*world.control().set_all_muted("room", false, false), 3u);
  EXPECT_EQ(world.info("room", b).status, ParticipantStatus::kActive);
}

TEST(Control, StatusIsOneVerbForMuteAndHold) {
  FocusWorld world;
  const auto dialog = world.join("room");
  const auto id = world.id("room", dialog);
  Control& c = world.control();
  const auto status = [&] { return world.info("room", dialog).status; };
  ASSERT_TRUE(c.set_status(id, ParticipantStatus::kMuted));
  EXPECT_EQ(status(), ParticipantStatus::kMuted);
  ASSERT_TRUE(c.set_status(id, ParticipantStatus::kOnHold));
  EXPECT_EQ(status(), ParticipantStatus::kOnHold);
  ASSERT_TRUE(c.set_status(id, ParticipantStatus::kActive));
  EXPECT_EQ(status(), ParticipantStatus::kActive);
  ASSERT_TRUE(c.set_status(id, ParticipantStatus::kOnHold));
  ASSERT_TRUE(c.set_status(id, ParticipantStatus::kMuted));
  EXPECT_EQ(status(), ParticipantStatus::kMuted);
  for (const auto wrong :
       {ParticipantStatus::kJoining, ParticipantStatus::kLeaving, ParticipantStatus::kLeft}) {
    EXPECT_EQ(error_of(c.set_status(id, wrong)), ConferenceError::kInvalidArgument);
  }
}

TEST(Control, SessionDescriptionIsWhatWasSent) {
  FocusWorld world;
  const auto dialog = world.join("room");
  EXPECT_EQ(*world.control().session_description(world.id("room", dialog)), world.dialogs[dialog].sdp);
}

TEST(Control, WhoIsLeavingCanBeAskedForAndNotBeChanged) {
  FocusWorld world;
  const auto dialog = world.join("room");
  const auto id = world.id("room", dialog);
  ASSERT_TRUE(world.control().kick(id, ""));
  EXPECT_EQ(world.control().find_participant(id)->status, ParticipantStatus::kLeaving);
  Control& c = world.control();
  const ConferenceError kState = ConferenceError::kInvalidState;
  EXPECT_EQ(error_of(c.kick(id, "")), kState);
  EXPECT_EQ(error_of(c.set_muted(id, true)), kState);
  EXPECT_EQ(error_of(c.set_deaf(id, true)), kState);
  EXPECT_EQ(error_of(c.set_hold(id, true)), kState);
  EXPECT_EQ(error_of(c.set_gain(id, 0, 0)), kState);
  EXPECT_EQ(error_of(c.set_role(id, ParticipantRole::kListener)), kState);
  EXPECT_EQ(error_of(c.set_status(id, ParticipantStatus::kMuted)), kState);
  EXPECT_EQ(error_of(c.move(id, "room")), kState);
  EXPECT_EQ(error_of(c.play_tone(id, {})), kState);
  EXPECT_EQ(error_of(c.stop_play(id)), kState);
  EXPECT_EQ(error_of(c.play_file(id, "a.wav")), kState);
  EXPECT_EQ(error_of(c.coach(id, id)), kState);
  EXPECT_EQ(error_of(c.stop_coaching(id)), kState);
}

TEST(Control, WhatIsEndingCanBeAskedForAndNotBeChanged) {
  FocusWorld world;
  world.join("room");
  Control& c = world.control();
  ASSERT_TRUE(c.terminate("room", ""));
  EXPECT_EQ(c.find_conference("room")->state, ConferenceState::kTerminating);
  EXPECT_TRUE(c.statistics("room"));
  EXPECT_TRUE(c.settings("room"));
  EXPECT_TRUE(c.who_hears_whom("room"));
  const ConferenceError kState = ConferenceError::kInvalidState;
  EXPECT_EQ(error_of(c.update_settings("room", {})), kState);
  EXPECT_EQ(error_of(c.terminate("room", "")), kState);
  EXPECT_EQ(error_of(c.lock("room")), kState);
  EXPECT_EQ(error_of(c.unlock("room")), kState);
  EXPECT_EQ(error_of(c.kick_all("room", "")), kState);
  EXPECT_EQ(error_of(c.set_all_muted("room", true, false)), kState);
  EXPECT_EQ(error_of(c.play_tone("room", {})), kState);
  EXPECT_EQ(error_of(c.stop_play("room")), kState);
  EXPECT_EQ(error_of(c.play_file("room", "a.wav")), kState);
  EXPECT_EQ(error_of(c.start_recording("room", "a.wav")), kState);
  EXPECT_EQ(error_of(c.pause_recording("room")), kState);
  EXPECT_EQ(error_of(c.stop_recording("room")), kState);
}

TEST(Control, TonesGoToEveryShareOrToOne) {
  FocusConfig config;
  config.share_participants = 1;
  FocusWorld world(config, 2);
  const auto dialog = world.join("room");
  world.join("room");
  world.join("room");
  const Tone tone{.frequency_hz = 440, .level_dbov = -20, .duration = std::chrono::milliseconds(500)};
  ASSERT_TRUE(world.control().play_tone("room", tone));
  ASSERT_TRUE(world.control().play_tone(world.id("room", dialog), tone));
  ASSERT_TRUE(world.control().stop_play("room"));
  ASSERT_TRUE(world.control().stop_play(world.id("room", dialog)));
  world.settle();
  std::size_t to_shares = 0;
  std::size_t to_one = 0;
  std::size_t stopped = 0;
  for (const auto& core : world.cores) {
    for (const auto& play : core->tones) {
      EXPECT_EQ(play.tone.steps[0], (mailbox::ToneStep{440, 500}));
      EXPECT_EQ(play.tone.level_dbov, 20);
      EXPECT_EQ(play.lane, mailbox::ToneLane::kPlay);
      ++(std::holds_alternative<mailbox::ConferenceHandle>(play.to) ? to_shares : to_one);
    }
    stopped += core->stopped_tones.size();
  }
  EXPECT_EQ(to_shares, 3u);
  EXPECT_EQ(to_one, 1u);
  EXPECT_EQ(stopped, 4u);
  for (const Tone& wrong : {Tone{.frequency_hz = 49}, Tone{.frequency_hz = 3'401}, Tone{.level_dbov = -61},
                            Tone{.level_dbov = -5}, Tone{.duration = std::chrono::milliseconds(19)},
                            Tone{.duration = std::chrono::milliseconds(600'001)}}) {
    EXPECT_EQ(error_of(world.control().play_tone("room", wrong)), ConferenceError::kInvalidArgument);
    EXPECT_EQ(error_of(world.control().play_tone(world.id("room", dialog), wrong)),
              ConferenceError::kInvalidArgument);
  }
}

}  // namespace
}  // namespace tutti::conference
