// Bodies of several parts: which is the offer or the answer, which may be ignored, and what is refused.
#include "signaling/sip/multipart.h"

#include <random>

#include "tests/unit/sip/sip_fixture.h"

namespace tutti::sip {
namespace {

using std::chrono::milliseconds;

// The parts, each a head and a body, between lines of "b".
std::string mixed(const std::vector<std::string>& parts) {
  std::string body;
  for (const std::string& part : parts) body += "--b\r\n" + part + "\r\n";
  return body + "--b--\r\n";
}

const std::string kSdpPart = std::string("Content-Type: application/sdp\r\n\r\n") + kOffer;
const std::string kIsup = "Content-Type: application/ISUP;version=itu-t92+\r\n";
const std::string kOptionalIsup =
    kIsup + "Content-Disposition: signal;\r\n handling=optional\r\n\r\n" + std::string("\x01\x00\x60", 3);

std::string sdp_in(const std::vector<std::string>& parts) {
  const std::string body = mixed(parts);
  return std::string(read_multipart(body, "b").sdp);
}
BodyFault fault_of(const std::vector<std::string>& parts) {
  return read_multipart(mixed(parts), "b").fault;
}

TEST(Multipart, PartsStandBetweenTheLinesOfTheBoundary) {
  const std::string body =
      "preamble --b\r\n--bb\r\n--b \t\r\nContent-Type: a/b;\r\n\tc=d\r\nX: y\r\n\r\none\r\n"
      "--bb\r\n --b\r\n--b\r\n\r\n\r\ntwo\r\n\r\n--b\r\n--b\n\nthree\n--b--\r\n--b\r\n";
  const auto parts = split_multipart(body, "b");
  ASSERT_TRUE(parts);
  ASSERT_EQ(parts->size(), 4u);
  EXPECT_EQ((*parts)[0].type, "a/b;\r\n\tc=d");
  EXPECT_EQ((*parts)[0].content, "one\r\n--bb\r\n --b");
  EXPECT_EQ((*parts)[1].type, "");
  EXPECT_EQ((*parts)[1].content, "\r\ntwo\r\n");
  EXPECT_EQ((*parts)[2].content, "");
  EXPECT_EQ((*parts)[3].content, "three") << "with bare line feeds";
}

TEST(Multipart, WhatIsCutOffOrTooMuchIsBroken) {
  const std::string whole = mixed({kSdpPart, kOptionalIsup});
  for (std::size_t length = 0; length < whole.size() - 2; ++length) {
    EXPECT_FALSE(split_multipart(whole.substr(0, length), "b")) << length;
  }
  EXPECT_TRUE(split_multipart(whole.substr(0, whole.size() - 2), "b")) << "the last line needs no end";
  EXPECT_FALSE(split_multipart(whole, ""));
  EXPECT_FALSE(split_multipart(whole, "a"));
  EXPECT_FALSE(split_multipart("--b--\r\n", "b"));
  const std::string longest(kMaxBoundaryBytes, 'x');
  EXPECT_TRUE(split_multipart("--" + longest + "\r\n\r\n--" + longest + "--", longest));
  EXPECT_FALSE(split_multipart("--x" + longest + "\r\n\r\n--x" + longest + "--", "x" + longest));
  EXPECT_TRUE(split_multipart(mixed(std::vector<std::string>(kMaxBodyParts)), "b"));
  EXPECT_FALSE(split_multipart(mixed(std::vector<std::string>(kMaxBodyParts + 1)), "b"));
}

TEST(Multipart, TheFirstPartThatDescribesTheSessionIsTaken) {
  EXPECT_EQ(sdp_in({kSdpPart}), kOffer);
  EXPECT_EQ(sdp_in({kOptionalIsup, kSdpPart}), kOffer);
  EXPECT_EQ(sdp_in({"content-disposition: Session;handling=required\r\n" + kSdpPart}), kOffer);
  EXPECT_EQ(sdp_in({"Content-Transfer-Encoding: binary\r\n" + kSdpPart}), kOffer);
  EXPECT_EQ(sdp_in({"Content-Transfer-Encoding: base64\r\n" + kSdpPart}), "");
  EXPECT_EQ(sdp_in({"Content-Encoding: gzip\r\n" + kSdpPart}), "");
  EXPECT_EQ(sdp_in({"Content-Disposition: early-session;handling=optional\r\n" + kSdpPart, kSdpPart}),
            kOffer);
  EXPECT_EQ(sdp_in({kOptionalIsup}), "");
}

TEST(Multipart, WhatMustBeUnderstoodAndIsNotIsAFault) {  // RFC 3261, 20.11
  EXPECT_EQ(fault_of({kSdpPart, kOptionalIsup}), BodyFault::kNone);
  EXPECT_EQ(fault_of({kOptionalIsup}), BodyFault::kNone);
  EXPECT_EQ(fault_of({kSdpPart, kIsup + "\r\n"}), BodyFault::kNotUnderstood);
  EXPECT_EQ(fault_of({kSdpPart, kIsup + "Content-Disposition: signal;handling=required\r\n\r\n"}),
            BodyFault::kNotUnderstood);
  EXPECT_EQ(fault_of({kSdpPart, kIsup + "Content-Disposition: x;a=\";handling=optional\"\r\n\r\n"}),
            BodyFault::kNotUnderstood);
  EXPECT_EQ(fault_of({kSdpPart, kSdpPart}), BodyFault::kNotUnderstood);
  const std::string location = "Content-Type: application/pidf+xml\r\nContent-ID: <here@example.com>\r\n";
  EXPECT_EQ(fault_of({kSdpPart, location + "\r\n<presence/>"}), BodyFault::kNone) << "Geolocation's";
  EXPECT_EQ(fault_of({kSdpPart, location + "Content-Disposition: render\r\n\r\n"}),
            BodyFault::kNotUnderstood);
}

class MultipartTest : public SipTest {
 protected:
  static constexpr const char* kMixed = "multipart/mixed;boundary=b";
  std::string ask(const RawCall::Extra& extra, int status) {
    Peer peer(loop, server());
    RawCall call(peer, "room");
    peer.send(call.invite(extra));
    return peer.expect(status, "INVITE");
  }
};

TEST_F(MultipartTest, AnOfferBesideOtherPartsIsHeard) {
  accept_all();
  start();
  ask({"", mixed({kSdpPart, kOptionalIsup}), kMixed}, 200);
  ask({"", mixed({kOptionalIsup, kSdpPart}), "Multipart/MIXED; Boundary=\"b\""}, 200);
  ASSERT_EQ(recorder.invites.size(), 2u);
  EXPECT_EQ(recorder.invites[0].offer, kOffer);
  EXPECT_EQ(recorder.invites[1].offer, kOffer);
  ask({"", mixed({kOptionalIsup}), kMixed}, 200);
  EXPECT_EQ(recorder.invites.back().offer, "");
}

TEST_F(MultipartTest, WhatCannotBeReadIsRefused) {
  accept_all();
  start();
  const std::string unknown = mixed({kSdpPart, kIsup + "\r\n"});
  EXPECT_EQ(header(ask({"", unknown, kMixed}, 415), "Accept"), "application/sdp, multipart/mixed");
  ask({"", mixed({kSdpPart}), "multipart/alternative;boundary=b"}, 415);
  ask({"Content-Encoding: gzip\r\n", mixed({kSdpPart}), kMixed}, 415);
  ask({"", mixed({kSdpPart}), "multipart/mixed"}, 400);
  ask({"", mixed({kSdpPart}), "multipart/mixed;boundary="}, 400);
  ask({"", mixed({kSdpPart}), "multipart/mixed;boundary=c"}, 400);
  EXPECT_TRUE(recorder.invites.empty());
  ask({"Content-Disposition: session;handling=optional\r\n", unknown, kMixed}, 200);
  EXPECT_EQ(recorder.invites.back().offer, kOffer);
}

TEST_F(MultipartTest, AnswersComeInPartsToo) {  // an ISUP gateway's 200 brings its ANM
  accept_all();
  start();
  Peer peer(loop, server());
  RawCall call(peer, "room");
  establish(call);
  ASSERT_TRUE(agent->reinvite(recorder.established.at(0), kOffer));
  const std::string answer = std::string("Content-Type: application/sdp\r\n\r\n") + kAnswer;
  const std::string body = mixed({kIsup + "\r\n", answer});
  peer.send(call.answer(peer.expect_request("INVITE"), 200, {"", body, kMixed}));
  ASSERT_TRUE(wait_for([&] { return recorder.answers.size() == 1; }));
  EXPECT_EQ(recorder.answers[0], kAnswer);
  peer.expect_request("ACK");
  peer.send(call.invite({}));  // and they ask for an offer, and answer it in the ACK
  peer.expect(200, "INVITE");
  peer.send(call.ack({"", body, kMixed}));
  ASSERT_TRUE(wait_for([&] { return recorder.answers.size() == 2; }));
  EXPECT_EQ(recorder.answers[1], kAnswer);
}

TEST_F(MultipartTest, NoBodyDisturbsTheServer) {
  accept_all();
  start();
  std::minstd_rand random(7);
  const std::string whole = mixed({kOptionalIsup, kSdpPart, kOptionalIsup});
  const std::string marks("-b\r\n \t;:\"\\\0", 11);
  for (int i = 0; i < 500; ++i) {
    std::string body = whole.substr(0, 1 + random() % whole.size());
    for (auto changes = random() % 6; changes > 0; --changes) {
      body[random() % body.size()] = marks[random() % marks.size()];
    }
    Peer peer(loop, server());
    RawCall call(peer, "room");
    peer.send(call.invite({"", body, i % 8 == 0 ? "multipart/mixed;boundary=\"-b\\" : kMixed}));
    std::string answer;
    do {
      answer = peer.next();
      ASSERT_FALSE(answer.empty()) << body;
    } while (status_of(answer) == 100);
    const int status = status_of(answer);
    EXPECT_TRUE(status == 200 || status == 400 || status == 415) << status << "\n" << body;
    if (status != 200) continue;
    call.learn(answer);
    peer.send(call.ack({"", kAnswer}));  // of an offer of ours, where theirs was lost
    peer.send(call.bye());
    peer.expect(200, "BYE");
  }
  ask({"", whole, kMixed}, 200);
  EXPECT_EQ(recorder.invites.back().offer, kOffer);
}

}  // namespace
}  // namespace tutti::sip
