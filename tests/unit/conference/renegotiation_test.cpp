#include <gtest/gtest.h>

#include "focus_fixture.h"
#include "signaling/sdp/session_description.h"

namespace tutti::conference {
namespace {

using State = FakeDialogs::State;

std::string version_of(FocusWorld& world, sip::DialogId dialog) {
  return sdp::parse(world.dialogs[dialog].sdp)->origin.session_version;
}
std::string id_of(FocusWorld& world, sip::DialogId dialog) {
  return sdp::parse(world.dialogs[dialog].sdp)->origin.session_id;
}

TEST(Renegotiation, HoldAndResume) {
  FocusWorld world({}, 1);
  const auto dialog = world.join("room");
  const std::string session = id_of(world, dialog);
  EXPECT_EQ(version_of(world, dialog), "1");

  world.reinvite(dialog, std::string(kSdp) + "a=sendonly\r\n");
  world.settle();
  EXPECT_NE(world.dialogs[dialog].sdp.find("a=recvonly"), std::string::npos);
  EXPECT_EQ(world.info("room", dialog).status, ParticipantStatus::kOnHold);
  EXPECT_FALSE(world.attached(dialog).media.may_send);
  EXPECT_TRUE(world.attached(dialog).media.may_receive);
  EXPECT_EQ(version_of(world, dialog), "2");

  world.reinvite(dialog, kSdp);
  world.settle();
  EXPECT_EQ(world.info("room", dialog).status, ParticipantStatus::kActive);
  EXPECT_TRUE(world.attached(dialog).media.may_send);
  EXPECT_EQ(version_of(world, dialog), "3");

  world.reinvite(dialog, sdp_with("c=IN IP4 127.0.0.1", "c=IN IP4 0.0.0.0"));
  world.settle();
  EXPECT_EQ(world.info("room", dialog).status, ParticipantStatus::kOnHold) << "the old way";
  EXPECT_EQ(id_of(world, dialog), session) << "one session all along";
  EXPECT_EQ(world.dialogs[dialog].accepted_reinvites, 3);
}

TEST(Renegotiation, AListenerIsNotOnHold) {
  FocusWorld world({}, 1);
  const auto dialog = world.join("room", std::string(kSdp) + "a=recvonly\r\n");
  EXPECT_EQ(world.info("room", dialog).status, ParticipantStatus::kActive);
  EXPECT_FALSE(world.attached(dialog).media.may_receive);
}

TEST(Renegotiation, TheSameOfferChangesNothing) {
  FocusWorld world({}, 1);
  const auto dialog = world.join("room");
  const std::string before = world.dialogs[dialog].sdp;
  world.reinvite(dialog, kSdp);
  world.settle();
  EXPECT_EQ(world.dialogs[dialog].sdp, before);
  EXPECT_EQ(world.attached(dialog).updates, 0);
}

TEST(Renegotiation, NewAddressAndCodec) {
  FocusWorld world({}, 1);
  const auto dialog = world.join("room");
  world.reinvite(dialog, sdp_with("m=audio 6000 RTP/AVP 0", "m=audio 7000 RTP/AVP 8"));
  world.settle();
  const auto& who = world.attached(dialog);
  EXPECT_EQ(base::to_string(who.media.remote_rtp), "127.0.0.1:7000");
  EXPECT_EQ(who.media.codecs[0].codec, codec::CodecId::kPcma);
  EXPECT_EQ(world.info("room", dialog).codec, sdp::AudioCodec::kPcma);
}

TEST(Renegotiation, ARefusalHarmsNothing) {
  FocusWorld world({}, 1);
  const auto dialog = world.join("room");
  world.reinvite(dialog, sdp_with("RTP/AVP 0", "RTP/AVP 18"));
  world.reinvite(dialog, "nonsense");
  world.reinvite(dialog, sdp_with("m=audio 6000", "m=audio 0"));
  world.settle();
  ASSERT_EQ(world.dialogs[dialog].rejected_reinvites.size(), 3u);
  EXPECT_EQ(world.dialogs[dialog].rejected_reinvites[0].status, 488);
  EXPECT_EQ(world.dialogs[dialog].rejected_reinvites[0].warning->code, 305);
  EXPECT_EQ(world.dialogs[dialog].rejected_reinvites[1].status, 400);
  EXPECT_EQ(world.dialogs[dialog].rejected_reinvites[2].status, 488) << "its only stream is not taken away";
  EXPECT_EQ(world.state(dialog), State::kEstablished);
  EXPECT_EQ(world.attached(dialog).updates, 0);
  EXPECT_EQ(world.info("room", dialog).status, ParticipantStatus::kActive);
}

TEST(Renegotiation, WaitsForACoreThatIsBehind) {
  FocusWorld world({}, 1, 2);
  const auto dialog = world.join("room");
  for (int i = 0; i < 4; ++i) world.invite("room");
  world.reinvite(dialog, std::string(kSdp) + "a=sendonly\r\n");
  ASSERT_EQ(world.dialogs[dialog].rejected_reinvites.size(), 1u);
  EXPECT_EQ(world.dialogs[dialog].rejected_reinvites[0].status, 500);
  EXPECT_TRUE(world.dialogs[dialog].rejected_reinvites[0].retry_after);
}

TEST(Renegotiation, WhoIsNotInACallCannotChangeIt) {
  FocusWorld world({}, 1);
  const auto joining = world.invite("room");
  world.reinvite(joining, kSdp);
  ASSERT_EQ(world.dialogs[joining].rejected_reinvites.size(), 1u);
  EXPECT_EQ(world.dialogs[joining].rejected_reinvites[0].status, 491);
  world.end(joining);
  world.reinvite(joining, kSdp);
  ASSERT_EQ(world.dialogs[joining].rejected_reinvites.size(), 2u);
  EXPECT_EQ(world.dialogs[joining].rejected_reinvites[1].status, 481);
}

TEST(Renegotiation, ADelayedOfferWithinACall) {
  FocusWorld world({}, 1);
  const auto dialog = world.join("room");
  world.reinvite(dialog, "");
  EXPECT_EQ(version_of(world, dialog), "2");
  EXPECT_NE(world.dialogs[dialog].sdp.find("RTP/AVP 0 8 101"), std::string::npos);
  world.focus->on_answer(dialog, sdp_with("m=audio 6000 RTP/AVP 0", "m=audio 7000 RTP/AVP 8"));
  world.settle();
  EXPECT_EQ(base::to_string(world.attached(dialog).media.remote_rtp), "127.0.0.1:7000");
  world.focus->on_answer(dialog, "nonsense");
  world.settle();
  EXPECT_EQ(world.state(dialog), State::kEstablished) << "the session goes on as it was";
}

constexpr char kVideoFirst[] =
    "m=video 6002 RTP/AVP 97\r\nm=audio 6000 RTP/AVPF 101 0 96\r\na=rtpmap:101 opus/48000/2\r\n"
    "a=rtpmap:96 telephone-event/8000\r\na=rtcp-mux\r\n";

TEST(Renegotiation, OurOffersGoOnFromTheSession) {  // RFC 3264, 8
  const std::string offer = std::string(kSdp).substr(0, std::string(kSdp).find("m=")) + kVideoFirst;
  FocusWorld world({}, 1);
  const auto dialog = world.join("room", offer);
  const auto check = [&](const std::string& text, const char* version) {
    const auto ours = sdp::parse(text);
    ASSERT_TRUE(ours);
    EXPECT_EQ(ours->origin.session_version, version);
    ASSERT_EQ(ours->media.size(), 2u) << text;
    EXPECT_EQ(ours->media[0].type, "video");
    EXPECT_EQ(ours->media[0].port, 0);
    EXPECT_EQ(ours->media[1].protocol, "RTP/AVPF");
    EXPECT_EQ(ours->media[1].formats, (std::vector<std::string>{"0", "8", "96"}));
    EXPECT_NE(sdp::find_attribute(ours->media[1].attributes, "rtcp-mux"), nullptr) << text;
  };
  ASSERT_TRUE(world.control().set_hold(world.id("room", dialog), true));
  ASSERT_EQ(world.dialogs[dialog].reinvites.size(), 1u);
  check(world.dialogs[dialog].reinvites[0], "2");
  world.focus->on_answer(dialog, offer + "a=recvonly\r\n");
  world.settle();
  EXPECT_FALSE(world.attached(dialog).media.may_receive) << "the answer is matched, line by line";

  world.reinvite(dialog, "");
  check(world.dialogs[dialog].sdp, "2");
  world.focus->on_answer(dialog, offer + "a=inactive\r\n");
  world.settle();
  EXPECT_FALSE(world.attached(dialog).media.may_send);
}

TEST(Renegotiation, WhatCannotBeGoneOnFromStaysAsItIs) {
  FocusWorld world({}, 1);
  // The longest line that is read; the answer adds the format that the grammar wants.
  const std::string line = "m=video 0 " + std::string(sdp::kLineBytesMax - 10, 'x') + "\r\n";
  const auto dialog = world.join("room", kSdp + line);
  const std::string before = world.dialogs[dialog].sdp;
  world.reinvite(dialog, "");
  ASSERT_EQ(world.dialogs[dialog].rejected_reinvites.size(), 1u);
  EXPECT_EQ(world.dialogs[dialog].rejected_reinvites[0].status, 500);
  const auto id = world.id("room", dialog);
  ASSERT_TRUE(world.control().set_hold(id, true));
  EXPECT_TRUE(world.dialogs[dialog].reinvites.empty());
  EXPECT_EQ(*world.control().session_description(id), before);
  EXPECT_EQ(world.info("room", dialog).status, ParticipantStatus::kOnHold) << "in the mix";
}

TEST(Renegotiation, TheAnswerToARefreshMayBeTheSameOrNew) {
  FocusWorld world({}, 1);
  const auto dialog = world.join("room");
  world.focus->on_answer(dialog, kSdp);  // the user agent repeated our last description
  world.settle();
  EXPECT_EQ(world.attached(dialog).updates, 0);
  world.focus->on_answer(dialog, sdp_with("m=audio 6000", "m=audio 6002"));
  world.settle();
  EXPECT_EQ(world.attached(dialog).media.remote_rtp.port, 6002);
}

TEST(Renegotiation, MuxStaysWhatTheEndpointWasOpenedFor) {
  FocusWorld world({}, 1);
  const auto dialog = world.join("room");
  world.reinvite(dialog, std::string(kSdp) + "a=rtcp-mux\r\n");
  world.settle();
  EXPECT_EQ(world.dialogs[dialog].sdp.find("rtcp-mux"), std::string::npos);
  EXPECT_FALSE(world.attached(dialog).media.rtcp_mux);

  const auto muxed = world.join("room", std::string(kSdp) + "a=rtcp-mux\r\n");
  world.reinvite(muxed, sdp_with("m=audio 6000", "m=audio 6002"));
  world.settle();
  EXPECT_EQ(world.dialogs[muxed].accepted_reinvites, 1);
  EXPECT_NE(world.dialogs[muxed].sdp.find("a=rtcp:"), std::string::npos) << "and says where RTCP comes in";
  EXPECT_TRUE(world.attached(muxed).media.rtcp_mux) << "it has no port to send RTCP from";
  EXPECT_EQ(world.attached(muxed).media.remote_rtcp, world.attached(muxed).media.remote_rtp);
}

}  // namespace
}  // namespace tutti::conference
