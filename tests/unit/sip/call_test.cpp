// Calls as a raw peer makes them, from INVITE to BYE, over both transports.
#include "tests/unit/sip/sip_fixture.h"

namespace tutti::sip {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// Every behaviour of a whole call, over both transports.
class Call : public SipTest, public testing::WithParamInterface<bool> {
 protected:
  bool tcp() const { return GetParam(); }
};

INSTANTIATE_TEST_SUITE_P(Transports, Call, testing::Bool(),
                         [](const auto& test) { return test.param ? "Tcp" : "Udp"; });

TEST_P(Call, IsAnsweredAndHungUpByTheCaller) {
  accept_all();
  start();
  Peer peer(loop, server(), tcp());
  RawCall call(peer, "my%20room");
  peer.send(call.invite());
  EXPECT_EQ(status_of(peer.next()), 100);
  const std::string answer = peer.expect(200, "INVITE");
  call.learn(answer);

  ASSERT_EQ(recorder.invites.size(), 1u);
  const IncomingInvite& invite = recorder.invites.front();
  EXPECT_EQ(invite.user, "my room");
  EXPECT_EQ(invite.request_uri, "sip:my%20room@127.0.0.1");
  EXPECT_EQ(invite.from_uri, "sip:alice@example.com");
  EXPECT_EQ(invite.from_display, "A \"B\"");
  EXPECT_EQ(invite.offer, kOffer);
  EXPECT_EQ(invite.source, peer.address());
  EXPECT_EQ(invite.transport, tcp() ? Transport::kTcp : Transport::kUdp);

  const std::string contact =
      "<sip:my%20room@" + base::to_string(server()) + (tcp() ? ";transport=tcp" : "") + ">;isfocus";
  EXPECT_EQ(header(answer, "Contact"), contact);
  EXPECT_EQ(header(answer, "Content-Type"), "application/sdp");
  EXPECT_EQ(header(answer, "Content-Length"), std::to_string(std::string(kAnswer).size()));
  EXPECT_EQ(header(answer, "Supported"), "timer");
  EXPECT_EQ(header(answer, "Server"), "Tutti-Test/1");
  EXPECT_NE(header(answer, "Allow").find("UPDATE"), std::string::npos);
  EXPECT_EQ(body(answer), kAnswer);

  EXPECT_TRUE(recorder.established.empty());
  peer.send(call.ack());
  ASSERT_TRUE(wait_for([&] { return recorder.established.size() == 1; }));
  EXPECT_EQ(agent->dialogs(), 1u);
  peer.send(call.request("BYE", {"Reason: Q.850;cause=16;text=\"Going home\"\r\n", ""}));
  peer.expect(200, "BYE");
  ASSERT_EQ(recorder.ends.size(), 1u);
  EXPECT_EQ(recorder.ends[0].reason, EndReason::kRemoteBye);
  EXPECT_EQ(recorder.ends[0].phrase, "Going home");
  EXPECT_EQ(agent->dialogs(), 0u);
  EXPECT_EQ(agent->counters().pending_invites.value(), 0);
  EXPECT_EQ(agent->counters().received(Method::kInvite).value(), 1u);
  EXPECT_EQ(agent->counters().responses_sent.value(200), 2u);
}

TEST_P(Call, IsHungUpByUs) {
  accept_all();
  start();
  Peer peer(loop, server(), tcp());
  RawCall call(peer, "room");
  call.establish();
  ASSERT_TRUE(wait_for([&] { return recorder.established.size() == 1; }));
  agent->hang_up(recorder.established[0], "Conference \"over\"");
  const std::string bye = peer.expect_request("BYE");
  EXPECT_EQ(header(bye, "Reason"), "SIP;cause=200;text=\"Conference \\\"over\\\"\"");
  EXPECT_EQ(header(bye, "Call-ID"), call.call_id);
  EXPECT_NE(header(bye, "To").find(";tag=" + call.from_tag), std::string::npos);
  EXPECT_EQ(agent->dialogs(), 1u);  // until it is answered
  peer.send(call.answer(bye, 200));
  EXPECT_TRUE(wait_for_no_dialogs());
  EXPECT_TRUE(recorder.ends.empty());  // who hangs up need not be told
}

TEST_P(Call, RingsBeforeItIsAnswered) {
  start();
  Peer peer(loop, server(), tcp());
  RawCall call(peer, "room");
  peer.send(call.invite());
  ASSERT_TRUE(wait_for([&] { return recorder.invites.size() == 1; }));
  agent->ring(recorder.invites[0].dialog);
  const std::string ringing = peer.expect(180, "INVITE");
  EXPECT_NE(header(ringing, "To").find(";tag="), std::string::npos);
  agent->accept(recorder.invites[0].dialog, kAnswer);
  EXPECT_EQ(header(peer.expect(200, "INVITE"), "To"), header(ringing, "To"));
}

TEST_P(Call, IsRejectedWithReasons) {
  start();
  Peer peer(loop, server(), tcp());
  RawCall call(peer, "room");
  peer.send(call.invite());
  ASSERT_TRUE(wait_for([&] { return recorder.invites.size() == 1; }));
  agent->reject(recorder.invites[0].dialog,
                {488, "No Common Codec", seconds(7), Warning{304, "Media type \"x\" not available"}});
  const std::string answer = peer.expect(488, "INVITE");
  EXPECT_EQ(answer.substr(0, answer.find("\r\n")), "SIP/2.0 488 No Common Codec");
  EXPECT_EQ(header(answer, "Retry-After"), "7");
  EXPECT_EQ(header(answer, "Warning"),
            "304 " + base::to_string(server()) + " \"Media type \\\"x\\\" not available\"");
  call.learn(answer);
  peer.send(call.ack());
  EXPECT_EQ(agent->dialogs(), 0u);
  EXPECT_TRUE(recorder.ends.empty());
}

TEST_P(Call, WithADelayedOfferGetsOursAndAnswersInTheAck) {
  accept_all();
  start();
  Peer peer(loop, server(), tcp());
  RawCall call(peer, "room");
  peer.send(call.invite({}));
  const std::string answer = peer.expect(200, "INVITE");
  EXPECT_EQ(body(answer), kAnswer);
  EXPECT_TRUE(recorder.invites[0].offer.empty());
  call.learn(answer);
  peer.send(call.ack({"", kOffer}));
  ASSERT_TRUE(wait_for([&] { return recorder.established.size() == 1; }));
  EXPECT_EQ(recorder.answers, std::vector<std::string>{kOffer});
}

TEST_P(Call, WithADelayedOfferAndNoAnswerIsEnded) {
  accept_all();
  start();
  Peer peer(loop, server(), tcp());
  RawCall call(peer, "room");
  peer.send(call.invite({}));
  call.learn(peer.expect(200, "INVITE"));
  peer.send(call.ack());
  peer.send(call.answer(peer.expect_request("BYE"), 200));
  ASSERT_EQ(recorder.ends.size(), 1u);
  EXPECT_EQ(recorder.ends[0].reason, EndReason::kNoAck);
  EXPECT_TRUE(recorder.established.empty());
  EXPECT_TRUE(wait_for_no_dialogs());
}

TEST_P(Call, IsHungUpInsideTheCallbacks) {
  accept_all();
  recorder.answered = [this](DialogId dialog) { agent->hang_up(dialog, "no common codec"); };
  start();
  Peer peer(loop, server(), tcp());
  RawCall call(peer, "room");
  peer.send(call.invite({}));
  call.learn(peer.expect(200, "INVITE"));
  peer.send(call.ack({"", kOffer}));
  peer.send(call.answer(peer.expect_request("BYE"), 200));
  EXPECT_TRUE(wait_for_no_dialogs());
  EXPECT_TRUE(recorder.established.empty());

  recorder.invited = [this](const IncomingInvite& invite) { agent->hang_up(invite.dialog, ""); };
  RawCall second(peer, "room");
  peer.send(second.invite());
  peer.expect(480, "INVITE");
  EXPECT_EQ(agent->dialogs(), 0u);
  EXPECT_TRUE(recorder.ends.empty());
}

TEST_P(Call, IsCancelledWhileItRings) {
  start();
  Peer peer(loop, server(), tcp());
  RawCall call(peer, "room");
  peer.send(call.invite());
  ASSERT_TRUE(wait_for([&] { return recorder.invites.size() == 1; }));
  peer.send(call.cancel());
  peer.expect(200, "CANCEL");
  const std::string answer = peer.expect(487, "INVITE");
  ASSERT_EQ(recorder.ends.size(), 1u);
  EXPECT_EQ(recorder.ends[0].reason, EndReason::kCancelled);
  EXPECT_EQ(agent->dialogs(), 0u);
  agent->accept(recorder.invites[0].dialog, kAnswer);  // too late, and no harm
  EXPECT_EQ(agent->counters().responses_sent.value(200), 0u);
}

TEST_P(Call, WithoutAnAckIsEndedAfter64T1) {
  quicken();
  accept_all();
  start();
  Peer peer(loop, server(), tcp());
  RawCall call(peer, "room");
  peer.send(call.invite());
  peer.expect(200, "INVITE");
  peer.send(call.answer(peer.expect_request("BYE"), 200));
  ASSERT_EQ(recorder.ends.size(), 1u);
  EXPECT_EQ(recorder.ends[0].reason, EndReason::kNoAck);
  EXPECT_TRUE(wait_for_no_dialogs());
  EXPECT_EQ(agent->counters().pending_invites.value(), 0);
}

}  // namespace
}  // namespace tutti::sip
