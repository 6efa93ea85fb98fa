// Floods that would each leave the library a transaction: of one call, of ACKs, of calls that are cancelled.
#include "signaling/sip/request_rate.h"
#include "tests/unit/sip/sip_fixture.h"

namespace tutti::sip {
namespace {

// `message` with another branch: a request of its own to the library.
std::string with_branch(std::string message, int number) {
  constexpr std::string_view kBranch = ";branch=z9hG4bK";
  return message.insert(message.find(kBranch) + kBranch.size(), std::to_string(number) + "x");
}

class FloodTest : public SipTest {
 protected:
  // Sends `kFlood` requests and tells how many answers came to them.
  std::size_t answers_to(Peer& peer, const std::function<std::string(int)>& request) {
    constexpr int kAtOnce = 20;  // that no socket overflows
    std::size_t answers = 0;
    for (int i = 0; i < kFlood; ++i) {
      peer.send(request(i));
      if (i % kAtOnce != kAtOnce - 1) continue;
      while (!peer.next(std::chrono::milliseconds(20)).empty()) ++answers;
    }
    return answers;
  }

  static constexpr int kFlood = 400;
  // Whole windows, of which three are touched at most by what takes less than one.
  static constexpr std::size_t kMost = 3 * RequestRate::kRequests;
};

TEST_F(FloodTest, RequestsOfOneCallAreAnsweredOnlyAsOftenAsACallNeeds) {
  accept_all();
  start();
  Peer peer(loop, server());
  RawCall flood(peer, "room");
  establish(flood);
  const std::uint64_t before = UserAgent::messages_kept_out();
  const auto rising = answers_to(peer, [&](int) { return flood.request("OPTIONS", {}); });
  EXPECT_GE(rising, 40u);
  EXPECT_LE(rising, kMost);
  EXPECT_GE(UserAgent::messages_kept_out(), before + kFlood - kMost);

  Peer other(loop, server());
  RawCall call(other, "room");
  establish(call);
  other.send(call.bye());
  other.expect(200, "BYE");
}

TEST_F(FloodTest, SoAreThoseThatTheLibraryAnswersByItself) {
  accept_all();
  start();
  Peer peer(loop, server());
  RawCall late(peer, "room");
  establish(late);
  const std::string old = late.request("OPTIONS", {});
  peer.send(late.request("OPTIONS", {}));
  peer.expect(200, "OPTIONS");
  EXPECT_LE(answers_to(peer, [&](int i) { return with_branch(old, i); }), kMost) << "out of order: 500";

  RawCall copies(peer, "room");
  const std::string first = copies.request("OPTIONS", {});
  EXPECT_LE(answers_to(peer, [&](int i) { return with_branch(first, i); }), kMost) << "merged: 482";

  const std::uint64_t before = UserAgent::messages_kept_out();
  RawCall acked(peer, "room");
  establish(acked);
  const std::string ack = acked.ack();
  EXPECT_EQ(answers_to(peer, [&](int i) { return with_branch(ack, i); }), 0u);
  EXPECT_GE(UserAgent::messages_kept_out(), before + kFlood - kMost);
}

TEST_F(FloodTest, AcksOfNoCallLeaveNoTraceOfEach) {
  start();
  recorder.refusal = [](const IncomingInvite&) { return Rejection{404, {}, {}, {}}; };
  recorder.invited = [&](const IncomingInvite& invite) { agent->reject(invite.dialog, {404, {}, {}, {}}); };
  Peer peer(loop, server());
  for (int i = 0; i < 150; ++i) {
    RawCall call(peer, "nobody");
    peer.send(call.request("ACK", {}));
  }
  RawCall call(peer, "nobody");
  peer.send(call.invite());
  peer.expect(404, "INVITE");
  EXPECT_TRUE(recorder.invites.empty()) << "it was refused with a transaction";
}

TEST_F(FloodTest, ACancelledInviteIsPendingUntilItsAck) {
  config.limits.pending_invites = 3;
  start();
  Peer peer(loop, server());
  const auto cancel = [&](RawCall& call) {
    peer.send(call.invite());
    EXPECT_TRUE(wait_for([&] { return agent->dialogs() == 1; }));
    peer.send(call.cancel());
    peer.expect(487, "INVITE", call.call_id);
  };
  const auto refused = [&] {
    RawCall call(peer, "room");
    peer.send(call.invite());
    peer.expect(503, "INVITE", call.call_id);
  };
  std::vector<RawCall> calls;
  for (int i = 0; i < 3; ++i) {
    calls.emplace_back(peer, "room");
    cancel(calls.back());
  }
  EXPECT_EQ(agent->dialogs(), 0u);
  EXPECT_EQ(agent->counters().pending_invites.value(), 3);
  refused();
  std::string ack = calls[1].ack();  // with the branch of the INVITE, which is not a 2xx's
  peer.send(ack.erase(ack.find("-ack"), 4));
  EXPECT_TRUE(wait_for([&] { return agent->counters().pending_invites.value() == 2; }));
  RawCall another(peer, "room");
  cancel(another);
  refused();
  ASSERT_EQ(recorder.ends.size(), 4u);
  EXPECT_EQ(recorder.ends[3].reason, EndReason::kCancelled);
}

TEST_F(FloodTest, NobodyWaitsForTheAckOfACancelledInviteForGood) {
  quicken();
  start();
  Peer peer(loop, server());
  RawCall call(peer, "room");
  peer.send(call.invite());
  EXPECT_TRUE(wait_for([&] { return agent->dialogs() == 1; }));
  peer.send(call.cancel());
  peer.expect(487, "INVITE");
  EXPECT_EQ(agent->counters().pending_invites.value(), 1);
  EXPECT_TRUE(wait_for([&] { return agent->counters().pending_invites.value() == 0; }));
}

}  // namespace
}  // namespace tutti::sip
