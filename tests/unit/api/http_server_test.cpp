#include "signaling/api/http_server.h"

#include <atomic>
#include <deque>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace tutti::api {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr int kPatienceMs = 10'000;  // a test that waits so long has failed

base::SocketAddress loopback() {
  return *base::parse_ip("127.0.0.1");
}

// A client that sends any bytes and reads what comes.
class Client {
 public:
  explicit Client(const base::SocketAddress& server) : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_storage address{};
    const socklen_t length = base::to_sockaddr(server, address);
    connected_ = ::connect(fd_, reinterpret_cast<sockaddr*>(&address), length) == 0;
  }
  Client(Client&& other) noexcept : fd_(std::exchange(other.fd_, -1)), connected_(other.connected_) {}
  ~Client() {
    if (fd_ >= 0) ::close(fd_);
  }

  bool connected() const { return connected_; }
  void send(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) return;
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
  }
  void finish() { ::shutdown(fd_, SHUT_WR); }

  // One whole answer, header and body; what came before the end where there is none.
  std::string answer(bool with_body = true) {
    while (true) {
      const std::size_t end = buffer_.find("\r\n\r\n");
      if (end != std::string::npos) {
        std::size_t total = end + 4;
        const std::size_t length = buffer_.find("Content-Length: ");
        if (with_body && length < end) total += std::stoul(buffer_.substr(length + 16));
        if (buffer_.size() >= total) {
          const std::string one = buffer_.substr(0, total);
          buffer_.erase(0, total);
          return one;
        }
      }
      if (!more()) return std::exchange(buffer_, {});
    }
  }
  // True once the server has closed; false when it still is silent at the end of our patience.
  bool closed() {
    while (more()) buffer_.clear();
    return eof_;
  }

 private:
  bool more() {
    pollfd poll{fd_, POLLIN, 0};
    if (::poll(&poll, 1, kPatienceMs) != 1) return false;
    char bytes[4096];
    const ssize_t got = ::recv(fd_, bytes, sizeof bytes, 0);
    if (got <= 0) {
      eof_ = true;
      return false;
    }
    buffer_.append(bytes, static_cast<std::size_t>(got));
    return true;
  }

  int fd_;
  bool connected_ = false;
  bool eof_ = false;
  std::string buffer_;
};

std::string get(std::string_view path, std::string_view headers = "") {
  return "GET " + std::string(path) + " HTTP/1.1\r\nHost: 127.0.0.1\r\n" + std::string(headers) + "\r\n";
}

bool has(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

Router router() {
  Router table;
  table.add("GET", "/ping", [](const Request&) { return Response{200, "text/plain", "pong", {}}; });
  table.add("POST", "/echo", [](const Request& request) {
    return Response{200, "text/plain", request.body + "|" + request.query, {}};
  });
  table.add("GET", "/throw", [](const Request&) -> Response { throw std::runtime_error("no"); });
  return table;
}

HttpServer::Post at_once() {
  return [](std::function<void()> task) { task(); };
}

class HttpServerTest : public testing::Test {
 protected:
  void start(HttpLimits limits = {}, HttpServer::Post post = at_once()) {
    auto started = HttpServer::start(loopback(), router(), std::move(post), limits);
    ASSERT_TRUE(started) << started.error().message();
    server_ = std::move(*started);
  }
  Client client() { return Client(server_->bound()); }
  std::string ask(std::string_view bytes) {
    Client one = client();
    one.send(bytes);
    return one.answer();
  }

  std::unique_ptr<HttpServer> server_;
};

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

TEST_F(HttpServerTest, AnswersHeadWithoutABody) {
  start();
  Client one = client();
  one.send("HEAD /ping HTTP/1.1\r\nHost: localhost\r\n\r\n" + get("/ping"));
  const std::string head = one.answer(false);
  EXPECT_TRUE(has(head, "200 OK") && has(head, "Content-Length: 4\r\n")) << head;
  EXPECT_TRUE(has(one.answer(), "\r\n\r\npong"));
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
