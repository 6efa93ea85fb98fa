// What crosses, repeats or gets lost between INVITE and BYE, and many calls at once.
#include <algorithm>

#include "tests/unit/sip/sip_fixture.h"

namespace tutti::sip {
namespace {

using std::chrono::milliseconds;

TEST_F(SipTest, CancelAfterTheAnswerChangesNothing) {
  accept_all();
  start();
  Peer peer(loop, server());
  RawCall call(peer, "room");
  peer.send(call.invite());
  call.learn(peer.expect(200, "INVITE"));
  RawCall late = call;
  peer.send(late.cancel());
  peer.send(call.ack());
  ASSERT_TRUE(wait_for([&] { return recorder.established.size() == 1; }));
  EXPECT_TRUE(recorder.ends.empty());
  EXPECT_EQ(agent->dialogs(), 1u);
}

TEST_F(SipTest, InviteSentAgainIsNotASecondCall) {
  start();
  Peer peer(loop, server());
  RawCall call(peer, "room");
  const std::string invite = call.invite();
  for (int i = 0; i < 5; ++i) peer.send(invite);
  ASSERT_TRUE(wait_for([&] { return !recorder.invites.empty(); }));
  turn_for(milliseconds(50));
  EXPECT_EQ(recorder.invites.size(), 1u);
  agent->accept(recorder.invites[0].dialog, kAnswer);
  const std::string first = peer.expect(200, "INVITE");
  peer.send(invite);
  EXPECT_EQ(peer.expect(200, "INVITE"), first);
  EXPECT_EQ(agent->dialogs(), 1u);
}

TEST_F(SipTest, AnswerIsSentAgainUntilTheAck) {
  quicken();
  accept_all();
  start();
  Peer peer(loop, server());
  RawCall call(peer, "room");
  peer.send(call.invite());
  const std::string first = peer.expect(200, "INVITE");
  for (int i = 0; i < 3; ++i) EXPECT_EQ(peer.expect(200, "INVITE"), first);
  call.learn(first);
  peer.send(call.ack());
  ASSERT_TRUE(wait_for([&] { return recorder.established.size() == 1; }));
  turn_for(milliseconds(20));
  while (!peer.next(milliseconds(0)).empty()) {
  }
  EXPECT_EQ(peer.next(milliseconds(300)), "");  // T2 is 80 ms
  peer.send(call.ack());                        // once more is no harm
  turn_for(milliseconds(20));
  EXPECT_EQ(recorder.established.size(), 1u);
}

TEST_F(SipTest, ByeWaitsForTheAck) {  // RFC 3261, 15
  accept_all();
  start();
  Peer peer(loop, server());
  RawCall call(peer, "room");
  peer.send(call.invite());
  call.learn(peer.expect(200, "INVITE"));
  agent->hang_up(recorder.invites[0].dialog, "");
  for (std::string message = peer.next(milliseconds(100)); !message.empty();
       message = peer.next(milliseconds(0))) {
    EXPECT_FALSE(is_request(message, "BYE"));
  }
  peer.send(call.ack());
  const std::string bye = peer.expect_request("BYE");
  EXPECT_EQ(header(bye, "Reason"), "");
  peer.send(call.answer(bye, 200));
  EXPECT_TRUE(wait_for_no_dialogs());
  EXPECT_TRUE(recorder.established.empty());
  EXPECT_TRUE(recorder.ends.empty());
}

TEST_F(SipTest, CallerMayHangUpBeforeItsAck) {  // RFC 5407, 3.1
  accept_all();
  start();
  Peer peer(loop, server());
  RawCall call(peer, "room");
  peer.send(call.invite());
  call.learn(peer.expect(200, "INVITE"));
  peer.send(call.bye());
  peer.expect(200, "BYE");
  ASSERT_EQ(recorder.ends.size(), 1u);
  EXPECT_EQ(recorder.ends[0].reason, EndReason::kRemoteBye);
  EXPECT_EQ(agent->dialogs(), 0u);
  peer.send(call.ack());
  turn_for(milliseconds(20));
  EXPECT_EQ(agent->counters().pending_invites.value(), 0);
}

TEST_F(SipTest, CallerMayHangUpWhileItRings) {
  start();
  Peer peer(loop, server());
  RawCall call(peer, "room");
  peer.send(call.invite());
  ASSERT_TRUE(wait_for([&] { return recorder.invites.size() == 1; }));
  agent->ring(recorder.invites[0].dialog);
  call.learn(peer.expect(180, "INVITE"));
  peer.send(call.bye());
  const std::string first = peer.next();
  const std::string second = peer.next();
  EXPECT_TRUE((status_of(first) == 200 && status_of(second) == 487) ||
              (status_of(first) == 487 && status_of(second) == 200));
  ASSERT_EQ(recorder.ends.size(), 1u);
  EXPECT_EQ(agent->dialogs(), 0u);
}

TEST_F(SipTest, ByesThatCrossEndTheCallOnce) {
  accept_all();
  start();
  Peer peer(loop, server());
  RawCall call(peer, "room");
  call.establish();
  ASSERT_TRUE(wait_for([&] { return recorder.established.size() == 1; }));
  agent->hang_up(recorder.established[0], "");
  const std::string ours = peer.expect_request("BYE");
  peer.send(call.bye());
  peer.expect(200, "BYE");
  peer.send(call.answer(ours, 481));
  EXPECT_TRUE(wait_for_no_dialogs());
  EXPECT_TRUE(recorder.ends.empty());
}

TEST_F(SipTest, ByeNobodyAnswersIsGivenUp) {
  quicken();
  accept_all();
  start();
  Peer peer(loop, server());
  RawCall call(peer, "room");
  call.establish();
  ASSERT_TRUE(wait_for([&] { return recorder.established.size() == 1; }));
  agent->hang_up(recorder.established[0], "");
  EXPECT_TRUE(wait_for_no_dialogs());  // 64*T1 = 1.28 s
}

TEST_F(SipTest, HangingUpWhileItRingsAnswers480) {
  start();
  Peer peer(loop, server());
  RawCall call(peer, "room");
  peer.send(call.invite());
  ASSERT_TRUE(wait_for([&] { return recorder.invites.size() == 1; }));
  agent->hang_up(recorder.invites[0].dialog, "closed");
  EXPECT_EQ(header(peer.expect(480, "INVITE"), "Reason"), "SIP;cause=200;text=\"closed\"");
  EXPECT_EQ(agent->dialogs(), 0u);
}

TEST_F(SipTest, ReinvitesWhoseAcksDoNotComeEndTheCall) {
  accept_all();
  start();
  Peer peer(loop, server());
  RawCall call(peer, "room");
  establish(call);
  std::string acks[2];
  const auto ask = [&](std::string& ack) {
    peer.send(call.invite());
    peer.expect(200, "INVITE");
    ack = call.ack();
  };
  for (int i = 0; i < 3; ++i) {
    ask(acks[0]);
    ask(acks[1]);
    peer.send(acks[1]);  // the first one's is late, and the next call of this gets its place
    peer.send(acks[0]);
  }
  ask(acks[0]);
  ask(acks[1]);
  EXPECT_TRUE(recorder.ends.empty());
  peer.send(call.invite());
  peer.expect(500, "INVITE");
  ASSERT_EQ(recorder.ends.size(), 1u);
  EXPECT_EQ(recorder.ends[0].reason, EndReason::kNoAck);
  EXPECT_TRUE(wait_for_no_dialogs()) << "and not once its BYE is answered";
  peer.expect_request("BYE");
  peer.send(call.invite());
  peer.expect(481, "INVITE");
}

TEST_F(SipTest, RecordRouteIsFollowed) {
  accept_all();
  start();
  Peer peer(loop, server());
  Peer proxy(loop, server());
  RawCall call(peer, "room");
  const std::string route = "<sip:" + base::to_string(proxy.address()) + ";lr>";
  const std::string answer = call.establish({"Record-Route: " + route + "\r\n", kOffer});
  EXPECT_EQ(header(answer, "Record-Route"), route);
  ASSERT_TRUE(wait_for([&] { return recorder.established.size() == 1; }));
  agent->hang_up(recorder.established[0], "");
  EXPECT_EQ(header(proxy.expect_request("BYE"), "Route"), route);
}

TEST_F(SipTest, FiftyCallsAtOnceLeaveNothing) {
  accept_all();
  start();
  std::vector<std::unique_ptr<Peer>> peers;
  std::vector<RawCall> calls;
  for (int i = 0; i < 50; ++i) {
    peers.push_back(std::make_unique<Peer>(loop, server(), i % 2 == 0));
    calls.emplace_back(*peers.back(), "room" + std::to_string(i % 10));
  }
  for (std::size_t i = 0; i < calls.size(); ++i) peers[i]->send(calls[i].invite());
  for (std::size_t i = 0; i < calls.size(); ++i) {
    calls[i].learn(peers[i]->expect(200, "INVITE"));
    peers[i]->send(calls[i].ack());
  }
  ASSERT_TRUE(wait_for([&] { return recorder.established.size() == 50; }));
  EXPECT_EQ(agent->dialogs(), 50u);
  EXPECT_EQ(agent->counters().dialogs.value(), 50);
  for (std::size_t i = 0; i < calls.size(); ++i) {
    if (i % 3 == 0) {
      agent->hang_up(recorder.invites[i].dialog, "");
    }
  }
  for (std::size_t i = 0; i < calls.size(); ++i) {
    const bool by_us = std::ranges::any_of(recorder.invites, [&](const IncomingInvite& invite) {
      const auto n = static_cast<std::size_t>(&invite - recorder.invites.data());
      return n % 3 == 0 && invite.call_id == calls[i].call_id;
    });
    if (by_us) {
      peers[i]->send(calls[i].answer(peers[i]->expect_request("BYE"), 200));
    } else {
      peers[i]->send(calls[i].bye());
      peers[i]->expect(200, "BYE");
    }
  }
  EXPECT_TRUE(wait_for_no_dialogs());
  EXPECT_EQ(agent->counters().dialogs.value(), 0);
  EXPECT_EQ(agent->counters().pending_invites.value(), 0);
}

TEST_F(SipTest, AgentMayGoWithCallsInEveryState) {
  start();
  Peer peer(loop, server());
  RawCall waiting(peer, "a");
  RawCall accepted(peer, "b");
  RawCall cancelled(peer, "c");
  peer.send(waiting.invite());
  ASSERT_TRUE(wait_for([&] { return recorder.invites.size() == 1; }));
  peer.send(accepted.invite());
  ASSERT_TRUE(wait_for([&] { return recorder.invites.size() == 2; }));
  agent->accept(recorder.invites[1].dialog, kAnswer);
  peer.send(cancelled.invite());
  ASSERT_TRUE(wait_for([&] { return recorder.invites.size() == 3; }));
  peer.send(cancelled.cancel());
  peer.expect(487, "INVITE");
  OutgoingInvite outgoing{"sip:x@" + base::to_string(peer.address()), "", "", kOffer};
  EXPECT_TRUE(agent->invite(outgoing));
  agent.reset();
  turn_for(milliseconds(20));
}

TEST_F(SipTest, TcpConnectionThatClosesEndsNothingElse) {
  quicken();
  accept_all();
  start();
  auto first = std::make_unique<Peer>(loop, server(), true);
  RawCall lost(*first, "room");
  lost.establish();
  ASSERT_TRUE(wait_for([&] { return recorder.established.size() == 1; }));
  first->close();
  turn_for(milliseconds(20));
  Peer second(loop, server(), true);
  RawCall call(second, "room");
  call.establish();
  ASSERT_TRUE(wait_for([&] { return recorder.established.size() == 2; }));
  agent->hang_up(recorder.established[0], "");  // nobody is there any more
  second.send(call.bye());
  second.expect(200, "BYE");
  EXPECT_TRUE(wait_for_no_dialogs());
}

TEST_F(SipTest, TcpConnectionThatClosesBeforeTheAnswerIsSurvived) {
  quicken();
  start();
  auto peer = std::make_unique<Peer>(loop, server(), true);
  RawCall call(*peer, "room");
  peer->send(call.invite());
  ASSERT_TRUE(wait_for([&] { return recorder.invites.size() == 1; }));
  peer->close();
  turn_for(milliseconds(20));
  agent->accept(recorder.invites[0].dialog, kAnswer);
  ASSERT_TRUE(wait_for([&] { return recorder.ends.size() == 1; }));
  EXPECT_EQ(recorder.ends[0].reason, EndReason::kNoAck);
  EXPECT_TRUE(wait_for_no_dialogs());
}

}  // namespace
}  // namespace tutti::sip
