#include <atomic>
#include <deque>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "tests/unit/api/http_server_fixture.h"

namespace tutti::api {
namespace {

using std::chrono::milliseconds;

TEST_F(HttpServerTest, AnswersARoute) {
  start();
  const std::string answer = ask(get("/ping"));
  EXPECT_TRUE(has(answer, "HTTP/1.1 200 OK\r\n")) << answer;
  EXPECT_TRUE(has(answer, "Content-Type: text/plain\r\n")) << answer;
  EXPECT_TRUE(has(answer, "\r\n\r\npong")) << answer;
}

TEST_F(HttpServerTest, HandsBodyAndQueryToTheHandler) {
  start();
  const std::string answer =
      ask("POST /echo?a=b HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\nhello");
  EXPECT_TRUE(has(answer, "\r\n\r\nhello|a=b")) << answer;
}

// What it takes for no body would be the next request.
TEST_F(HttpServerTest, RefusesABodyWhoseEndItCannotTell) {
  start();
  const auto status = [this](const std::string& version, const std::string& codings) {
    Client one = client();
    one.send("POST /echo HTTP/" + version + "\r\nHost: localhost\r\n" + codings + "\r\n" + get("/ping"));
    const std::string answer = one.answer();
    EXPECT_TRUE(one.closed()) << codings;
    return answer.substr(0, answer.find("\r\n"));
  };
  for (const char* codings : {"xchunked", "identity", "gzip, chunked"}) {
    EXPECT_EQ(status("1.1", "Transfer-Encoding: " + std::string(codings) + "\r\n"),
              "HTTP/1.1 501 Not Implemented")
        << codings;
  }
  EXPECT_EQ(status("1.1", "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"),
            "HTTP/1.1 400 Bad Request");
  EXPECT_EQ(status("1.0", "Connection: keep-alive\r\nTransfer-Encoding: chunked\r\n"),
            "HTTP/1.1 400 Bad Request");
  EXPECT_TRUE(has(ask("POST /echo HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: Chunked\r\n\r\n"
                      "3;x=y\r\nabc\r\n0\r\n\r\n"),
                  "\r\n\r\nabc|"));
}

TEST_F(HttpServerTest, TellsAClientThatAsksFirstToGoOn) {
  start({.body_bytes = 100});
  const std::string head =
      "POST /echo HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\nContent-Length: ";
  Client one = client();
  one.send(head + "5\r\n\r\n");
  EXPECT_EQ(one.answer(), "HTTP/1.1 100 Continue\r\n\r\n");
  one.send("hello");
  EXPECT_TRUE(has(one.answer(), "\r\n\r\nhello|"));
  one.send(head + "5\r\n\r\nhello");
  EXPECT_TRUE(has(one.answer(), "200 OK")) << "it did not wait";
  one.send(head + "101\r\n\r\n");
  EXPECT_TRUE(has(one.answer(), "413 ")) << "before the body is sent";
}

TEST_F(HttpServerTest, RefusesWhatItCannotMeet) {
  start();
  const auto status = [this](const std::string& headers) {
    Client one = client();
    one.send("POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n" + headers + "\r\nhello");
    return one.answer();
  };
  EXPECT_TRUE(has(status("Expect: 200-ok\r\n"), "HTTP/1.1 417 Expectation Failed"));
  EXPECT_TRUE(has(status("Expect: 100-continue\r\nExpect: 200-ok\r\n"), "HTTP/1.1 417 "));
  EXPECT_TRUE(has(status("Expect: 100-Continue\r\n"), "HTTP/1.1 200 "));
  const std::string coded = status("Content-Encoding: gzip\r\n");
  EXPECT_TRUE(has(coded, "HTTP/1.1 415 Unsupported Media Type"));
  EXPECT_TRUE(has(coded, "\r\nAccept-Encoding: identity\r\n")) << coded;
  EXPECT_TRUE(has(status("Content-Encoding: Identity\r\n"), "HTTP/1.1 200 "));
  EXPECT_TRUE(has(ask(get("/ping", "Content-Encoding: gzip\r\n")), "HTTP/1.1 200 ")) << "of no body";
  EXPECT_TRUE(has(ask("GET /ping HTTP/1.0\r\nExpect: 200-ok\r\n\r\n"), "HTTP/1.1 200 "));
}

TEST_F(HttpServerTest, TakesATargetThatNamesItsHost) {
  start();
  const auto of = [this](const std::string& target) {
    return ask("POST " + target + " HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n");
  };
  EXPECT_TRUE(has(of("http://127.0.0.1:8080/echo?a=b"), "\r\n\r\n|a=b"));
  EXPECT_TRUE(has(of("HTTP://localhost?a"), "404 Not Found")) << "the path is /";
  EXPECT_TRUE(has(of("http://rebound.example/echo"), "421 Misdirected Request")) << "whatever Host says";
}

TEST_F(HttpServerTest, AnswersHeadWithoutABody) {
  start();
  Client one = client();
  one.send("HEAD /ping HTTP/1.1\r\nHost: localhost\r\n\r\n" + get("/ping"));
  const std::string head = one.answer(false);
  EXPECT_TRUE(has(head, "200 OK") && has(head, "Content-Length: 4\r\n")) << head;
  EXPECT_TRUE(has(one.answer(), "\r\n\r\npong"));
}

// What is no request is no HEAD either, though one came before it.
TEST_F(HttpServerTest, SaysWhatIsWrongBehindAHead) {
  start();
  for (const char* wrong : {"garbage\r\n\r\n", "POST /echo HTTP/1.1\r\nTransfer-Encoding: x\r\n\r\n"}) {
    Client one = client();
    one.send("HEAD /ping HTTP/1.1\r\nHost: localhost\r\n\r\n");
    EXPECT_TRUE(has(one.answer(false), "200 OK"));
    one.send(wrong);
    EXPECT_TRUE(has(one.answer(), "\"detail\"")) << wrong;
  }
}

TEST_F(HttpServerTest, AnswersUnknownPathsAndMethodsWithProblems) {
  start();
  const std::string missing = ask(get("/nothing"));
  EXPECT_TRUE(has(missing, "HTTP/1.1 404 Not Found\r\n")) << missing;
  EXPECT_TRUE(has(missing, "Content-Type: application/problem+json\r\n")) << missing;
  EXPECT_TRUE(has(missing, R"("status":404)")) << missing;
  const std::string method = ask("DELETE /ping HTTP/1.1\r\nHost: localhost\r\n\r\n");
  EXPECT_TRUE(has(method, "HTTP/1.1 405 Method Not Allowed\r\n")) << method;
  EXPECT_TRUE(has(method, "Allow: GET, HEAD\r\n")) << method;
}

TEST_F(HttpServerTest, AnswersAThrowingHandlerWith500) {
  start();
  EXPECT_TRUE(has(ask(get("/throw")), "HTTP/1.1 500 "));
}

TEST_F(HttpServerTest, KeepsAConnectionOpenUnlessAskedToClose) {
  start();
  Client one = client();
  for (int i = 0; i < 3; ++i) {
    one.send(get("/ping"));
    EXPECT_TRUE(has(one.answer(), "pong")) << i;
  }
  one.send(get("/ping", "Connection: close\r\n"));
  EXPECT_TRUE(has(one.answer(), "Connection: close\r\n"));
  EXPECT_TRUE(one.closed());
}

TEST_F(HttpServerTest, AnswersPipelinedRequestsInOrder) {
  start();
  Client one = client();
  one.send(get("/ping") + get("/nothing") + get("/ping"));
  EXPECT_TRUE(has(one.answer(), "200 OK"));
  EXPECT_TRUE(has(one.answer(), "404 Not Found"));
  EXPECT_TRUE(has(one.answer(), "200 OK"));
}

TEST_F(HttpServerTest, RefusesGarbageAndCloses) {
  start();
  for (const std::string& garbage :
       {std::string("\x16\x03\x01\x02\x00\x01\x00\x01", 8), std::string("hello\r\n\r\n"),
        std::string("GET\r\n\r\n"), std::string("GET / HTTP/9.9\r\n\r\n"),
        std::string("GET / HTTP/1.1\r\nno colon\r\n\r\n"),
        std::string("GET / HTTP/1.1\r\nContent-Length: -1\r\n\r\n")}) {
    Client one = client();
    one.send(garbage);
    one.finish();
    const std::string answer = one.answer();
    EXPECT_TRUE(has(answer, "HTTP/1.1 400 Bad Request\r\n")) << garbage << " -> " << answer;
    EXPECT_TRUE(one.closed()) << garbage;
  }
  EXPECT_TRUE(has(ask(get("/ping")), "pong"));
}

TEST_F(HttpServerTest, RequiresOneHost) {
  start();
  EXPECT_TRUE(has(ask("GET /ping HTTP/1.1\r\n\r\n"), "400 Bad Request"));
  EXPECT_TRUE(has(ask("GET /ping HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n"), "400 Bad Request"));
  EXPECT_TRUE(has(ask("GET /ping HTTP/1.0\r\n\r\n"), "200 OK"));
}

TEST_F(HttpServerTest, RefusesForeignHosts) {
  start({.host_name = "tutti.example"});
  const auto from = [this](const std::string& host) {
    return ask("GET /ping HTTP/1.1\r\nHost: " + host + "\r\nOrigin: http://" + host + "\r\n\r\n");
  };
  EXPECT_TRUE(has(from("localhost:8080"), "200 OK"));
  EXPECT_TRUE(has(from("tutti.example"), "200 OK"));
  EXPECT_TRUE(has(from("rebound.example"), "421 Misdirected Request"));
  EXPECT_TRUE(has(ask("GET /ping HTTP/1.0\r\nHost: rebound.example\r\n\r\n"), "421 Misdirected Request"));
}

TEST_F(HttpServerTest, RefusesForeignOrigins) {
  start();
  EXPECT_TRUE(has(ask(get("/ping", "Origin: http://127.0.0.1\r\n")), "200 OK"));
  EXPECT_TRUE(has(ask(get("/ping", "Origin: http://evil.example\r\n")), "403 Forbidden"));
  EXPECT_TRUE(has(ask(get("/ping", "Origin: http://127.0.0.1:81\r\n")), "403 Forbidden"));
  EXPECT_TRUE(has(ask(get("/ping", "Origin: null\r\n")), "403 Forbidden"));
}

TEST_F(HttpServerTest, AsksForTheTokenBeforeAnythingElseIsTold) {
  constexpr const char* kToken = "0123456789abcdef";
  start({.token = kToken});
  const std::string right = "Authorization: Bearer " + std::string(kToken) + "\r\n";
  EXPECT_TRUE(has(ask(get("/ping", right)), "pong"));
  EXPECT_TRUE(has(ask(get("/open")), "200 OK"));
  const std::string missing = ask(get("/ping"));
  EXPECT_TRUE(has(missing, "401 Unauthorized")) << missing;
  EXPECT_TRUE(has(missing, "WWW-Authenticate: Bearer realm=\"tutti\"\r\n")) << missing;
  EXPECT_TRUE(has(ask(get("/ping", "Authorization: Bearer 0123456789abcdeg\r\n")), "401 Unauthorized"));
  EXPECT_TRUE(has(ask(get("/no-such-thing")), "401 Unauthorized"));
  EXPECT_TRUE(has(ask(get("/no-such-thing", right)), "404 Not Found"));
  EXPECT_EQ(server_->counters().refused_token.value(), 3U);
}

TEST_F(HttpServerTest, TakesOtherLimitsWhileItRuns) {
  start();
  EXPECT_TRUE(has(ask(get("/ping")), "200 OK"));
  server_->set_limits({.token = "0123456789abcdef"});
  EXPECT_TRUE(has(ask(get("/ping")), "401 Unauthorized"));
  server_->set_limits({});
  EXPECT_TRUE(has(ask(get("/ping")), "200 OK"));
}

TEST_F(HttpServerTest, BoundsTheRateOfAClientAndKeepsItsConnection) {
  start({.requests_per_second = 5});
  Client one = client();
  std::string forty;  // at once: however slow the machine is, it takes more than five in a second
  for (int i = 0; i < 40; ++i) forty += get("/ping");
  one.send(forty);
  int refused = 0;
  for (int i = 0; i < 40; ++i) {
    const std::string answer = one.answer();
    if (!has(answer, "429 Too Many Requests")) continue;
    ++refused;
    EXPECT_TRUE(has(answer, "Retry-After: 1\r\n")) << answer;
  }
  EXPECT_GT(refused, 0);
  EXPECT_EQ(server_->counters().refused_rate.value(), static_cast<std::uint64_t>(refused));
}

TEST_F(HttpServerTest, HasNoBodyWhereTheStatusHasNone) {
  start();
  Client one = client();
  one.send("POST /nothing/x HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n" + get("/ping"));
  const std::string answer = one.answer();
  EXPECT_TRUE(has(answer, "204 No Content")) << answer;
  EXPECT_FALSE(has(answer, "\r\nContent-")) << answer;
  EXPECT_TRUE(has(one.answer(), "pong"));
}

TEST_F(HttpServerTest, CountsByStatus) {
  start();
  ask(get("/ping"));
  ask(get("/no-such-thing"));
  const HttpCounters& counters = server_->counters();
  EXPECT_EQ(counters.requests.value(), 2U);
  EXPECT_EQ(counters.answers.value(200), 1U);
  EXPECT_EQ(counters.answers.value(404), 1U);
  EXPECT_EQ(counters.connections.value(), 2U);
}

TEST_F(HttpServerTest, BoundsHeaderAndBody) {
  start({.header_bytes = 1'024, .body_bytes = 1'000});
  const std::string long_header = ask(get("/ping", "X: " + std::string(2'000, 'x') + "\r\n"));
  EXPECT_TRUE(has(long_header, "HTTP/1.1 431 ")) << long_header;
  // The bytes that nobody reads must not make a reset overtake the answer.
  const std::string long_body = ask(
      "POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 200000\r\n\r\n" + std::string(200'000, 'x'));
  EXPECT_TRUE(has(long_body, "HTTP/1.1 413 ")) << long_body;
  const std::string chunked =
      ask("POST /echo HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n7d0\r\n" +
          std::string(2'000, 'x') + "\r\n0\r\n\r\n");
  EXPECT_TRUE(has(chunked, "HTTP/1.1 413 ")) << chunked;
}

TEST_F(HttpServerTest, Answers503WhenTheControlThreadHangs) {
  std::mutex mutex;
  std::deque<std::function<void()>> hung;
  start({.answer_timeout = milliseconds(50)}, [&](std::function<void()> task) {
    const std::lock_guard lock(mutex);
    hung.push_back(std::move(task));
  });
  Client one = client();
  one.send(get("/ping"));
  const std::string answer = one.answer();
  EXPECT_TRUE(has(answer, "HTTP/1.1 503 ")) << answer;
  EXPECT_TRUE(has(answer, "Retry-After: 1\r\n")) << answer;
  // What needs no control thread is answered, and a late answer is nobody's.
  {
    const std::lock_guard lock(mutex);
    ASSERT_EQ(hung.size(), 1U);
    hung.front()();
  }
  one.send(get("/nothing"));
  EXPECT_TRUE(has(one.answer(), "HTTP/1.1 404 "));
}

TEST_F(HttpServerTest, SurvivesAnswersAfterItsEnd) {
  std::mutex mutex;
  std::deque<std::function<void()>> hung;
  std::atomic<int> posted = 0;
  start({}, [&](std::function<void()> task) {
    const std::lock_guard lock(mutex);
    hung.push_back(std::move(task));
    ++posted;
  });
  Client one = client();
  Client two = client();
  one.send(get("/ping"));
  two.send(get("/ping"));
  while (posted < 2) std::this_thread::yield();
  hung.front()();  // answered, but perhaps not yet written
  server_.reset();
  hung.back()();
  EXPECT_TRUE(two.closed());
}

// Longer than a handler may take; others are answered meanwhile, and what nobody gives is answered, too.
TEST_F(HttpServerTest, AnswersLaterWhereTheHandlerSaysSo) {
  std::mutex mutex;
  std::deque<std::function<void(Response)>> owed;
  Router table = router();
  table.add("POST", "/later", [&](const Request&) {
    Response response;
    response.later = [&](auto give) {
      const std::lock_guard lock(mutex);
      owed.push_back(std::move(give));
    };
    return response;
  });
  const auto wait_for = [&](std::size_t count) {
    for (std::size_t seen = 0; seen < count; std::this_thread::yield()) {
      const std::lock_guard lock(mutex);
      seen = owed.size();
    }
  };
  auto started =
      HttpServer::start(loopback(), std::move(table), at_once(),
                        {.answer_timeout = milliseconds(1), .later_timeout = milliseconds(kPatienceMs)});
  ASSERT_TRUE(started);
  server_ = std::move(*started);
  Client one = client();
  one.send("POST /later HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n");
  wait_for(1);
  std::this_thread::sleep_for(milliseconds(20));  // longer than the control thread has
  owed.front()({200, "text/plain", "at last", {}});
  owed.front()({200, "text/plain", "twice", {}});
  EXPECT_TRUE(has(one.answer(), "at last"));
  one.send(get("/nowhere"));
  EXPECT_TRUE(has(one.answer(), "HTTP/1.1 404 ")) << "the second answer was for nobody";

  server_->set_limits({.later_timeout = milliseconds(1)});
  one.send("POST /later HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n");
  EXPECT_TRUE(has(one.answer(), "HTTP/1.1 503 "));
  wait_for(2);
  owed.back()({200, "text/plain", "too late", {}});
  server_.reset();
  owed.back()({200, "text/plain", "much too late", {}});
  EXPECT_TRUE(one.closed());
}

TEST_F(HttpServerTest, SaysWhyItCannotListen) {
  start();
  const auto taken = HttpServer::start(server_->bound(), router(), at_once());
  ASSERT_FALSE(taken);
  EXPECT_EQ(taken.error(), std::errc::address_in_use);
  const auto foreign = HttpServer::start(*base::parse_ip("192.0.2.1"), router(), at_once());
  ASSERT_FALSE(foreign);
  EXPECT_EQ(foreign.error(), std::errc::address_not_available);
}

}  // namespace
}  // namespace tutti::api
