// Session timers, by the table and over the wire (RFC 4028).
#include "tests/unit/sip/sip_fixture.h"

namespace tutti::sip {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr const char* kKnowsTimers = "Supported: timer\r\n";

class SessionTimerTest : public SipTest {};

TEST_F(SessionTimerTest, TimerIsOfferedToWhoKnowsNoTimers) {
  accept_all();
  start();
  Peer peer(loop, server());
  RawCall call(peer, "room");
  const std::string answer = establish(call);
  EXPECT_EQ(header(answer, "Session-Expires"), "1800;refresher=uas");
  EXPECT_EQ(header(answer, "Require"), "");
}

TEST_F(SessionTimerTest, TimerIsLeftToTheCallerWhoKnowsThem) {
  accept_all();
  start();
  Peer peer(loop, server());
  RawCall call(peer, "room");
  const std::string answer =
      establish(call, {std::string(kKnowsTimers) + "Session-Expires: 600\r\n", kOffer});
  EXPECT_EQ(header(answer, "Session-Expires"), "600;refresher=uac");
  EXPECT_EQ(header(answer, "Require"), "timer");
  RawCall other(peer, "room");
  const std::string mine =
      establish(other, {std::string(kKnowsTimers) + "Session-Expires: 600;refresher=uas\r\n", kOffer});
  EXPECT_EQ(header(mine, "Session-Expires"), "600;refresher=uas");
  RawCall loud(peer, "room");
  const std::string ours =
      establish(loud, {std::string(kKnowsTimers) + "Session-Expires: 600;refresher=UAS\r\n", kOffer});
  EXPECT_EQ(header(ours, "Session-Expires"), "600;refresher=uas");
}

TEST_F(SessionTimerTest, TooShortAnIntervalIsRefused) {
  accept_all();
  start();
  Peer peer(loop, server());
  RawCall call(peer, "room");
  peer.send(call.invite({std::string(kKnowsTimers) + "Session-Expires: 30\r\n", kOffer}));
  const std::string answer = peer.expect(422, "INVITE");
  EXPECT_EQ(header(answer, "Min-SE"), "90");
  EXPECT_TRUE(recorder.invites.empty());
  peer.send(call.invite({std::string(kKnowsTimers) + "Session-Expires: 90\r\nMin-SE: 90\r\n", kOffer}));
  call.learn(peer.expect(200, "INVITE"));
  peer.send(call.ack());
  ASSERT_TRUE(wait_for([&] { return recorder.established.size() == 1; }));
  peer.send(call.request("UPDATE", {std::string(kKnowsTimers) + "Session-Expires: 20\r\n", ""}));
  EXPECT_EQ(header(peer.expect(422, "UPDATE"), "Min-SE"), "90");
}

// RFC 4028, 7.4 and 10: refreshed after half of it, given up 32 s before its end.
class LongSessionTest : public SessionTimerTest {
 protected:
  // Time goes on until we refresh the session by this request.
  std::string refresh(Peer& peer, Method method, std::string_view name) {
    const auto& sent = agent->counters().sent(method);
    const std::uint64_t before = sent.value();
    for (int minute = 0; minute < 25 && sent.value() == before; ++minute) skip(std::chrono::minutes(1));
    return peer.expect_request(name);
  }
};

TEST_F(LongSessionTest, SessionNobodyRefreshesIsEnded) {
  accept_all();
  start();
  Peer peer(loop, server());
  RawCall call(peer, "room");
  establish(call, {std::string(kKnowsTimers) + "Session-Expires: 1800;refresher=uac\r\n", kOffer});
  skip(seconds(1'760));
  EXPECT_TRUE(recorder.ends.empty());
  skip(seconds(10));
  const std::string bye = peer.expect_request("BYE");
  EXPECT_EQ(header(bye, "Reason"), "SIP;cause=200;text=\"Session expired\"");
  ASSERT_EQ(recorder.ends.size(), 1u);
  EXPECT_EQ(recorder.ends[0].reason, EndReason::kSessionTimer);
  peer.send(call.answer(bye, 200));
  EXPECT_TRUE(wait_for_no_dialogs());
}

TEST_F(LongSessionTest, RefreshByUpdateKeepsTheCall) {
  accept_all();
  start();
  Peer peer(loop, server());
  RawCall call(peer, "room");
  const std::string timer = std::string(kKnowsTimers) + "Session-Expires: 1800;refresher=uac\r\n";
  establish(call, {timer, kOffer});
  for (int i = 0; i < 4; ++i) {  // longer than the session would live
    skip(seconds(600));
    peer.send(call.request("UPDATE", {timer, ""}));
    const std::string answer = peer.expect(200, "UPDATE");
    EXPECT_EQ(header(answer, "Session-Expires"), "1800;refresher=uac");
    EXPECT_EQ(header(answer, "Content-Type"), "");
  }
  EXPECT_TRUE(recorder.ends.empty());
  EXPECT_TRUE(recorder.reinvite_offers.empty());
}

TEST_F(LongSessionTest, WeRefreshByUpdateWhereItIsAllowed) {
  accept_all();
  start();
  Peer peer(loop, server());
  RawCall call(peer, "room");
  establish(call, {"Allow: INVITE, ACK, BYE, CANCEL, UPDATE\r\n", kOffer});
  for (int i = 0; i < 3; ++i) {
    const std::string update = refresh(peer, Method::kUpdate, "UPDATE");
    EXPECT_EQ(header(update, "Session-Expires"), "1800;refresher=uac");
    peer.send(call.answer(update, 200, {"Session-Expires: 1800;refresher=uac\r\n", ""}));
  }
  EXPECT_TRUE(recorder.ends.empty());
}

TEST_F(LongSessionTest, WeRefreshByReinviteElsewhere) {
  accept_all();
  start();
  Peer peer(loop, server());
  RawCall call(peer, "room");
  establish(call);
  const std::string invite = refresh(peer, Method::kInvite, "INVITE");
  EXPECT_EQ(body(invite), kAnswer);  // the session as it is
  peer.send(call.answer(invite, 200, {"", kOffer}));
  peer.expect_request("ACK");
  EXPECT_EQ(recorder.answers, std::vector<std::string>{kOffer});
  refresh(peer, Method::kInvite, "INVITE");  // and goes on, though they know no timers
}

TEST_F(LongSessionTest, UpdateThatIsNotAllowedBecomesAReinvite) {
  accept_all();
  start();
  Peer peer(loop, server());
  RawCall call(peer, "room");
  establish(call, {"Allow: INVITE, ACK, BYE, CANCEL, UPDATE\r\n", kOffer});
  peer.send(call.answer(refresh(peer, Method::kUpdate, "UPDATE"), 405));
  peer.send(call.answer(peer.expect_request("INVITE"), 200, {"", kOffer}));
  peer.expect_request("ACK");
  EXPECT_TRUE(recorder.ends.empty());
}

TEST_F(LongSessionTest, RefreshIsTriedAgainWhenTheOtherWantsIt) {  // RFC 3261, 21.5.4
  accept_all();
  start();
  Peer peer(loop, server());
  RawCall call(peer, "room");
  establish(call, {"Allow: INVITE, ACK, BYE, CANCEL, UPDATE\r\n", kOffer});
  peer.send(call.answer(refresh(peer, Method::kUpdate, "UPDATE"), 503, {"Retry-After: 100\r\n", ""}));
  ASSERT_TRUE(wait_for([&] { return agent->counters().responses_received.value(503) == 1; }));
  const std::uint64_t sent = agent->counters().sent(Method::kUpdate).value();
  skip(std::chrono::seconds(99));
  turn_for(std::chrono::milliseconds(50));
  EXPECT_EQ(agent->counters().sent(Method::kUpdate).value(), sent);
  skip(std::chrono::seconds(1));
  peer.send(call.answer(peer.expect_request("UPDATE"), 503, {"Retry-After: 3600\r\n", ""}));
  ASSERT_TRUE(wait_for([&] { return agent->counters().responses_received.value(503) == 2; }));
  skip(std::chrono::seconds(225));  // 1800 / 8: it cannot wait so long
  peer.send(call.answer(peer.expect_request("UPDATE"), 200));
  EXPECT_TRUE(recorder.ends.empty());
}

TEST_F(LongSessionTest, RefreshNobodyAnswersEndsTheCall) {
  quicken();
  accept_all();
  start();
  Peer peer(loop, server());
  RawCall call(peer, "room");
  establish(call, {"Allow: UPDATE\r\n", kOffer});
  refresh(peer, Method::kUpdate, "UPDATE");
  ASSERT_TRUE(wait_for([&] { return recorder.ends.size() == 1; }));
  EXPECT_TRUE(recorder.ends[0].reason == EndReason::kNoAnswer ||
              recorder.ends[0].reason == EndReason::kSessionTimer);
  EXPECT_TRUE(wait_for_no_dialogs());
}

TEST(SessionTimer, AnswersByTheTable) {  // RFC 4028, 9, table 2
  const SessionTimerConfig config{seconds(1800), seconds(90)};
  const auto answer = [&](SessionTimerHeaders request, bool we_refreshed = false) {
    return answer_session_timer(config, request, we_refreshed).value();
  };
  using R = Refresher;
  EXPECT_EQ(answer({false, {}, R::kUnsaid, {}}), (SessionAgreement{seconds(1800), true}));
  EXPECT_EQ(answer({true, {}, R::kUnsaid, {}}), (SessionAgreement{seconds(1800), false}));
  EXPECT_EQ(answer({true, {}, R::kUnsaid, {}}, true), (SessionAgreement{seconds(1800), true}));
  EXPECT_EQ(answer({true, seconds(100), R::kUac, {}}, true), (SessionAgreement{seconds(100), false}));
  EXPECT_EQ(answer({true, seconds(100), R::kUas, {}}), (SessionAgreement{seconds(100), true}));
  EXPECT_EQ(answer({false, seconds(100), R::kUac, {}}), (SessionAgreement{seconds(100), true}));
  EXPECT_EQ(answer({false, seconds(10), R::kUnsaid, {}}), (SessionAgreement{seconds(90), true}));
  EXPECT_EQ(answer({true, seconds(4'000'000'000), R::kUnsaid, {}}).interval, seconds(1800));
  EXPECT_EQ(answer({true, {}, R::kUnsaid, seconds(3600)}).interval, seconds(3600));
  EXPECT_EQ(answer({true, {}, R::kUnsaid, seconds(4'000'000'000)}).interval, seconds(86400));
  EXPECT_FALSE(answer_session_timer(config, {true, seconds(89), R::kUnsaid, {}}, false));
}

TEST(SessionTimer, ConcludesFromTheAnswer) {
  EXPECT_EQ(conclude_session_timer(seconds(1800), {}), (SessionAgreement{seconds(1800), true}));
  EXPECT_EQ(conclude_session_timer(seconds(1800), {true, seconds(600), Refresher::kUas, {}}),
            (SessionAgreement{seconds(600), false}));
  EXPECT_EQ(conclude_session_timer(seconds(1800), {true, seconds(600), Refresher::kUnsaid, {}}),
            (SessionAgreement{seconds(600), true}));
}

TEST(SessionTimer, RefreshesAtHalfAndExpiresBeforeTheEnd) {
  const SessionAgreement hour{seconds(3600), true};
  EXPECT_EQ(hour.refresh_after(), seconds(1800));
  EXPECT_EQ(hour.expires_after(), seconds(3568));  // 32 s before
  EXPECT_EQ((SessionAgreement{seconds(90), true}).expires_after(), seconds(60));
}

}  // namespace
}  // namespace tutti::sip
