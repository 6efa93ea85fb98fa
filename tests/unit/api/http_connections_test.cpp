// Who may hold how many connections, and for how long one that asks for nothing.
#include <atomic>
#include <chrono>
#include <cstddef>
#include <thread>
#include <vector>

#include "tests/unit/api/http_server_fixture.h"

namespace tutti::api {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

TEST_F(HttpServerTest, ClosesAClientThatIsTooSlow) {
  start({.transfer_timeout = milliseconds(200)});
  Client drip = client();
  Client silent = client();
  drip.send("GET /ping HTTP/1.1\r\n");
  // A byte now and then does not win more time.
  std::atomic<bool> done = false;
  std::thread dripping([&] {
    while (!done) {
      drip.send("X");
      std::this_thread::sleep_for(milliseconds(20));
    }
  });
  EXPECT_TRUE(silent.closed());
  EXPECT_TRUE(drip.closed());
  done = true;
  dripping.join();
}

TEST_F(HttpServerTest, RefusesMoreConnectionsThanTheLimit) {
  start({.connections = 3});
  std::vector<Client> held;
  for (int i = 0; i < 3; ++i) {
    held.push_back(client());
    held.back().send(get("/ping"));
    ASSERT_TRUE(has(held.back().answer(), "pong"));
  }
  Client one_more = client();
  EXPECT_TRUE(has(one_more.answer(), "HTTP/1.1 503 "));
  EXPECT_TRUE(one_more.closed());
  for (Client& client : held) {
    client.send(get("/ping"));
    EXPECT_TRUE(has(client.answer(), "pong"));
  }
  held.pop_back();
  // The place is free as soon as the server has seen the end of its tenant.
  const auto patience = steady_clock::now() + milliseconds(kPatienceMs);
  bool taken = false;
  while (!taken && steady_clock::now() < patience) taken = has(ask(get("/ping")), "pong");
  EXPECT_TRUE(taken);
}

// One address takes all that it can get and ends no request: it keeps out nobody but itself.
TEST_F(HttpServerTest, ServesOthersWhileOneAddressHoldsAllThatItMay) {
  constexpr std::size_t kItsOwn = 28;  // of 32
  constexpr std::size_t kTooMany = 12;
  start({.connections = 32, .transfer_timeout = milliseconds(2 * kPatienceMs)});
  std::vector<Client> held;
  for (std::size_t i = 0; i < kItsOwn + kTooMany; ++i) {
    held.push_back(client());
    held.back().send("GET /ping HTTP/1.1\r\nHost: loc");
  }
  for (std::size_t i = kItsOwn; i < held.size(); ++i) {
    const std::string answer = held[i].answer();
    EXPECT_TRUE(has(answer, "HTTP/1.1 503 ")) << i << answer;
    EXPECT_TRUE(has(answer, "from this address")) << i << answer;
    EXPECT_TRUE(has(answer, "Retry-After: 1\r\n")) << i << answer;
    EXPECT_TRUE(held[i].closed()) << i;
  }
  for (int i = 0; i < 3; ++i) {
    Client other(server_->bound(), *base::parse_ip("127.0.0.2"));
    ASSERT_TRUE(other.connected());
    other.send(get("/ping"));
    EXPECT_TRUE(has(other.answer(), "pong")) << i;
  }
  const HttpCounters& counters = server_->counters();
  EXPECT_EQ(counters.refused_address.value(), kTooMany);
  EXPECT_EQ(counters.refused_connections.value(), 0U);
  for (std::size_t i = 0; i < kItsOwn; ++i) {
    held[i].send("alhost\r\n\r\n");
    EXPECT_TRUE(has(held[i].answer(), "pong")) << i;
  }
}

}  // namespace
}  // namespace tutti::api
