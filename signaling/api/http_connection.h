// HttpConnection: one client's connection: reads a request, has it answered, writes the answer, again.
// Only http_*.cpp look inside: Beast compiles slowly.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>

#include "dataplane/base/connection_bound.h"
#include "signaling/api/http_server.h"
#include "signaling/api/rate_limiter.h"
#include "signaling/api/request_target.h"

namespace tutti::api {

class HttpConnection;

// What the control thread holds of the server: it may answer long after the server is gone.
struct HttpGate {
  std::mutex mutex;
  boost::asio::io_context* context = nullptr;  // null once closed
  Router router;

  bool open() {
    const std::lock_guard lock(mutex);
    return context != nullptr;
  }
  template <typename Task>
  void post(Task task) {
    const std::lock_guard lock(mutex);
    if (context != nullptr) boost::asio::post(*context, std::move(task));
  }
};

// What all connections share. Thread: HTTP.
struct HttpShared {
  HttpLimits limits;
  RateLimiter rate{0};
  base::ConnectionBound bound;
  HttpCounters counters;
  std::shared_ptr<HttpGate> gate;
  HttpServer::Post post;
  std::set<HttpConnection*> connections;  // also those that are being refused
};

// Thread: HTTP.
class HttpConnection : public std::enable_shared_from_this<HttpConnection> {
 public:
  HttpConnection(boost::asio::ip::tcp::socket socket, HttpShared& shared);
  ~HttpConnection();

  // Serves it, or refuses it for want of a place.
  void begin();
  void close();

 private:
  using Error = boost::system::error_code;
  using Message = boost::beast::http::request<boost::beast::http::string_body>;

  // Waits for the next request: for its head, and for its body once a client that asks first was told to go
  // on.
  void read();
  void on_head(Error error);
  void read_body();
  void on_read(Error error);
  // Says one thing and closes.
  void refuse(const Response& response);
  // The answer that a request gets whatever it asks, and whether the connection ends with it.
  struct Refusal {
    Response response;
    bool close = false;
  };
  std::optional<Refusal> find_fault(const Message& message, const RequestTarget& target);
  void take(Message& message);
  // Hands the request to the control thread; its answer or the deadline comes first, and counts.
  void ask(const Handler& handler, Request request);
  void wait_for_answer(std::uint64_t question, std::chrono::milliseconds patience);
  void wait_longer(std::uint64_t question);  // it is Response::later
  void on_answer(std::uint64_t question, const Response& response);
  // The head of an answer.
  void describe(const Response& response);
  void write(const Response& response);
  // A stream: its head, then piece after piece until it or the client ends it.
  void begin_stream(const Response& response);
  void stream_on();
  void send_piece(BodyStream::Piece piece);
  // Gives a sign of life at last: so long after what was sent last, however often it is woken for nothing.
  void await_wake();
  void end_stream();
  // Closes so that the answer arrives: closing with unread bytes resets, and a reset overtakes the answer.
  void linger();
  void discard();

  HttpShared& shared_;
  boost::beast::tcp_stream stream_;
  base::SocketAddress client_;
  base::ConnectionBound::Answer place_;
  boost::beast::flat_buffer buffer_{128 * 1024};  // a header, a body and what is pipelined behind them
  std::optional<boost::beast::http::request_parser<boost::beast::http::string_body>> parser_;
  boost::beast::http::response<boost::beast::http::string_body> response_;
  std::optional<boost::beast::http::response_serializer<boost::beast::http::string_body>> serializer_;
  boost::asio::steady_timer deadline_;
  std::uint64_t question_ = 0;
  std::string path_;  // that it asks for
  bool keep_alive_ = false;
  bool head_ = false;
  std::shared_ptr<BodyStream> body_;  // where one goes on
  std::string piece_;                 // of it, as it is being sent
  bool sending_ = false;
  bool awaiting_ = false;  // to be woken, or for the time of a sign of life
  bool chunked_ = false;   // HTTP/1.0 knows no chunks: there the end of the connection is the body's
  std::array<char, 4'096> scratch_{};
};

}  // namespace tutti::api
