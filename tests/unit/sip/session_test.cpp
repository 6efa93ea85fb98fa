// What happens within a call: re-INVITE, UPDATE, glare.
#include "tests/unit/sip/sip_fixture.h"

namespace tutti::sip {
namespace {

using std::chrono::milliseconds;

const std::string kHold = std::string(kOffer) + "a=sendonly\r\n";

class SessionTest : public SipTest {
 protected:
  DialogId dialog() const { return recorder.established.back(); }
};

TEST_F(SessionTest, ReinviteChangesTheSession) {
  accept_all();
  start();
  Peer peer(loop, server());
  RawCall call(peer, "room");
  establish(call);
  peer.send(call.invite({"", kHold}));
  const std::string answer = peer.expect(200, "INVITE");
  EXPECT_EQ(body(answer), kAnswer);
  EXPECT_EQ(header(answer, "Content-Type"), "application/sdp");
  peer.send(call.ack());
  EXPECT_EQ(recorder.reinvite_offers, std::vector<std::string>{kHold});
  turn_for(milliseconds(50));
  EXPECT_EQ(recorder.established.size(), 1u);
  EXPECT_EQ(agent->dialogs(), 1u);
}

TEST_F(SessionTest, ReinviteWithADelayedOfferAnswersInTheAck) {
  accept_all();
  start();
  Peer peer(loop, server());
  RawCall call(peer, "room");
  establish(call);
  peer.send(call.invite({}));
  EXPECT_EQ(body(peer.expect(200, "INVITE")), kAnswer);
  peer.send(call.ack({"", kHold}));
  ASSERT_TRUE(wait_for([&] { return recorder.answers.size() == 1; }));
  EXPECT_EQ(recorder.answers[0], kHold);
  EXPECT_EQ(recorder.reinvite_offers, std::vector<std::string>{""});
}

TEST_F(SessionTest, ReinviteMovesTheTarget) {
  accept_all();
  start();
  Peer peer(loop, server());
  Peer moved(loop, server());
  RawCall call(peer, "room");
  establish(call);
  call.contact = "<sip:raw@" + base::to_string(moved.address()) + ">";
  peer.send(call.invite());
  peer.expect(200, "INVITE");
  peer.send(call.ack());
  turn_for(milliseconds(20));
  agent->hang_up(dialog(), "");
  moved.expect_request("BYE");
}

TEST_F(SessionTest, ReinviteIsRejectedAndTheCallGoesOn) {
  accept_all();
  recorder.reinvited = [this](DialogId id, const std::string&) {
    agent->reject_reinvite(id, {488, "", {}, {}});
  };
  start();
  Peer peer(loop, server());
  RawCall call(peer, "room");
  establish(call);
  peer.send(call.invite({"", kHold}));
  peer.expect(488, "INVITE");
  peer.send(call.ack());
  EXPECT_EQ(agent->dialogs(), 1u);
  EXPECT_TRUE(recorder.ends.empty());
}

TEST_F(SessionTest, SecondOfferBeforeTheAnswerIsPutOff) {  // RFC 3261, 14.2
  accept_all();
  recorder.reinvited = nullptr;
  start();
  Peer peer(loop, server());
  RawCall call(peer, "room");
  establish(call);
  peer.send(call.invite({"", kHold}));
  ASSERT_TRUE(wait_for([&] { return recorder.reinvite_offers.size() == 1; }));
  peer.send(call.request("UPDATE", {"", kOffer}));
  EXPECT_NE(header(peer.expect(500, "UPDATE"), "Retry-After"), "");
  RawCall second = call;
  peer.send(second.invite({"", kOffer}));
  EXPECT_NE(header(peer.expect(500, "INVITE"), "Retry-After"), "");
  agent->accept_reinvite(dialog(), kAnswer);
  peer.expect(200, "INVITE");
}

TEST_F(SessionTest, PendingReinviteIsEndedByHangUpAndByBye) {
  accept_all();
  recorder.reinvited = nullptr;
  start();
  Peer peer(loop, server());
  RawCall ours(peer, "room");
  establish(ours);
  peer.send(ours.invite({"", kHold}));
  ASSERT_TRUE(wait_for([&] { return recorder.reinvite_offers.size() == 1; }));
  agent->hang_up(dialog(), "");
  peer.expect(487, "INVITE");
  peer.send(ours.answer(peer.expect_request("BYE"), 200));

  RawCall theirs(peer, "room");
  establish(theirs);
  peer.send(theirs.invite({"", kHold}));
  ASSERT_TRUE(wait_for([&] { return recorder.reinvite_offers.size() == 2; }));
  peer.send(theirs.bye());
  std::vector<int> statuses;
  for (std::string m = peer.next(); !m.empty(); m = peer.next(milliseconds(30)))
    statuses.push_back(status_of(m));
  EXPECT_TRUE(std::count(statuses.begin(), statuses.end(), 487) >= 1);
  EXPECT_TRUE(std::count(statuses.begin(), statuses.end(), 200) >= 1);
  EXPECT_TRUE(wait_for_no_dialogs());
}

TEST_F(SessionTest, PendingReinviteIsCancelled) {
  accept_all();
  recorder.reinvited = nullptr;
  start();
  Peer peer(loop, server());
  RawCall call(peer, "room");
  establish(call);
  peer.send(call.invite({"", kHold}));
  ASSERT_TRUE(wait_for([&] { return recorder.reinvite_offers.size() == 1; }));
  peer.send(call.cancel());
  peer.expect(487, "INVITE");
  agent->accept_reinvite(dialog(), kAnswer);
  EXPECT_EQ(agent->dialogs(), 1u);
}

TEST_F(SessionTest, ReinviteOfOursIsAnswered) {
  accept_all();
  start();
  Peer peer(loop, server());
  RawCall call(peer, "room");
  establish(call);
  ASSERT_TRUE(agent->reinvite(dialog(), kHold));
  const std::string invite = peer.expect_request("INVITE");
  EXPECT_EQ(body(invite), kHold);
  EXPECT_EQ(header(invite, "Call-ID"), call.call_id);
  EXPECT_NE(header(invite, "Contact").find(";isfocus"), std::string::npos);
  peer.send(call.answer(invite, 200, {"", kAnswer}));
  const std::string ack = peer.expect_request("ACK");
  EXPECT_EQ(header(ack, "CSeq").substr(0, header(ack, "CSeq").find(' ')),
            header(invite, "CSeq").substr(0, header(invite, "CSeq").find(' ')));
  EXPECT_EQ(recorder.answers, std::vector<std::string>{kAnswer});
}

TEST_F(SessionTest, ReinviteOfOursTakenWithoutAnAnswerIsRefused) {
  accept_all();
  start();
  Peer peer(loop, server());
  RawCall call(peer, "room");
  establish(call);
  ASSERT_TRUE(agent->reinvite(dialog(), kHold));
  peer.send(call.answer(peer.expect_request("INVITE"), 200));
  peer.expect_request("ACK");
  EXPECT_EQ(recorder.reinvite_rejections, std::vector<int>{200});
  EXPECT_TRUE(recorder.answers.empty());
  ASSERT_TRUE(agent->reinvite(dialog(), kHold));  // and again
  peer.send(call.answer(peer.expect_request("INVITE"), 200, {"", kAnswer}));
  EXPECT_TRUE(wait_for([&] { return recorder.answers.size() == 1; }));
}

TEST_F(SessionTest, ARefusalTellsWhenToAskAgain) {
  accept_all();
  start();
  Peer peer(loop, server());
  RawCall call(peer, "room");
  establish(call);
  for (const char* headers : {"", "Retry-After: 7 (busy)\r\n", "Retry-After: 4000000000\r\n"}) {
    ASSERT_TRUE(agent->reinvite(dialog(), kHold));
    peer.send(call.answer(peer.expect_request("INVITE"), 500, {headers, ""}));
    peer.expect_request("ACK");
  }
  const std::vector<std::optional<std::chrono::seconds>> times = {std::nullopt, std::chrono::seconds(7),
                                                                  std::chrono::hours(1)};
  EXPECT_EQ(recorder.retries_after, times);
}

TEST_F(SessionTest, ReinviteOfOursDoesNotGoOutBeforeTheLastOneIsOver) {  // RFC 3261, 14.1
  accept_all();
  start();
  Peer peer(loop, server());
  RawCall call(peer, "room");
  establish(call);
  ASSERT_TRUE(agent->reinvite(dialog(), kHold));
  EXPECT_FALSE(agent->reinvite(dialog(), kOffer));
  peer.send(call.answer(peer.expect_request("INVITE"), 200, {"", kAnswer}));
  ASSERT_TRUE(wait_for([&] { return recorder.answers.size() == 1; }));
  EXPECT_TRUE(recorder.reinvite_rejections.empty());
  EXPECT_TRUE(agent->reinvite(dialog(), kOffer));
}

TEST_F(SessionTest, GlareIsRefusedOnBothSides) {  // RFC 3261, 14.1 and 14.2
  accept_all();
  start();
  Peer peer(loop, server());
  RawCall call(peer, "room");
  establish(call);
  ASSERT_TRUE(agent->reinvite(dialog(), kHold));
  const std::string ours = peer.expect_request("INVITE");
  peer.send(call.invite({"", kOffer}));
  peer.expect(491, "INVITE");
  peer.send(call.answer(ours, 491));
  peer.expect_request("ACK");
  EXPECT_EQ(recorder.reinvite_rejections, std::vector<int>{491});
  EXPECT_TRUE(recorder.reinvite_offers.empty());
  ASSERT_TRUE(agent->reinvite(dialog(), kHold));  // and again
  peer.send(call.answer(peer.expect_request("INVITE"), 200, {"", kAnswer}));
  EXPECT_TRUE(wait_for([&] { return recorder.answers.size() == 1; }));
}

TEST_F(SessionTest, ReinviteOfOursThatIsNeverAnsweredIsCancelled) {
  accept_all();
  start();
  Peer peer(loop, server());
  RawCall call(peer, "room");
  establish(call);
  ASSERT_TRUE(agent->reinvite(dialog(), kHold));
  const std::string ours = peer.expect_request("INVITE");
  peer.send(call.answer(ours, 180));
  ASSERT_TRUE(wait_for([&] { return agent->counters().responses_received.value(180) == 1; }));
  skip(kAnswerLimit);
  peer.send(call.answer(peer.expect_request("CANCEL"), 200));
  peer.send(call.answer(ours, 487));
  peer.expect_request("ACK");
  EXPECT_EQ(recorder.reinvite_rejections, std::vector<int>{487});
  ASSERT_TRUE(agent->reinvite(dialog(), kHold)) << "the call can be changed again";
  peer.send(call.answer(peer.expect_request("INVITE"), 180));
  ASSERT_TRUE(wait_for([&] { return agent->counters().responses_received.value(180) == 2; }));
  skip(kAnswerLimit);
  peer.expect_request("CANCEL");
  skip(std::chrono::seconds(32));
  peer.send(call.answer(peer.expect_request("BYE"), 200));
  ASSERT_TRUE(wait_for_no_dialogs());
  EXPECT_EQ(recorder.ends.at(0).reason, EndReason::kNoAnswer);
}

TEST_F(SessionTest, ReinviteOfOursAnswered481EndsTheCall) {
  accept_all();
  start();
  Peer peer(loop, server());
  RawCall call(peer, "room");
  establish(call);
  ASSERT_TRUE(agent->reinvite(dialog(), kHold));
  peer.send(call.answer(peer.expect_request("INVITE"), 481));
  peer.send(call.answer(peer.expect_request("BYE"), 481));
  ASSERT_TRUE(wait_for_no_dialogs());
  ASSERT_EQ(recorder.ends.size(), 1u);
  EXPECT_EQ(recorder.ends[0].reason, EndReason::kNoAnswer);
  EXPECT_EQ(recorder.ends[0].status, 481);
}

TEST_F(SessionTest, ReinviteBeforeTheAckOfADelayedOfferIsRefused) {  // RFC 5407, 3.1
  accept_all();
  start();
  Peer peer(loop, server());
  RawCall call(peer, "room");
  peer.send(call.invite({}));
  call.learn(peer.expect(200, "INVITE"));
  RawCall early = call;
  peer.send(early.invite({"", kHold}));
  peer.expect(491, "INVITE");
  peer.send(call.ack({"", kOffer}));
  EXPECT_TRUE(wait_for([&] { return recorder.established.size() == 1; }));
}

TEST_F(SessionTest, ReinviteWhoseAckWasLostCountsAsOne) {  // RFC 5407, 3.1
  quicken();
  accept_all();
  start();
  Peer peer(loop, server());
  RawCall call(peer, "room");
  peer.send(call.invite());
  call.learn(peer.expect(200, "INVITE"));
  peer.send(call.invite({"", kHold}));
  ASSERT_TRUE(wait_for([&] { return recorder.reinvite_offers.size() == 1; }));
  EXPECT_EQ(recorder.established.size(), 1u);
  peer.expect(200, "INVITE");
  peer.send(call.ack());
  turn_for(milliseconds(1900));  // past 64*T1: the first 2xx never got its own ACK
  EXPECT_TRUE(recorder.ends.empty());
  EXPECT_EQ(agent->dialogs(), 1u);
}

TEST_F(SessionTest, AckOvertakenByAReinviteIsNotTheAckOfThatOne) {  // RFC 5407, 3.1
  accept_all();
  start();
  Peer peer(loop, server());
  RawCall call(peer, "room");
  peer.send(call.invite());
  call.learn(peer.expect(200, "INVITE"));
  const std::string late = call.ack();
  peer.send(call.invite({}));
  while (header(peer.expect(200, "INVITE"), "CSeq") != "2 INVITE") {
  }
  peer.send(late);
  peer.send(late);
  peer.send(call.request("OPTIONS", {}));
  peer.expect(200, "OPTIONS");  // what the late ACK did is done
  EXPECT_TRUE(recorder.ends.empty());
  peer.send(call.ack({"", kHold}));
  ASSERT_TRUE(wait_for([&] { return recorder.answers.size() == 1; }));
  EXPECT_EQ(recorder.answers[0], kHold);
  EXPECT_EQ(recorder.established.size(), 1u);
  EXPECT_TRUE(recorder.ends.empty());
}

TEST_F(SessionTest, ReinviteHasItsOwnTimeToBeAcknowledged) {
  quicken();
  accept_all();
  start();
  Peer peer(loop, server());
  RawCall call(peer, "room");
  peer.send(call.invite());
  call.learn(peer.expect(200, "INVITE"));
  turn_for(milliseconds(400));
  const base::Instant asked = base::monotonic_now();
  peer.send(call.invite({"", kHold}));
  peer.send(call.answer(peer.expect_request("BYE"), 200));
  EXPECT_GE(base::monotonic_now() - asked, 60 * config.timers.t1) << "64*T1 of the first INVITE end before";
  ASSERT_EQ(recorder.ends.size(), 1u);
  EXPECT_EQ(recorder.ends[0].reason, EndReason::kNoAck);
}

TEST_F(SessionTest, ReinviteNeverAcknowledgedEndsTheCall) {
  quicken();
  accept_all();
  start();
  Peer peer(loop, server());
  RawCall call(peer, "room");
  establish(call);
  peer.send(call.invite({"", kHold}));
  peer.expect(200, "INVITE");
  peer.send(call.answer(peer.expect_request("BYE"), 200));
  ASSERT_EQ(recorder.ends.size(), 1u);
  EXPECT_EQ(recorder.ends[0].reason, EndReason::kNoAck);
}

TEST_F(SessionTest, UpdateCarriesAnOffer) {  // RFC 3311
  accept_all();
  start();
  Peer peer(loop, server());
  RawCall call(peer, "room");
  establish(call);
  peer.send(call.request("UPDATE", {"", kHold}));
  EXPECT_EQ(body(peer.expect(200, "UPDATE")), kAnswer);
  EXPECT_EQ(recorder.reinvite_offers, std::vector<std::string>{kHold});
}

TEST_F(SessionTest, OptionsWithinTheCallIsAnswered) {
  accept_all();
  start();
  Peer peer(loop, server());
  RawCall call(peer, "room");
  establish(call);
  peer.send(call.request("OPTIONS", {}));
  EXPECT_EQ(header(peer.expect(200, "OPTIONS"), "Accept"), "application/sdp, multipart/mixed");
  peer.send(call.request("INFO", {}));
  EXPECT_NE(header(peer.expect(405, "INFO"), "Allow"), "");
}

TEST_F(SessionTest, OldSequenceNumberIsRefused) {  // RFC 3261, 12.2.2
  accept_all();
  start();
  Peer peer(loop, server());
  RawCall call(peer, "room");
  call.cseq = 100;
  establish(call);
  call.cseq = 50;
  peer.send(call.request("OPTIONS", {}));
  peer.expect(500, "OPTIONS");
}

}  // namespace
}  // namespace tutti::sip
