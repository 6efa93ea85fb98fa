// Calls that we place: against this module's own server side, and against canned answers.
#include <future>

#include <gmock/gmock.h>

#include "tests/support/loopback_listener.h"
#include "tests/unit/sip/sip_fixture.h"

namespace tutti::sip {
namespace {

using std::chrono::milliseconds;

class ClientTest : public SipTest {
 protected:
  void start_both() {
    start();
    config.focus = false;
    auto started = UserAgent::start(loop, config, client_recorder);
    ASSERT_TRUE(started) << started.error().message;
    client = std::move(*started);
  }
  OutgoingInvite to_server(const std::string& parameters = "") const {
    return {"sip:room@" + base::to_string(server()) + parameters, "sip:bob@example.com", "Bob \"B\"", kOffer};
  }
  // A canned server at which we call.
  OutgoingInvite to_peer(const Peer& peer) const {
    return {"sip:room@" + base::to_string(peer.address()), "", "", kOffer};
  }
  bool all_gone() {
    return wait_for([&] { return agent->dialogs() == 0 && client->dialogs() == 0; });
  }

  Recorder client_recorder;
  std::unique_ptr<UserAgent> client;
};

class ClientCall : public ClientTest, public testing::WithParamInterface<bool> {};
INSTANTIATE_TEST_SUITE_P(Transports, ClientCall, testing::Bool(),
                         [](const auto& test) { return test.param ? "Tcp" : "Udp"; });

TEST_P(ClientCall, IsAnsweredAndHungUp) {
  accept_all();
  start_both();
  const auto dialog = client->invite(to_server(GetParam() ? ";transport=tcp" : ""));
  ASSERT_TRUE(dialog);
  ASSERT_TRUE(
      wait_for([&] { return recorder.established.size() == 1 && client_recorder.established.size() == 1; }));
  EXPECT_EQ(recorder.invites[0].user, "room");
  EXPECT_EQ(recorder.invites[0].from_uri, "sip:bob@example.com");
  EXPECT_EQ(recorder.invites[0].from_display, "Bob \"B\"");
  EXPECT_EQ(recorder.invites[0].offer, kOffer);
  EXPECT_EQ(recorder.invites[0].transport, GetParam() ? Transport::kTcp : Transport::kUdp);
  EXPECT_EQ(client_recorder.established[0], *dialog);
  EXPECT_EQ(client_recorder.answers, std::vector<std::string>{kAnswer});
  client->hang_up(*dialog, "bye bye");
  ASSERT_TRUE(all_gone());
  ASSERT_EQ(recorder.ends.size(), 1u);
  EXPECT_EQ(recorder.ends[0].phrase, "bye bye");
  EXPECT_TRUE(client_recorder.ends.empty());
}

TEST_P(ClientCall, IsHungUpByTheOther) {
  accept_all();
  start_both();
  ASSERT_TRUE(client->invite(to_server(GetParam() ? ";transport=tcp" : "")));
  ASSERT_TRUE(wait_for([&] { return recorder.established.size() == 1; }));
  agent->hang_up(recorder.established[0], "over");
  ASSERT_TRUE(all_gone());
  ASSERT_EQ(client_recorder.ends.size(), 1u);
  EXPECT_EQ(client_recorder.ends[0].reason, EndReason::kRemoteBye);
  EXPECT_EQ(client_recorder.ends[0].phrase, "over");
}

TEST_P(ClientCall, ReinvitesGoBothWays) {
  accept_all();
  start_both();
  client_recorder.reinvited = [this](DialogId id, const std::string&) {
    client->accept_reinvite(id, kOffer);
  };
  const auto dialog = client->invite(to_server(GetParam() ? ";transport=tcp" : ""));
  ASSERT_TRUE(wait_for([&] { return recorder.established.size() == 1; }));
  ASSERT_TRUE(client->reinvite(*dialog, "v=0\r\ns=hold\r\n"));
  ASSERT_TRUE(wait_for([&] { return client_recorder.answers.size() == 2; }));
  ASSERT_TRUE(wait_for([&] { return agent->counters().invite_acked.value() == 2; }));
  EXPECT_EQ(recorder.reinvite_offers, std::vector<std::string>{"v=0\r\ns=hold\r\n"});
  ASSERT_TRUE(agent->reinvite(recorder.established[0], kAnswer));
  ASSERT_TRUE(wait_for([&] { return recorder.answers.size() == 1; }));
  EXPECT_EQ(recorder.answers[0], kOffer);
  client->hang_up(*dialog, "");
  EXPECT_TRUE(all_gone());
}

TEST_F(ClientTest, RingsAndIsRejected) {
  start_both();
  const auto dialog = client->invite(to_server());
  ASSERT_TRUE(wait_for([&] { return recorder.invites.size() == 1; }));
  agent->ring(recorder.invites[0].dialog);
  ASSERT_TRUE(wait_for([&] { return client_recorder.progress.size() == 1; }));
  EXPECT_EQ(client_recorder.progress[0], 180);
  agent->reject(recorder.invites[0].dialog, {486, "", {}, {}});
  ASSERT_TRUE(wait_for([&] { return client_recorder.ends.size() == 1; }));
  EXPECT_EQ(client_recorder.ended[0], *dialog);
  EXPECT_EQ(client_recorder.ends[0].reason, EndReason::kRejected);
  EXPECT_EQ(client_recorder.ends[0].status, 486);
  EXPECT_EQ(client_recorder.ends[0].phrase, "Busy Here");
  EXPECT_TRUE(all_gone());
}

TEST_F(ClientTest, HangUpBeforeTheAnswerCancels) {
  start_both();
  const auto dialog = client->invite(to_server());
  ASSERT_TRUE(wait_for([&] { return recorder.invites.size() == 1; }));
  client->hang_up(*dialog, "changed my mind");
  ASSERT_TRUE(all_gone());
  ASSERT_EQ(recorder.ends.size(), 1u);
  EXPECT_EQ(recorder.ends[0].reason, EndReason::kCancelled);
  EXPECT_EQ(recorder.ends[0].phrase, "changed my mind");
  EXPECT_TRUE(client_recorder.ends.empty());
}

TEST_F(ClientTest, CancelThatComesTooLateIsFollowedByBye) {
  start_both();
  Peer peer(loop, client->bound().front());
  RawCall canned(peer, "room");
  const auto dialog = client->invite(to_peer(peer));
  ASSERT_TRUE(dialog);
  const std::string invite = peer.expect_request("INVITE");
  peer.send(canned.answer(invite, 180));
  ASSERT_TRUE(wait_for([&] { return client_recorder.progress.size() == 1; }));
  client->hang_up(*dialog, "");
  peer.expect_request("CANCEL");
  peer.send(canned.answer(invite, 200, {"", kAnswer}));
  peer.expect_request("ACK");
  peer.send(canned.answer(peer.expect_request("BYE"), 200));
  EXPECT_TRUE(all_gone());
}

TEST_F(ClientTest, AckIsSentAgainForEachAnswerSentAgain) {
  start_both();
  Peer peer(loop, client->bound().front());
  RawCall canned(peer, "room");
  ASSERT_TRUE(client->invite(to_peer(peer)));
  const std::string invite = peer.expect_request("INVITE");
  EXPECT_EQ(header(invite, "Supported"), "timer");
  EXPECT_EQ(header(invite, "Session-Expires"), "1800");
  EXPECT_EQ(header(invite, "Contact").find("isfocus"), std::string::npos);
  const std::string answer = canned.answer(invite, 200, {"", kAnswer});
  peer.send(answer);
  const std::string ack = peer.expect_request("ACK");
  peer.send(answer);
  EXPECT_EQ(peer.expect_request("ACK"), ack);
  EXPECT_EQ(client_recorder.established.size(), 1u);
}

TEST_F(ClientTest, AnswerOfASecondForkIsHungUp) {  // RFC 3261, 13.2.2.4
  start_both();
  Peer peer(loop, client->bound().front());
  RawCall first(peer, "room");
  RawCall second(peer, "room");
  ASSERT_TRUE(client->invite(to_peer(peer)));
  const std::string invite = peer.expect_request("INVITE");
  peer.send(first.answer(invite, 200, {"", kAnswer}));
  peer.expect_request("ACK");
  peer.send(second.answer(invite, 200, {"", kAnswer}));
  const std::string bye = peer.expect_request("BYE");
  EXPECT_NE(header(bye, "To").find(second.from_tag), std::string::npos);
  EXPECT_TRUE(client_recorder.ends.empty());
  EXPECT_EQ(client->dialogs(), 1u);
}

TEST_F(ClientTest, NobodyThereIsNoAnswer) {
  quicken();
  start_both();
  Peer peer(loop, client->bound().front());
  ASSERT_TRUE(client->invite(to_peer(peer)));
  ASSERT_TRUE(wait_for([&] { return client_recorder.ends.size() == 1; }));  // 64*T1
  EXPECT_EQ(client_recorder.ends[0].reason, EndReason::kNoAnswer);
  EXPECT_EQ(client_recorder.ends[0].status, 408);
  EXPECT_TRUE(all_gone());
}

TEST_F(ClientTest, HangUpOfACallThatNobodyAnswersEnds) {
  quicken();
  start_both();
  Peer peer(loop, client->bound().front());
  const auto dialog = client->invite(to_peer(peer));
  peer.expect_request("INVITE");
  client->hang_up(*dialog, "");
  EXPECT_TRUE(all_gone());
  EXPECT_TRUE(client_recorder.ends.empty());
}

TEST_F(ClientTest, RefusedTcpConnectionIsATransportError) {
  config.timers.t4 = milliseconds(200);
  start_both();
  ASSERT_TRUE(client->invite({"sip:room@127.0.0.1:1;transport=tcp", "", "", kOffer}));
  ASSERT_TRUE(wait_for([&] { return client_recorder.ends.size() == 1; }));
  EXPECT_TRUE(client_recorder.ends[0].reason == EndReason::kTransportError ||
              client_recorder.ends[0].reason == EndReason::kNoAnswer);
  EXPECT_TRUE(all_gone());
}

TEST_F(ClientTest, TooShortASessionIsAskedForAgain) {  // RFC 4028, 7.3
  start_both();
  Peer peer(loop, client->bound().front());
  RawCall canned(peer, "room");
  ASSERT_TRUE(client->invite(to_peer(peer)));
  const std::string first = peer.expect_request("INVITE");
  peer.send(canned.answer(first, 422, {"Min-SE: 3600\r\n", ""}));
  peer.expect_request("ACK");
  const std::string second = peer.expect_request("INVITE");
  EXPECT_EQ(header(second, "Min-SE"), "3600");
  EXPECT_EQ(header(second, "Session-Expires"), "3600");
  EXPECT_EQ(header(second, "Call-ID"), header(first, "Call-ID"));
  peer.send(canned.answer(second, 200, {"Session-Expires: 3600;refresher=uas\r\n", kAnswer}));
  EXPECT_TRUE(wait_for([&] { return client_recorder.established.size() == 1; }));
}

TEST_F(ClientTest, WhoKnowsNoTimersDoesNotShortenWhatAProxyAskedFor) {  // RFC 4028, 7.1
  start_both();
  Peer peer(loop, client->bound().front());
  RawCall canned(peer, "room");
  const auto dialog = client->invite(to_peer(peer));
  ASSERT_TRUE(dialog);
  peer.send(canned.answer(peer.expect_request("INVITE"), 422, {"Min-SE: 3600\r\n", ""}));
  peer.expect_request("ACK");
  peer.send(canned.answer(peer.expect_request("INVITE"), 200, {"", kAnswer}));
  peer.expect_request("ACK");
  ASSERT_TRUE(client->reinvite(*dialog, kOffer));
  const std::string invite = peer.expect_request("INVITE");
  EXPECT_EQ(header(invite, "Min-SE"), "3600");
  EXPECT_EQ(header(invite, "Session-Expires"), "3600;refresher=uac");
}

TEST_F(ClientTest, AnswerWithoutSdpIsHungUp) {
  start_both();
  Peer peer(loop, client->bound().front());
  RawCall canned(peer, "room");
  ASSERT_TRUE(client->invite(to_peer(peer)));
  peer.send(canned.answer(peer.expect_request("INVITE"), 200));
  peer.expect_request("ACK");
  peer.send(canned.answer(peer.expect_request("BYE"), 200));
  ASSERT_EQ(client_recorder.ends.size(), 1u);
  EXPECT_EQ(client_recorder.ends[0].reason, EndReason::kNoAnswer);
  EXPECT_TRUE(all_gone());
}

// Whoever calls back on a Contact that says nothing calls over UDP.
TEST_F(ClientTest, ContactTellsOfTcp) {
  start_both();
  std::promise<std::string> arrived;
  const LoopbackListener listener([&](int connection) {
    std::string message;
    char bytes[2048];
    for (ssize_t n;
         message.find("\r\n\r\n") == message.npos && (n = read(connection, bytes, sizeof bytes)) > 0;)
      message.append(bytes, static_cast<std::size_t>(n));
    arrived.set_value(message);
    return true;
  });
  std::future<std::string> message = arrived.get_future();
  ASSERT_TRUE(client->invite({"sip:a@127.0.0.1:" + listener.port() + ";x;Transport=TCP", "", "", kOffer}));
  ASSERT_TRUE(wait_for([&] { return message.wait_for(milliseconds(0)) == std::future_status::ready; }));
  EXPECT_THAT(header(message.get(), "Contact"), testing::EndsWith(";transport=tcp>"));
}

TEST_F(ClientTest, AStrictRouterIsAskedItself) {  // RFC 3261, 12.2.1.1
  start_both();
  for (const bool strict : {true, false}) {
    SCOPED_TRACE(strict);
    Peer router(loop, client->bound().front());
    Peer behind(loop, client->bound().front());
    RawCall canned(router, "room");
    const std::string route = "sip:" + base::to_string(router.address()) + (strict ? "" : ";lr");
    const std::string next = "<sip:" + base::to_string(behind.address()) + ";lr>";
    const std::string contact = "sip:x@" + base::to_string(behind.address());
    canned.contact = '<' + contact + '>';
    const auto dialog = client->invite(to_peer(router));
    ASSERT_TRUE(dialog);
    router.send(canned.answer(router.expect_request("INVITE"), 200,
                              {"Record-Route: " + next + ",<" + route + ">\r\n", kAnswer}));
    const auto check = [&](const std::string& request) {
      EXPECT_EQ(request.substr(request.find(' ') + 1, request.find(" SIP") - request.find(' ') - 1),
                strict ? route : contact);
      EXPECT_EQ(header(request, "Route"), strict ? next : '<' + route + '>');
    };
    check(router.expect_request("ACK"));
    client->hang_up(*dialog, "");
    const std::string bye = router.expect_request("BYE");
    check(bye);
    router.send(canned.answer(bye, 200));
    EXPECT_TRUE(all_gone());
    EXPECT_EQ(behind.next(std::chrono::milliseconds(0)), "");
  }
}

// Who may only call its own host is led to no other: not by a Contact, a route, a name or a maddr.
TEST_F(ClientTest, StaysOnThisHostWhereItIsToldTo) {
  config.loopback_only = true;
  start_both();
  std::size_t ends = 0;
  const std::pair<const char*, const char*> answers[] = {
      {"<sip:x@192.0.2.1>", ""},
      {"<sip:x@[2001:db8::1]>", ""},
      {"<sip:x@example.com>", ""},
      {"<sip:x@127.0.0.1;Maddr=192.0.2.1>", ""},
      {"<sip:x@127.0.0.1>", "Record-Route: <sip:192.0.2.1;lr>\r\n"}};
  for (const auto& [contact, route] : answers) {
    SCOPED_TRACE(std::string(contact) + route);
    Peer peer(loop, client->bound().front());
    RawCall canned(peer, "room");
    canned.contact = contact;
    ASSERT_TRUE(client->invite(to_peer(peer)));
    peer.send(canned.answer(peer.expect_request("INVITE"), 200, {route, kAnswer}));
    ASSERT_TRUE(wait_for([&] { return client_recorder.ends.size() == ends + 1; }));
    EXPECT_EQ(client_recorder.ends[ends++].reason, EndReason::kElsewhere);
    EXPECT_TRUE(all_gone());
  }
  EXPECT_EQ(client->counters().sent(Method::kAck).value() + client->counters().sent(Method::kBye).value(),
            0u);
  EXPECT_TRUE(client_recorder.established.empty());
  for (const char* target :
       {"sip:a@192.0.2.1", "sip:a@192.0.2.1;x=@127.0.0.1", "sip:a@127.0.0.1;maddr=192.0.2.1"}) {
    EXPECT_FALSE(client->invite({target, "", "", kOffer})) << target;
  }
}

TEST_F(ClientTest, BadTargetsAreRefused) {
  start_both();
  for (const char* target : {"", "room", "tel:123", "sip:", "http://x", "sip:a@b\r\nX: y", "mailto:a@b"}) {
    const auto dialog = client->invite({target, "", "", kOffer});
    ASSERT_FALSE(dialog) << target;
    EXPECT_EQ(dialog.error().kind, SipErrorKind::kBadAddress);
  }
  ASSERT_FALSE(client->invite({"sip:a@127.0.0.1", "sip:a@b>\r\nX: y", "", kOffer}));
  EXPECT_EQ(client->dialogs(), 0u);
}

TEST_F(ClientTest, LimitOfDialogsHolds) {
  start();
  config.limits.dialogs = 1;
  auto limited = UserAgent::start(loop, config, client_recorder);
  ASSERT_TRUE(limited);
  client = std::move(*limited);
  ASSERT_TRUE(client->invite(to_server()));
  const auto second = client->invite(to_server());
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().kind, SipErrorKind::kTooManyDialogs);
}

TEST_F(ClientTest, WeRefreshASessionThatIsOurs) {
  accept_all();
  start_both();
  const auto dialog = client->invite(to_server());
  ASSERT_TRUE(wait_for([&] { return recorder.established.size() == 1; }));
  for (std::uint64_t times = 1; times <= 3; ++times) {  // longer than the session lives unrefreshed
    for (int minute = 0; minute < 25 && client->counters().sent(Method::kUpdate).value() < times; ++minute)
      skip(std::chrono::minutes(1));
    ASSERT_TRUE(wait_for([&] { return agent->counters().received(Method::kUpdate).value() == times; }));
  }
  EXPECT_TRUE(recorder.ends.empty());
  EXPECT_TRUE(client_recorder.ends.empty());
  client->hang_up(*dialog, "");
  EXPECT_TRUE(all_gone());
}

}  // namespace
}  // namespace tutti::sip
