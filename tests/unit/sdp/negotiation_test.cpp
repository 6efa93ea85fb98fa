#include "signaling/sdp/negotiation.h"

#include <gtest/gtest.h>

#include "descriptions.h"
#include "real_offers.h"

namespace tutti::sdp {
namespace {

MediaPlan plan_of(const std::string& text) {
  const auto offer = parse(text);
  EXPECT_TRUE(offer) << text;
  const auto result = answer(*offer, local_ipv4());
  EXPECT_TRUE(result) << text << to_string(result.error().what);
  return result ? result->plan : MediaPlan{};
}

SdpFault fault_of(const std::string& text, const LocalMedia& local = local_ipv4()) {
  const auto offer = parse(text);
  EXPECT_TRUE(offer) << text;
  const auto result = answer(*offer, local);
  EXPECT_FALSE(result) << text;
  return result ? SdpFault::kMalformed : result.error().what;
}

class RealOffers : public testing::TestWithParam<RealOffer> {};

TEST_P(RealOffers, BecomeTheExpectedPlan) {
  const RealOffer& expected = GetParam();
  const auto offer = parse(expected.text);
  ASSERT_TRUE(offer) << to_string(offer.error().what) << " in line " << offer.error().line;
  const auto remote = *base::parse_address_and_port(expected.rtp);
  const auto result = answer(*offer, local_for(remote));
  ASSERT_TRUE(result) << to_string(result.error().what);
  const MediaPlan& plan = result->plan;
  EXPECT_EQ(plan.stream, expected.stream);
  EXPECT_EQ(plan.codecs, expected.codecs);
  EXPECT_EQ(plan.telephone_event, expected.telephone_event);
  EXPECT_EQ(plan.ptime_ms, expected.ptime_ms);
  EXPECT_EQ(plan.direction, expected.direction);
  EXPECT_EQ(base::to_string(plan.remote_rtp), expected.rtp);
  EXPECT_EQ(base::to_string(plan.remote_rtcp), expected.rtcp);
  EXPECT_EQ(plan.rtcp_mux, expected.rtcp_mux);
}

TEST_P(RealOffers, AreAnsweredStreamByStream) {
  const RealOffer& expected = GetParam();
  const auto offer = parse(expected.text);
  ASSERT_TRUE(offer);
  const auto result = answer(*offer, local_for(*base::parse_address_and_port(expected.rtp)));
  ASSERT_TRUE(result);
  // What counts is what the far end reads.
  const auto read = parse(write(result->description));
  ASSERT_TRUE(read);
  ASSERT_EQ(read->media.size(), expected.streams);
  for (std::size_t i = 0; i < expected.streams; ++i) {
    EXPECT_EQ(read->media[i].type, offer->media[i].type);
    EXPECT_EQ(read->media[i].protocol, offer->media[i].protocol);
    EXPECT_EQ(read->media[i].port, i == expected.stream ? 40'000 : 0);
    EXPECT_FALSE(read->media[i].formats.empty());
  }
  EXPECT_EQ(read->session_name, "room");
  EXPECT_EQ(read->origin.session_id, "77");
  EXPECT_EQ(read->origin.session_version, "5");
  ASSERT_TRUE(read->connection);
  EXPECT_EQ(read->timing, offer->timing);
  // The caller, applying our answer to its offer, comes to the same agreement the other way round.
  const auto theirs = apply_answer(*offer, *read);
  ASSERT_TRUE(theirs) << to_string(theirs.error().what);
  EXPECT_EQ(theirs->codecs, result->plan.codecs);
  EXPECT_EQ(theirs->telephone_event, result->plan.telephone_event);
  EXPECT_EQ(may_send(theirs->direction), may_receive(result->plan.direction));
  EXPECT_EQ(may_receive(theirs->direction), may_send(result->plan.direction));
  EXPECT_EQ(theirs->remote_rtp.port, 40'000);
  EXPECT_EQ(theirs->remote_rtcp.port, expected.rtcp_mux ? 40'000 : 40'001);
}

TEST_P(RealOffers, SurviveWritingAndReading) {
  const auto offer = parse(GetParam().text);
  ASSERT_TRUE(offer);
  const std::string once = write(*offer);
  const auto again = parse(once);
  ASSERT_TRUE(again);
  EXPECT_EQ(write(*again), once);
  EXPECT_EQ(again->origin, offer->origin);
  EXPECT_EQ(again->attributes, offer->attributes);
  ASSERT_EQ(again->media.size(), offer->media.size());
  for (std::size_t i = 0; i < offer->media.size(); ++i) {
    EXPECT_EQ(again->media[i].formats, offer->media[i].formats);
    EXPECT_EQ(again->media[i].attributes, offer->media[i].attributes);
  }
}

INSTANTIATE_TEST_SUITE_P(Clients, RealOffers, testing::ValuesIn(real_offers()),
                         [](const auto& offer) { return std::string(offer.param.name); });

TEST(Answer, IsWordForWordWhatSippReads) {
  const auto offer = parse(real_offers()[0].text);
  ASSERT_TRUE(offer);
  const auto result = answer(*offer, local_ipv4());
  ASSERT_TRUE(result);
  EXPECT_EQ(write(result->description),
            "v=0\r\n"
            "o=tutti 77 5 IN IP4 192.0.2.1\r\n"
            "s=room\r\n"
            "c=IN IP4 192.0.2.1\r\n"
            "t=0 0\r\n"
            "m=audio 40000 RTP/AVP 0\r\n"
            "a=rtpmap:0 PCMU/8000\r\n"
            "a=ptime:20\r\n"
            "a=maxptime:60\r\n"
            "a=sendrecv\r\n");
}

TEST(Answer, MirrorsTheDirectionOfEitherLevel) {
  struct Case {
    const char* offered;
    Direction direction;
    const char* answered;
  };
  const Case cases[] = {{"sendrecv", Direction::kSendRecv, "sendrecv"},
                        {"sendonly", Direction::kRecvOnly, "recvonly"},
                        {"recvonly", Direction::kSendOnly, "sendonly"},
                        {"inactive", Direction::kInactive, "inactive"}};
  for (const Case& c : cases) {
    const std::string line = std::string("a=") + c.offered + "\r\n";
    const std::string session_level =
        offer_with("", line + "m=audio 6000 RTP/AVP 0");  // before m=: for the whole session
    for (const std::string& text : {offer_with(line), session_level}) {
      const auto result = answer(*parse(text), local_ipv4());
      ASSERT_TRUE(result) << text;
      EXPECT_EQ(result->plan.direction, c.direction) << text;
      EXPECT_NE(find_attribute(result->description.media[0].attributes, c.answered), nullptr) << text;
    }
  }
  EXPECT_EQ(plan_of(offer_with("a=sendrecv\r\n", "a=inactive\r\nm=audio 6000 RTP/AVP 0")).direction,
            Direction::kSendRecv)
      << "the stream's own direction outranks the session's";
}

TEST(Answer, KnowsHoldByTheNullAddress) {
  const auto held = [](const char* line) {
    return plan_of(offer_with(line, "m=audio 6000 RTP/AVP 0", "c=IN IP4 0.0.0.0\r\n"));
  };
  EXPECT_EQ(held("").direction, Direction::kRecvOnly);
  EXPECT_EQ(held("a=sendonly\r\n").direction, Direction::kRecvOnly);
  EXPECT_EQ(held("a=recvonly\r\n").direction, Direction::kInactive);
  EXPECT_TRUE(held("").remote_rtp.unspecified());
}

TEST(Answer, NeverWantsMoreThanThisEnd) {
  LocalMedia local = local_ipv4();
  local.direction = Direction::kSendOnly;  // music for someone who is not to speak
  const auto result = answer(*parse(offer_with("")), local);
  ASSERT_TRUE(result);
  EXPECT_EQ(result->plan.direction, Direction::kSendOnly);
}

TEST(Answer, ChoosesThePacketLengthToSend) {
  struct Case {
    const char* lines;
    int ptime_ms;
  };
  const Case cases[] = {{"", 20},
                        {"a=ptime:10\r\n", 10},
                        {"a=ptime:30\r\n", 30},
                        {"a=ptime:60\r\n", 60},
                        {"a=ptime:25\r\n", 20},
                        {"a=ptime:5\r\n", 10},
                        {"a=ptime:200\r\n", 60},
                        {"a=ptime:0\r\n", 20},
                        {"a=ptime:-20\r\n", 20},
                        {"a=ptime:twenty\r\n", 20},
                        {"a=ptime:99999999999\r\n", 20},
                        {"a=maxptime:10\r\n", 10},
                        {"a=maxptime:40\r\n", 20},
                        {"a=ptime:60\r\na=maxptime:40\r\n", 40},
                        {"a=ptime:60\r\na=maxptime:0\r\n", 60},
                        {"a=ptime: 40 \r\n", 40}};
  for (const Case& c : cases) EXPECT_EQ(plan_of(offer_with(c.lines)).ptime_ms, c.ptime_ms) << c.lines;
}

TEST(Answer, FindsWhereRtcpGoes) {
  const auto rtcp = [](const std::string& lines, const char* media = "m=audio 6000 RTP/AVP 0") {
    return base::to_string(plan_of(offer_with(lines, media)).remote_rtcp);
  };
  EXPECT_EQ(rtcp(""), "10.0.0.1:6001");
  EXPECT_EQ(rtcp("a=rtcp:7000\r\n"), "10.0.0.1:7000");
  EXPECT_EQ(rtcp("a=rtcp:7000 IN IP4 10.0.0.2\r\n"), "10.0.0.2:7000");
  EXPECT_EQ(rtcp("a=rtcp:7000 IN IP4 example.com\r\n"), "10.0.0.1:7000");
  EXPECT_EQ(rtcp("a=rtcp:7000 IN IP6 ::1\r\n"), "10.0.0.1:7000");
  EXPECT_EQ(rtcp("a=rtcp:0\r\n"), "10.0.0.1:6001");
  EXPECT_EQ(rtcp("a=rtcp:\r\n"), "10.0.0.1:6001");
  EXPECT_EQ(rtcp("a=rtcp-mux\r\n"), "10.0.0.1:6000");
  EXPECT_EQ(rtcp("", "m=audio 65535 RTP/AVP 0"), "10.0.0.1:65535");
}

TEST(Answer, KeepsMuxOutWhereTheEndpointHasNone) {
  LocalMedia local = local_ipv4();
  local.accept_mux = false;
  const auto result = answer(*parse(offer_with("a=rtcp-mux\r\n")), local);
  ASSERT_TRUE(result);
  EXPECT_FALSE(result->plan.rtcp_mux);
  EXPECT_EQ(find_attribute(result->description.media[0].attributes, "rtcp-mux"), nullptr);
}

TEST(Answer, SaysWhereItsRtcpPortIsNotTheNextOne) {
  LocalMedia local = local_ipv4();
  local.rtcp.port = 41'000;
  const auto result = answer(*parse(offer_with("")), local);
  ASSERT_TRUE(result);
  const std::string* rtcp = find_attribute(result->description.media[0].attributes, "rtcp");
  ASSERT_NE(rtcp, nullptr);
  EXPECT_EQ(*rtcp, "41000");
}

TEST(Answer, NamesWhatIsWrong) {
  const char* const kNoConnectionLine = "";
  EXPECT_EQ(fault_of(offer_with("", "m=video 6000 RTP/AVP 96")), SdpFault::kNoAudio);
  EXPECT_EQ(fault_of("v=0\r\no=- 1 1 IN IP4 1.2.3.4\r\n"), SdpFault::kNoAudio);
  EXPECT_EQ(fault_of(offer_with("", "m=audio 0 RTP/AVP 0")), SdpFault::kStreamRefused);
  EXPECT_EQ(fault_of(offer_with("", "m=audio 6000 RTP/SAVP 0")), SdpFault::kTransportNotSupported);
  EXPECT_EQ(fault_of(offer_with("", "m=audio 6000 UDP/TLS/RTP/SAVPF 0")), SdpFault::kTransportNotSupported);
  EXPECT_EQ(fault_of(offer_with("", "m=audio 6000 RTP/AVP 0", kNoConnectionLine)), SdpFault::kNoConnection);
  EXPECT_EQ(fault_of(offer_with("", "m=audio 6000 RTP/AVP 0", "c=IN IP4 phone.example.com\r\n")),
            SdpFault::kAddressNotSupported);
  EXPECT_EQ(fault_of(offer_with("", "m=audio 6000 RTP/AVP 0", "c=IN IP4 224.2.1.1/127\r\n")),
            SdpFault::kAddressNotSupported);
  EXPECT_EQ(fault_of(offer_with("", "m=audio 6000 RTP/AVP 0", "c=IN IP4 224.2.1.1\r\n")),
            SdpFault::kAddressNotSupported);
  EXPECT_EQ(fault_of(offer_with("", "m=audio 6000 RTP/AVP 0", "c=IN IP6 ::1\r\n")),
            SdpFault::kAddressNotSupported)
      << "nothing of ours reaches it";
  EXPECT_EQ(fault_of(offer_with("", "m=audio 6000 RTP/AVP 0", "c=ATM NSAP 47.0091\r\n")),
            SdpFault::kAddressNotSupported);
  EXPECT_EQ(fault_of(offer_with("", "m=audio 6000 RTP/AVP 18 3")), SdpFault::kNoCommonCodec);
  EXPECT_EQ(fault_of(offer_with("a=rtpmap:0 L16/8000\r\n")), SdpFault::kNoCommonCodec)
      << "a mapping outranks the number";
  EXPECT_EQ(fault_of(offer_with("a=rtpmap:96 PCMU/16000\r\n", "m=audio 6000 RTP/AVP 96")),
            SdpFault::kNoCommonCodec);
  EXPECT_EQ(fault_of(offer_with("a=rtpmap:96 PCMU/8000/2\r\n", "m=audio 6000 RTP/AVP 96")),
            SdpFault::kNoCommonCodec);
  EXPECT_EQ(
      fault_of(offer_with("a=rtpmap:101 telephone-event/8000\r\n", "m=audio 6000 RTP/AVP 101 999 x -1 128")),
      SdpFault::kNoCommonCodec)
      << "keys alone are no conversation";
  LocalMedia only_pcma = local_ipv4();
  only_pcma.codecs = {AudioCodec::kPcma};
  EXPECT_EQ(fault_of(offer_with(""), only_pcma), SdpFault::kNoCommonCodec);
}

TEST(Answer, ToldErrorsAreSyntaxOrHaveAWarning) {
  EXPECT_TRUE(is_syntax(SdpFault::kTooLarge));
  EXPECT_TRUE(is_syntax(SdpFault::kMalformed));
  EXPECT_TRUE(is_syntax(SdpFault::kMissingLine));
  EXPECT_TRUE(is_syntax(SdpFault::kUnknownLine));
  EXPECT_FALSE(is_syntax(SdpFault::kNoAudio));
  EXPECT_FALSE(is_syntax(SdpFault::kNoConnection));
  EXPECT_EQ(warn_code(SdpFault::kNoCommonCodec), 305);
  EXPECT_EQ(warn_code(SdpFault::kStreamRefused), 304);
  EXPECT_EQ(warn_code(SdpFault::kNoAudio), 304);
  EXPECT_EQ(warn_code(SdpFault::kTransportNotSupported), 302);
  EXPECT_EQ(warn_code(SdpFault::kAddressNotSupported), 301);
}

TEST(Answer, TakesTheFirstUsableAudio) {
  const auto offer =
      parse(offer_with("m=audio 6002 RTP/AVP 18\r\nm=audio 6004 RTP/AVP 8\r\nm=audio 6006 RTP/AVP 8\r\n",
                       "m=audio 0 RTP/AVP 0"));
  ASSERT_TRUE(offer);
  const auto result = answer(*offer, local_ipv4());
  ASSERT_TRUE(result);
  EXPECT_EQ(result->plan.stream, 2u);
  ASSERT_EQ(result->description.media.size(), 4u);
  EXPECT_EQ(result->description.media[2].port, 40'000);
  EXPECT_EQ(result->description.media[3].port, 0);
}

TEST(Answer, GivesEachCodecOnce) {
  const MediaPlan plan = plan_of(
      offer_with("a=rtpmap:96 PCMU/8000\r\na=rtpmap:97 pcma/8000\r\n", "m=audio 6000 RTP/AVP 97 0 96 8"));
  EXPECT_EQ(plan.codecs, (std::vector<CodecChoice>{{97, AudioCodec::kPcma}, {0, AudioCodec::kPcmu}}));
}

}  // namespace
}  // namespace tutti::sdp
