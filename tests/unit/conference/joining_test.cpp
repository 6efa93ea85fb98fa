#include <map>
#include <set>
#include <string>

#include <gtest/gtest.h>

#include "focus_fixture.h"
#include "signaling/sdp/negotiation.h"

namespace tutti::conference {
namespace {

using State = FakeDialogs::State;

TEST(Joining, AcceptsWhenTheCoreHasIt) {
  FocusWorld world;
  const auto dialog = world.invite("room");
  world.poll();
  EXPECT_EQ(world.state(dialog), State::kInvited) << "the core has not answered yet";
  EXPECT_EQ(world.focus->ledger(),
            (Ledger{.dialogs = 1, .participants = 1, .ports = 1, .streams = 0, .rooms = 1}));
  world.run_cores();
  world.poll();
  EXPECT_EQ(world.state(dialog), State::kAccepted);
  EXPECT_EQ(world.focus->ledger(),
            (Ledger{.dialogs = 1, .participants = 1, .ports = 1, .streams = 1, .rooms = 1}));
  const ParticipantInfo info = world.info("room", dialog);
  EXPECT_EQ(info.status, ParticipantStatus::kActive);
  EXPECT_EQ(info.uri, "sip:caller@127.0.0.1");
  EXPECT_EQ(info.display_name, "Caller");
  EXPECT_EQ(base::to_string(info.remote_rtp), "127.0.0.1:6000");
}

TEST(Joining, AnswersEachCallerWithItsOwnPort) {
  FocusWorld world;
  std::set<std::uint16_t> ports;
  for (int i = 0; i < 5; ++i) {
    const auto dialog = world.join("room");
    const auto answer = sdp::parse(world.dialogs[dialog].sdp);
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->session_name, "room");
    EXPECT_TRUE(ports.insert(answer->media[0].port).second);
  }
  EXPECT_EQ(world.count_attached(), 5u);
  EXPECT_EQ(world.focus->ledger().rooms, 1u);
}

TEST(Joining, SeatsAConferencesCallersInNeighbouringSlots) {
  FocusWorld world;
  std::map<std::string, std::set<std::uint32_t>> runs;
  for (int i = 0; i < 8; ++i) {
    for (const std::string room : {"one", "two", "three"}) {
      runs[room].insert(world.attached(world.join(room)).command.participant.slot / 8);
    }
  }
  for (const auto& [room, of_room] : runs) EXPECT_EQ(of_room.size(), 1u) << room;
}

TEST(Joining, TellsTheCoreWhatWasAgreed) {
  FocusWorld world;
  const auto dialog = world.join(
      "room", sdp_with("m=audio 6000 RTP/AVP 0 101", "a=ptime:30\r\nm=audio 6000 RTP/AVP 8 0 101"));
  const auto& who = world.attached(dialog);
  EXPECT_EQ(base::to_string(who.media.remote_rtp), "127.0.0.1:6000");
  EXPECT_EQ(base::to_string(who.media.remote_rtcp), "127.0.0.1:6001");
  EXPECT_EQ(world.media.remotes, std::vector{who.media.remote_rtp}) << "so that a port can be chosen by it";
  ASSERT_EQ(who.media.codec_count, 2);
  EXPECT_EQ(who.media.codecs[0], (mailbox::CodecMapping{rtp::PayloadType{8}, codec::CodecId::kPcma}));
  EXPECT_EQ(who.media.codecs[1], (mailbox::CodecMapping{rtp::PayloadType{0}, codec::CodecId::kPcmu}));
  EXPECT_EQ(who.media.telephone_event, rtp::PayloadType{101});
  EXPECT_EQ(who.media.ptime_ms, 30);
  EXPECT_TRUE(who.media.may_send && who.media.may_receive);
  EXPECT_EQ(who.media.silence_timeout_s, 60);
  EXPECT_NE(who.command.endpoint.rtcp, base::EndpointHandles::kNone);
}

TEST(Joining, OpensNoRtcpPortUnderMux) {
  FocusWorld world;
  const auto dialog = world.join("room", std::string(kSdp) + "a=rtcp-mux\r\n");
  const auto& who = world.attached(dialog);
  EXPECT_TRUE(who.media.rtcp_mux);
  EXPECT_EQ(who.command.endpoint.rtcp, base::EndpointHandles::kNone);
}

TEST(Joining, StreamsBeginAtRandom) {
  FocusWorld world;
  const auto first = world.attached(world.join("room")).command;
  const auto second = world.attached(world.join("room")).command;
  EXPECT_NE(first.ssrc, second.ssrc);
  EXPECT_NE(first.first_timestamp.value(), second.first_timestamp.value());
  EXPECT_NE(first.cname, second.cname);
}

TEST(Joining, TwoRoomsAtOnceDoNotDisturbEachOther) {
  FocusWorld world;
  const auto a = world.invite("a");
  const auto b = world.invite("b");
  const auto c = world.invite("a");
  world.settle();
  for (const auto dialog : {a, b, c}) EXPECT_EQ(world.state(dialog), State::kAccepted);
  world.acknowledge(a);
  world.acknowledge(b);
  world.acknowledge(c);
  EXPECT_EQ(world.focus->control().list_participants("a")->size(), 2u);
  EXPECT_EQ(world.focus->control().list_participants("b")->size(), 1u);
  EXPECT_EQ(world.cores[0]->conferences(), 1u) << "the second room goes to the other core";
  EXPECT_EQ(world.cores[1]->conferences(), 1u);
  EXPECT_EQ(world.attached(a).command.conference, world.attached(c).command.conference);
}

TEST(Joining, TellsTheCoreHowManyMayTalk) {
  FocusConfig config;
  config.rooms.settings.max_talkers = 4;
  FocusWorld world(config);
  world.invite("room", kSdp);
  world.run_cores();
  EXPECT_EQ(world.cores[0]->max_talkers, 4u);
}

TEST(Joining, TellsTheCoreHowManyMayTalkInARoomOfItsOwnRule) {
  FocusConfig config;
  config.rooms.settings.max_talkers = 4;
  config.rooms.rooms = {{"hall", false, {.max_talkers = 7}}};
  FocusWorld world(config);
  world.invite("hall", kSdp);
  world.run_cores();
  EXPECT_EQ(world.cores[0]->max_talkers, 7u);
}

TEST(Joining, SaysNoWithTheRightStatus) {
  FocusConfig config;
  config.rooms.max_rooms = 1;
  config.rooms.settings.max_participants = 1;
  config.rooms.rooms = {{"locked", true, {}}, {"pair", false, {.max_participants = 2}}};
  FocusWorld world(config);
  const auto status = [&world](const std::string& room, const std::string& offer = kSdp) {
    const auto dialog = world.invite(room, offer);
    return world.status(dialog);
  };
  EXPECT_EQ(status(""), 404);
  EXPECT_EQ(status("ro om"), 404);
  EXPECT_EQ(status(std::string(65, 'x')), 404);
  EXPECT_EQ(status("locked"), 403);
  EXPECT_EQ(status("room", "hello"), 400);
  EXPECT_EQ(status("room", sdp_with("t=0 0\r\n", "t=0 0\r\nx=?\r\n")), 400);
  EXPECT_EQ(status("room", "v=0\r\no=- 1 1 IN IP4 1.1.1.1\r\n" + std::string(64'000, 'a')), 400);
  EXPECT_EQ(status("room", sdp_with("RTP/AVP 0", "RTP/AVP 18")), 488);
  EXPECT_EQ(status("room", sdp_with("RTP/AVP 0", "RTP/SAVP 0")), 488);
  EXPECT_EQ(status("room", sdp_with("c=IN IP4 127.0.0.1\r\n", "")), 488);
  EXPECT_EQ(status("room", sdp_with("audio 6000", "audio 0")), 488);
  EXPECT_EQ(status("room", sdp_with("c=IN IP4 127.0.0.1", "c=IN IP6 ::1")), 488)
      << "nothing of ours gets there";
  EXPECT_TRUE(world.focus->ledger().zero()) << "a refusal leaves nothing behind";
  EXPECT_EQ(world.media.open(), 0u);

  world.join("room");
  EXPECT_EQ(status("room"), 486);
  EXPECT_EQ(status("other"), 503) << "one room at a time";
  world.join("pair");
  world.join("pair");
  EXPECT_EQ(status("pair"), 486) << "the room's own rule";
}

// Nobody dials away the lock of a room that ended for good: its rule stands.
TEST(Joining, FindsTheLockOfARuleWithoutARoom) {
  FocusConfig config;
  config.rooms.rooms = {{"locked", true, {}},
                        {"board", true, {.moderators_pass_lock = true, .moderator_pin = "4711"}}};
  FocusWorld world(config);
  for (const RoomRule& rule : config.rooms.rooms) {
    ASSERT_TRUE(world.control().update_settings(rule.name, rule.settings));  // it is not permanent any more
    ASSERT_TRUE(world.control().terminate(rule.name, "over"));
    world.settle();
    ASSERT_FALSE(world.control().find_conference(rule.name)) << rule.name;
  }
  EXPECT_EQ(world.status(world.invite("locked", kSdp)), 403);
  EXPECT_FALSE(world.control().find_conference("locked"));
  world.join("board");  // a moderator may be calling
  EXPECT_EQ(world.control().find_conference("board")->state, ConferenceState::kLocked);
}

TEST(Joining, Says488WithItsWarning) {
  FocusWorld world;
  const auto no_codec = world.invite("room", sdp_with("RTP/AVP 0", "RTP/AVP 18"));
  EXPECT_EQ(world.dialogs[no_codec].rejection.warning->code, 305);
  const auto no_audio = world.invite("room", sdp_with("m=audio", "m=video"));
  EXPECT_EQ(world.dialogs[no_audio].rejection.warning->code, 304);
}

TEST(Joining, UnknownRoomIs404WhereDiallingMakesNone) {
  FocusConfig config;
  config.rooms.create_on_dial = false;
  config.rooms.rooms = {{"known", false, {}}};
  FocusWorld world(config);
  EXPECT_EQ(world.status(world.invite("unknown")), 404);
  world.join("known");
}

TEST(Joining, TellsInAFloodWhomItWouldRefuseAndTakesNothingForIt) {
  FocusConfig config;
  config.rooms.create_on_dial = false;
  config.rooms.rooms = {{"known", false, {}}, {"locked", true, {}}};
  FocusWorld world(config);
  const auto status = [&](const std::string& room, const std::string& offer) {
    sip::IncomingInvite invite;
    invite.user = room;
    invite.offer = offer;
    const auto refusal = world.focus->refuses(invite);
    return refusal ? refusal->status : 0;
  };
  EXPECT_EQ(status("unknown", kSdp), 404);
  EXPECT_EQ(status("locked", kSdp), 403);
  EXPECT_EQ(status("known", sdp_with("RTP/AVP 0", "RTP/AVP 18")), 488);
  EXPECT_EQ(status("known", "nonsense"), 400);
  EXPECT_EQ(status("known", kSdp), 0);
  EXPECT_EQ(status("known", ""), 0);
  EXPECT_EQ(world.focus->ledger().participants, 0u);
  world.join("known");
}

TEST(Joining, AFullHostIs503AndHarmsNobody) {
  FocusWorld world({}, 2, 256, {2, 1});
  const auto first = world.join("a");
  world.join("b");
  const auto no_conference_slot = world.invite("c");
  EXPECT_EQ(world.status(no_conference_slot), 503);
  EXPECT_GE(world.dialogs[no_conference_slot].rejection.retry_after, std::chrono::seconds(5));
  EXPECT_LE(world.dialogs[no_conference_slot].rejection.retry_after, std::chrono::seconds(10));
  world.join("a");
  EXPECT_EQ(world.status(world.invite("a")), 503) << "no slot for a third on its core";
  world.media.fail_with = MediaError::kNoPorts;
  EXPECT_EQ(world.status(world.invite("b")), 503);
  world.media.fail_with.reset();
  world.join("b");
  EXPECT_EQ(world.state(first), State::kEstablished);
  EXPECT_EQ(world.focus->ledger(),
            (Ledger{.dialogs = 4, .participants = 4, .ports = 4, .streams = 4, .rooms = 2}));
}

TEST(Joining, ARefusalOfTheCoreIs503) {
  FocusWorld world({}, 1);
  world.cores[0]->refuse_attaches = 1;
  const auto refused = world.invite("room");
  world.settle();
  EXPECT_EQ(world.status(refused), 503);
  EXPECT_TRUE(world.dialogs[refused].rejection.retry_after);
  EXPECT_TRUE(world.focus->ledger().zero());
  world.join("room");
}

TEST(Joining, ADelayedOfferIsOursAndTheAckHasTheAnswer) {
  FocusWorld world;
  const auto dialog = world.invite("room", "");
  world.settle();
  ASSERT_EQ(world.state(dialog), State::kAccepted);
  const auto offer = sdp::parse(world.dialogs[dialog].sdp);
  ASSERT_TRUE(offer);
  EXPECT_EQ(offer->media[0].formats, (std::vector<std::string>{"0", "8", "101"}));
  EXPECT_FALSE(world.attached(dialog).media.may_send) << "nowhere to send to yet";
  EXPECT_EQ(world.media.remotes, std::vector{base::SocketAddress{}});
  EXPECT_TRUE(world.attached(dialog).media.may_receive);
  world.focus->on_answer(dialog, sdp_with("RTP/AVP 0", "RTP/AVP 8"));
  world.acknowledge(dialog);
  world.settle();
  EXPECT_TRUE(world.attached(dialog).media.may_send);
  EXPECT_EQ(base::to_string(world.attached(dialog).media.remote_rtp), "127.0.0.1:6000");
  EXPECT_EQ(world.attached(dialog).media.codecs[0].codec, codec::CodecId::kPcma);
  EXPECT_EQ(world.info("room", dialog).status, ParticipantStatus::kActive);
}

TEST(Joining, ADelayedOfferWithoutAUsableAnswerEnds) {
  FocusWorld world;
  const auto bad = world.invite("room", "");
  const auto none = world.invite("room", "");
  world.settle();
  world.focus->on_answer(bad, sdp_with("RTP/AVP 0", "RTP/AVP 18"));
  EXPECT_EQ(world.state(bad), State::kHungUp);
  world.acknowledge(none);
  EXPECT_EQ(world.state(none), State::kHungUp);
  world.settle();
  EXPECT_TRUE(world.focus->ledger().zero());
}

}  // namespace
}  // namespace tutti::conference
