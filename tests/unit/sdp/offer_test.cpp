// Offers of ours: the first one, and those within a session.
#include <gtest/gtest.h>

#include "descriptions.h"

namespace tutti::sdp {
namespace {

TEST(DelayedOffer, OffersWhatThisEndHas) {
  EXPECT_EQ(write(offer(local_ipv4())),
            "v=0\r\n"
            "o=tutti 77 5 IN IP4 192.0.2.1\r\n"
            "s=room\r\n"
            "c=IN IP4 192.0.2.1\r\n"
            "t=0 0\r\n"
            "m=audio 40000 RTP/AVP 0 8 101\r\n"
            "a=rtpmap:0 PCMU/8000\r\n"
            "a=rtpmap:8 PCMA/8000\r\n"
            "a=rtpmap:101 telephone-event/8000\r\n"
            "a=fmtp:101 0-15\r\n"
            "a=ptime:20\r\n"
            "a=maxptime:60\r\n"
            "a=sendrecv\r\n");
}

TEST(DelayedOffer, IsWhatTheAnswerMakesOfIt) {
  const SessionDescription ours = offer(local_ipv4());
  const auto plan = [&ours](const std::string& text) { return apply_answer(ours, *parse(text)); };

  const auto both =
      plan(offer_with("a=rtpmap:96 telephone-event/8000\r\na=ptime:40\r\na=recvonly\r\na=rtcp-mux\r\n",
                      "m=audio 6000 RTP/AVP 8 0 96"));
  ASSERT_TRUE(both);
  EXPECT_EQ(both->codecs, (std::vector<CodecChoice>{{8, AudioCodec::kPcma}, {0, AudioCodec::kPcmu}}))
      << "the answerer's order";
  EXPECT_EQ(both->telephone_event, 101) << "keys arrive under the number we gave them";
  EXPECT_EQ(both->ptime_ms, 40);
  EXPECT_EQ(both->direction, Direction::kSendOnly);
  EXPECT_FALSE(both->rtcp_mux) << "never offered";

  EXPECT_EQ(plan(offer_with("", "m=audio 0 RTP/AVP 0")).error().what, SdpFault::kStreamRefused);
  EXPECT_EQ(plan(offer_with("", "m=audio 6000 RTP/AVP 18")).error().what, SdpFault::kNoCommonCodec);
  EXPECT_EQ(plan(offer_with("", "m=video 6000 RTP/AVP 0")).error().what, SdpFault::kStreamsDoNotMatch);
  EXPECT_EQ(plan(offer_with("m=audio 6002 RTP/AVP 0\r\n")).error().what, SdpFault::kStreamsDoNotMatch);
}

TEST(DelayedOffer, TakesNoCodecThatWasNotOffered) {
  LocalMedia local = local_ipv4();
  local.codecs = {AudioCodec::kPcma};
  const auto result = apply_answer(offer(local), *parse(offer_with("", "m=audio 6000 RTP/AVP 0 8")));
  ASSERT_TRUE(result);
  EXPECT_EQ(result->codecs, (std::vector<CodecChoice>{{8, AudioCodec::kPcma}}));
}

TEST(DelayedOffer, AnAnswerSentAgainAsAnOfferKeepsItsDeclinedStreams) {
  // A refresh by us repeats our last description, whichever it was.
  const auto ours =
      answer(*parse(offer_with("", "m=video 5000 RTP/AVP 96\r\nm=audio 6000 RTP/AVP 0")), local_ipv4());
  ASSERT_TRUE(ours);
  const auto plan = apply_answer(ours->description,
                                 *parse(offer_with("", "m=video 0 RTP/AVP 96\r\nm=audio 6000 RTP/AVP 0")));
  ASSERT_TRUE(plan) << to_string(plan.error().what);
  EXPECT_EQ(plan->stream, 1u);
  EXPECT_EQ(plan->remote_rtp.port, 6000);
}

TEST(OfferWithin, KeepsTheStreamsAndTheirNumbers) {
  LocalMedia local = local_ipv4();
  local.rtcp = local.rtp;
  const auto said = answer(
      *parse(offer_with("a=rtpmap:101 opus/48000/2\r\na=rtpmap:96 telephone-event/8000\r\n"
                        "a=ptime:30\r\na=rtcp-mux\r\nm=image 0 udptl t38\r\n",
                        "m=video 6002 RTP/SAVPF 97 98\r\na=sendonly\r\nm=audio 6000 RTP/AVPF 101 8 96")),
      local);
  ASSERT_TRUE(said);
  local.direction = Direction::kSendOnly;
  const SessionDescription ours = offer_within(said->description, said->plan, local);
  EXPECT_EQ(write(ours),
            "v=0\r\n"
            "o=tutti 77 5 IN IP4 192.0.2.1\r\n"
            "s=room\r\n"
            "c=IN IP4 192.0.2.1\r\n"
            "t=0 0\r\n"
            "m=video 0 RTP/SAVPF 97 98\r\n"
            "m=audio 40000 RTP/AVPF 8 0 96\r\n"
            "a=rtpmap:8 PCMA/8000\r\n"
            "a=rtpmap:0 PCMU/8000\r\n"
            "a=rtpmap:96 telephone-event/8000\r\n"
            "a=fmtp:96 0-15\r\n"
            "a=ptime:30\r\n"
            "a=maxptime:60\r\n"
            "a=rtcp-mux\r\n"
            "a=sendonly\r\n"
            "m=image 0 udptl t38\r\n");
  const auto plan =
      apply_answer(ours, *parse(offer_with("a=rtpmap:96 telephone-event/8000\r\nm=image 0 udptl t38\r\n",
                                           "m=video 0 RTP/SAVPF 97\r\nm=audio 6000 RTP/AVPF 8 96")));
  ASSERT_TRUE(plan) << to_string(plan.error().what);
  EXPECT_EQ(plan->stream, 1u);
  EXPECT_EQ(plan->telephone_event, 96);
}

// The formats of our next offer, after this one of theirs.
std::vector<std::string> formats_after(const std::string& lines, const std::string& media) {
  const auto said = answer(*parse(offer_with(lines, media)), local_ipv4());
  EXPECT_TRUE(said);
  return said ? offer_within(said->description, said->plan, local_ipv4()).media[0].formats
              : std::vector<std::string>{};
}

TEST(OfferWithin, AddsWhatThisEndHasUnderNumbersThatAreFree) {
  using Formats = std::vector<std::string>;
  EXPECT_EQ(formats_after("", "m=audio 6000 RTP/AVP 0"), (Formats{"0", "8", "101"}));
  EXPECT_EQ(formats_after("a=rtpmap:101 opus/48000/2\r\na=rtpmap:96 G726-32/8000\r\n",
                          "m=audio 6000 RTP/AVP 101 96 0"),
            (Formats{"0", "8", "97"}))
      << "101 stays what it is to them, though nobody agreed on it";
  EXPECT_EQ(formats_after("a=rtpmap:8 PCMU/8000\r\n", "m=audio 6000 RTP/AVP 8"), (Formats{"8", "96", "101"}));
  std::string all = "m=audio 6000 RTP/AVP 0";
  for (int number = 8; number < 128; ++number) all += " " + std::to_string(number);
  EXPECT_EQ(formats_after("a=rtpmap:8 L16/8000\r\n", all), (Formats{"0"})) << "none is free";
}

TEST(OfferWithin, OffersMuxOnlyWhereItIsAgreed) {
  const SessionDescription first = offer(local_ipv4());
  const auto plan = apply_answer(first, *parse(offer_with("a=rtcp-mux\r\n")));
  ASSERT_TRUE(plan);
  EXPECT_EQ(write(offer_within(first, *plan, local_ipv4())), write(first)) << "nothing is new";
}

}  // namespace
}  // namespace tutti::sdp
