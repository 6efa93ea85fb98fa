// Requests that start no call: capabilities, refusals, overload, and where it listens.
#include "tests/unit/sip/sip_fixture.h"

namespace tutti::sip {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

class RequestTest : public SipTest {
 protected:
  RequestTest() { accept_all(); }
  // The answer to one request of a fresh call.
  std::string ask(const std::string& method, const RawCall::Extra& extra, int status) {
    Peer peer(loop, server());
    RawCall call(peer, "room");
    peer.send(method == "INVITE" ? call.invite(extra) : call.request(method, extra));
    return peer.expect(status, method);
  }
  // The answer to a request written by hand; `request` has %V for the Via's and %C for the Contact's place.
  std::string ask_raw(std::string request, int status, std::string_view method) {
    static int requests = 0;
    Peer peer(loop, server());
    const auto put = [&](std::string_view mark, const std::string& text) {
      if (const auto at = request.find(mark); at != std::string::npos) request.replace(at, mark.size(), text);
    };
    const std::string number = std::to_string(++requests);
    put("%V", "Via: SIP/2.0/UDP " + base::to_string(peer.address()) + ";branch=z9hG4bKraw" + number);
    put("%C", "Contact: <sip:raw@" + base::to_string(peer.address()) + ">");
    put("%I", "Call-ID: raw" + number);
    peer.send(request);
    return peer.expect(status, method);
  }
};

TEST_F(RequestTest, OptionsTellsWhatWeCan) {
  start();
  const std::string answer = ask("OPTIONS", {}, 200);
  EXPECT_EQ(header(answer, "Allow"), "INVITE, ACK, CANCEL, BYE, OPTIONS, UPDATE");
  EXPECT_EQ(header(answer, "Accept"), "application/sdp, multipart/mixed");
  EXPECT_EQ(header(answer, "Supported"), "timer");
  EXPECT_EQ(header(answer, "Server"), "Tutti-Test/1");
}

TEST_F(RequestTest, OptionsIsAnsweredAsAnInviteWouldBe) {  // RFC 3261, 11.2
  start();
  Peer peer(loop, server());
  RawCall running(peer, "room");
  establish(running);
  const auto check_within_call = [&] {
    peer.send(running.request("OPTIONS", {}));
    peer.expect(200, "OPTIONS");
  };
  recorder.overloaded_for = seconds(7);
  recorder.calls_asked_of = 0;
  const std::string answer = ask("OPTIONS", {}, 503);
  EXPECT_EQ(header(answer, "Retry-After"), "7");
  EXPECT_NE(header(answer, "Allow"), "");
  EXPECT_EQ(agent->counters().shed.value(), 0U) << "it is no call";
  EXPECT_EQ(recorder.calls_asked_of, 0U) << "nor is one refused for want of headroom";
  check_within_call();
  recorder.overloaded_for.reset();
  ask("OPTIONS", {}, 200);
  agent->refuse_new_calls();
  EXPECT_NE(header(ask("OPTIONS", {}, 503), "Retry-After"), "");
  check_within_call();
}

TEST_F(RequestTest, RequestsOfUnknownDialogsAre481) {
  start();
  ask("BYE", {}, 481);
  ask("UPDATE", {}, 481);
  for (const char* method : {"BYE", "INVITE", "UPDATE", "OPTIONS"}) {
    Peer peer(loop, server());
    RawCall call(peer, "room");
    call.learn("\r\nTo: <sip:room@127.0.0.1>;tag=nobody\r\n");
    peer.send(std::string_view(method) == "INVITE" ? call.invite() : call.request(method, {}));
    peer.expect(481, method);
  }
  Peer peer(loop, server());
  RawCall call(peer, "room");
  call.invite();  // never sent
  peer.send(call.cancel());
  peer.expect(481, "CANCEL");
  peer.send(call.ack());  // no answer to that, ever
  EXPECT_EQ(peer.next(milliseconds(50)), "");
  EXPECT_TRUE(recorder.invites.empty());
}

TEST_F(RequestTest, OtherMethodsAreRefused) {
  start();
  EXPECT_NE(header(ask("REGISTER", {}, 405), "Allow"), "");
  EXPECT_NE(header(ask("MESSAGE", {}, 405), "Allow"), "");
  EXPECT_NE(header(ask("FROBNICATE", {}, 501), "Allow"), "");
}

TEST_F(RequestTest, UnknownExtensionsAreRefused) {
  start();
  const std::string answer = ask("INVITE", {"Require: 100rel, timer\r\nRequire: foo\r\n", kOffer}, 420);
  EXPECT_EQ(header(answer, "Unsupported"), "100rel, foo");
  ask("INVITE", {"Require: timer\r\n", kOffer}, 200);
}

TEST_F(RequestTest, OtherBodiesAreRefused) {
  start();
  EXPECT_EQ(header(ask("INVITE", {"", "hello", "text/plain"}, 415), "Accept"),
            "application/sdp, multipart/mixed");
  ask("INVITE", {"Content-Encoding: gzip\r\n", kOffer}, 415);
  ask("INVITE", {"", kOffer, ""}, 415);  // a body of no type
  EXPECT_TRUE(recorder.invites.empty());
  ask("INVITE", {"Content-Disposition: render;handling=optional\r\n", "hello", "text/plain"}, 200);
  EXPECT_EQ(recorder.invites.back().offer, "");
  ask("INVITE", {"", kOffer, "APPLICATION/SDP;charset=utf-8"}, 200);
  EXPECT_EQ(recorder.invites.back().offer, kOffer);
}

TEST_F(RequestTest, MissingHeadersAre400) {
  start();
  const std::string line = "INVITE sip:room@127.0.0.1 SIP/2.0\r\n";
  const std::string max = "%V\r\nMax-Forwards: 70\r\n";
  const std::string from = "From: <sip:a@b>;tag=1\r\n";
  const std::string to = "To: <sip:room@127.0.0.1>\r\n";
  const std::string id = "%I\r\n";
  const std::string cseq = "CSeq: 1 INVITE\r\n";
  const std::string contact = "%C\r\n";
  const std::string end = "Content-Length: 0\r\n\r\n";
  ask_raw(line + max + to + id + cseq + contact + end, 400, "INVITE");
  ask_raw(line + max + from + id + cseq + contact + end, 400, "INVITE");
  ask_raw(line + max + from + to + cseq + contact + end, 400, "INVITE");
  ask_raw(line + max + from + to + id + cseq + end, 400, "INVITE");
  ask_raw(line + max + "From: <sip:a@b>\r\n" + to + id + cseq + contact + end, 400, "INVITE");
  ask_raw(line + max + from + to + id + "CSeq: 1 BYE\r\n" + contact + end, 400, "BYE");
  EXPECT_TRUE(recorder.invites.empty());
  ask_raw(line + max + from + to + id + cseq + contact + end, 200, "INVITE");
}

TEST_F(RequestTest, RequestWithoutAnythingIsDropped) {
  start();
  Peer peer(loop, server());
  peer.send("INVITE sip:room@127.0.0.1 SIP/2.0\r\n\r\n");
  peer.send("INVITE sip:room@127.0.0.1 SIP/2.0\r\n");
  peer.send("\r\n\r\n");
  peer.send(std::string_view("\0\0\0\0", 4));
  turn_for(milliseconds(20));
  EXPECT_TRUE(recorder.invites.empty());
  ask("OPTIONS", {}, 200);
}

TEST_F(RequestTest, SchemesVersionsAndHopsAreChecked) {
  start();
  const std::string rest =
      "From: <sip:a@b>;tag=1\r\nTo: <sip:room@127.0.0.1>\r\n%I\r\nCSeq: 1 INVITE\r\n%C\r\nContent-Length: "
      "0\r\n\r\n";
  ask_raw("INVITE http://room SIP/2.0\r\n%V\r\nMax-Forwards: 70\r\n" + rest, 416, "INVITE");
  ask_raw("INVITE sip:room@127.0.0.1 SIP/7.0\r\n%V\r\nMax-Forwards: 70\r\n" + rest, 505, "INVITE");
  ask_raw("INVITE sip:room@127.0.0.1 SIP/2.0\r\n%V\r\nMax-Forwards: 0\r\n" + rest, 483, "INVITE");
  EXPECT_TRUE(recorder.invites.empty());
}

TEST_F(RequestTest, MergedRequestIs482) {  // RFC 3261, 8.2.2.2
  start();
  Peer peer(loop, server());
  RawCall call(peer, "room");
  std::string invite = call.invite();
  peer.send(invite);
  call.learn(peer.expect(200, "INVITE"));
  const auto at = invite.find("branch=");
  invite.replace(at, invite.find('\r', at) - at, "branch=z9hG4bK-another-way");
  peer.send(invite);
  peer.expect(482, "INVITE");
  EXPECT_EQ(recorder.invites.size(), 1u);
}

TEST_F(RequestTest, WhoseObserverHasNoRoomMakesNoDialog) {
  start();
  Peer peer(loop, server());
  recorder.overloaded_for = seconds(7);
  RawCall call(peer, "room");
  peer.send(call.invite());
  EXPECT_EQ(header(peer.expect(503, "INVITE"), "Retry-After"), "7");
  EXPECT_EQ(agent->counters().shed.value(), 1U);
  EXPECT_EQ(agent->dialogs(), 0U);
  EXPECT_TRUE(recorder.invites.empty());
  recorder.overloaded_for.reset();
  RawCall later(peer, "room");
  peer.send(later.invite());
  peer.expect(200, "INVITE");
}

TEST_F(RequestTest, AFloodIsShedWithoutATraceOfEach) {
  accept_all();
  start();
  Peer peer(loop, server());
  RawCall running(peer, "room");
  establish(running);
  recorder.overloaded_for = seconds(7);
  Peer flood(loop, server());
  using Clock = std::chrono::steady_clock;
  const auto began = Clock::now();
  for (int i = 0; i < 300; ++i) {
    RawCall call(flood, "room");
    flood.send(call.invite());  // and no ACK
    EXPECT_EQ(header(flood.expect(503, "INVITE", call.call_id), "Retry-After"), "7") << i;
    if (i == 299) flood.send(call.ack());
  }
  EXPECT_EQ(agent->counters().shed.value(), 300U);
  EXPECT_EQ(agent->counters().responses_sent.value(503), 300U);
  EXPECT_EQ(recorder.calls_asked_of, 301U) << "the running one as well";
  const auto passed = std::chrono::duration_cast<seconds>(Clock::now() - began).count();
  const std::uint64_t with_transaction = 300 - agent->counters().shed_stateless.value();
  EXPECT_GE(with_transaction, 100U) << "a few refusals are cheap, and an answer that is lost is sent again";
  EXPECT_LE(with_transaction, 100U * static_cast<std::uint64_t>(passed + 2));
  peer.send(running.request("OPTIONS", {}));  // who is in a call is served
  peer.expect(200, "OPTIONS");
  peer.send(running.bye());
  peer.expect(200, "BYE");

  recorder.overloaded_for.reset();
  turn_for(std::chrono::milliseconds(1'100));
  RawCall later(peer, "room");
  establish(later);
}

TEST_F(RequestTest, AFloodOfWhatIsNoCallIsAnsweredWithoutATraceOfEach) {
  accept_all();
  start();
  recorder.refusal = [](const IncomingInvite& invite) -> std::optional<Rejection> {
    if (invite.user == "room" && invite.transport == Transport::kUdp) return std::nullopt;
    return Rejection{404, "Nobody Here", seconds(3), {}};
  };
  recorder.invited = [&](const IncomingInvite& invite) {
    const auto refused = recorder.refusal(invite);
    refused ? agent->reject(invite.dialog, *refused) : agent->accept(invite.dialog, kAnswer);
  };
  Peer flood(loop, server());
  using Clock = std::chrono::steady_clock;
  const auto began = Clock::now();
  for (int i = 0; i < 300; ++i) {
    RawCall call(flood, "nobody");
    flood.send(call.invite());  // and no ACK
    const std::string answer = flood.expect(404, "INVITE", call.call_id);
    EXPECT_EQ(header(answer, "Retry-After"), "3");
    EXPECT_NE(answer.find("Nobody Here"), std::string::npos);
  }
  // Who has a call to make does not notice, nor who is in one.
  Peer peer(loop, server());
  RawCall running(peer, "room");
  establish(running);
  peer.send(running.request("OPTIONS", {}));
  peer.expect(200, "OPTIONS");
  EXPECT_EQ(header(ask("OPTIONS", {}, 200), "Accept"), "application/sdp, multipart/mixed");
  EXPECT_NE(header(ask("REGISTER", {}, 405), "Allow"), "");
  EXPECT_EQ(header(ask("INVITE", {"Require: 100rel\r\n", kOffer}, 420), "Unsupported"), "100rel");
  const auto passed = std::chrono::duration_cast<seconds>(Clock::now() - began).count();
  EXPECT_GE(recorder.invites.size(), 101U)
      << "a few refusals are cheap, and an answer that is lost is sent again";
  EXPECT_LE(recorder.invites.size(), 100U * static_cast<std::size_t>(passed + 2) + 1);
  EXPECT_EQ(agent->counters().shed.value(), 0U);
  EXPECT_EQ(agent->counters().responses_sent.value(404), 300U);
  peer.send(running.bye());
  peer.expect(200, "BYE");
  EXPECT_TRUE(wait_for_no_dialogs());
}

TEST_F(RequestTest, OverloadIsShed) {
  config.limits.pending_invites = 3;
  config.limits.retry_after = seconds(9);
  recorder.invited = nullptr;
  start();
  Peer peer(loop, server());
  std::vector<RawCall> calls;
  for (int i = 0; i < 5; ++i) {
    calls.emplace_back(peer, "room");
    peer.send(calls.back().invite());
  }
  const std::string refusal = peer.expect(503, "INVITE");
  EXPECT_EQ(header(refusal, "Retry-After"), "9");
  ASSERT_TRUE(wait_for([&] { return agent->counters().shed.value() == 2; }));
  EXPECT_EQ(recorder.invites.size(), 3u);
  EXPECT_EQ(agent->counters().pending_invites.value(), 3);
  agent->reject(recorder.invites[0].dialog, {486, "", {}, {}});  // room for one
  RawCall late(peer, "room");
  peer.send(late.invite());
  EXPECT_TRUE(wait_for([&] { return recorder.invites.size() == 4; }));
}

TEST_F(RequestTest, DrainingRefusesNewCallsOnly) {
  start();
  Peer peer(loop, server());
  RawCall call(peer, "room");
  call.establish();
  ASSERT_TRUE(wait_for([&] { return recorder.established.size() == 1; }));
  agent->refuse_new_calls();
  EXPECT_NE(header(ask("INVITE", {"", kOffer}, 503), "Retry-After"), "");
  peer.send(call.invite());
  peer.expect(200, "INVITE");
  peer.send(call.ack());
  peer.send(call.bye());
  peer.expect(200, "BYE");
  EXPECT_TRUE(wait_for_no_dialogs());
}

TEST_F(RequestTest, PortInUseIsAClearSentence) {
  start();
  config.listen = {server()};
  const auto second = UserAgent::start(loop, config, recorder);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().kind, SipErrorKind::kAddressInUse);
  EXPECT_EQ(second.error().message,
            "UDP port " + std::to_string(server().port) + " of 127.0.0.1 is in use by another program");
  ask("OPTIONS", {}, 200);
}

TEST_F(RequestTest, AddressOfAnotherHostIsAClearSentence) {
  config.listen = {*base::parse_address_and_port("192.0.2.1:5060")};
  const auto started = UserAgent::start(loop, config, recorder);
  ASSERT_FALSE(started);
  EXPECT_EQ(started.error().kind, SipErrorKind::kAddressNotAvailable);
  EXPECT_EQ(started.error().message, "192.0.2.1 is not an address of this host");
}

TEST_F(RequestTest, SeveralAddressesAndNone) {
  config.listen = {*base::parse_address_and_port("127.0.0.1:0"),
                   *base::parse_address_and_port("127.0.0.2:0")};
  start();
  ASSERT_EQ(agent->bound().size(), 2u);
  Peer peer(loop, agent->bound()[1]);
  RawCall call(peer, "room");
  EXPECT_NE(call.establish().find(base::to_string(agent->bound()[1])), std::string::npos);
  config.listen.clear();
  EXPECT_FALSE(UserAgent::start(loop, config, recorder));
}

TEST_F(RequestTest, RejectionOfNoFinalStatusIs500) {
  recorder.invited = [this](const IncomingInvite& invite) {
    agent->reject(invite.dialog, {200, "OK", {}, {}});
  };
  start();
  ask("INVITE", {"", kOffer}, 500);
  EXPECT_EQ(agent->dialogs(), 0u);
}

TEST_F(RequestTest, CallsOverIpv6) {
  config.listen = {*base::parse_address_and_port("[::1]:0")};
  auto started = UserAgent::start(loop, config, recorder);
  if (!started) GTEST_SKIP() << started.error().message;
  agent = std::move(*started);
  Recorder client_recorder;
  auto client = UserAgent::start(loop, config, client_recorder);
  ASSERT_TRUE(client);
  const auto dialog = (*client)->invite({"sip:room@" + base::to_string(server()), "", "", kOffer});
  ASSERT_TRUE(dialog);
  ASSERT_TRUE(wait_for([&] { return recorder.established.size() == 1; }));
  EXPECT_EQ(recorder.invites[0].source, (*client)->bound().front());
  (*client)->hang_up(*dialog, "");
  EXPECT_TRUE(wait_for([&] { return agent->dialogs() == 0 && (*client)->dialogs() == 0; }));
}

TEST_F(RequestTest, WildcardAddressIsNotTold) {
  config.listen = {*base::parse_address_and_port("0.0.0.0:0")};
  start();
  Peer peer(loop, *base::parse_ip("127.0.0.1", server().port));
  RawCall call(peer, "room");
  EXPECT_EQ(header(call.establish(), "Contact"),
            "<sip:room@127.0.0.1:" + std::to_string(server().port) + ">;isfocus");
}

}  // namespace
}  // namespace tutti::sip
