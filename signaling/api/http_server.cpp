#include "signaling/api/http_server.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <thread>

// The only file that sees Beast: it compiles slowly.
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <pthread.h>

#include "signaling/api/host_check.h"

namespace tutti::api {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using asio::ip::tcp;
using boost::system::error_code;

// What the control thread holds of the server: it may answer long after the server is gone.
struct Gate {
  std::mutex mutex;
  asio::io_context* context = nullptr;  // null once closed
  Router router;

  bool open() {
    const std::lock_guard lock(mutex);
    return context != nullptr;
  }
  template <typename Task>
  void post(Task task) {
    const std::lock_guard lock(mutex);
    if (context != nullptr) asio::post(*context, std::move(task));
  }
};

// What all connections share. Thread: HTTP.
struct Shared {
  HttpLimits limits;
  std::shared_ptr<Gate> gate;
  HttpServer::Post post;
  std::set<class Connection*> connections;
};

// A page of a foreign site must not reach in from its reader's browser; our own and non-browsers may.
bool foreign_origin(const http::fields& headers) {
  const auto origin = headers.find(http::field::origin);
  if (origin == headers.end()) return false;
  const std::string host(headers[http::field::host]);
  return !beast::iequals(origin->value(), "http://" + host) &&
         !beast::iequals(origin->value(), "https://" + host);
}

class Connection : public std::enable_shared_from_this<Connection> {
 public:
  Connection(tcp::socket socket, Shared& shared)
      : shared_(shared), stream_(std::move(socket)), deadline_(stream_.get_executor()) {
    shared_.connections.insert(this);
  }
  ~Connection() { shared_.connections.erase(this); }

  void read() {
    parser_.emplace();
    parser_->header_limit(shared_.limits.header_bytes);
    parser_->body_limit(shared_.limits.body_bytes);
    stream_.expires_after(shared_.limits.transfer_timeout);
    http::async_read(stream_, buffer_, *parser_,
                     [self = shared_from_this()](error_code error, std::size_t) { self->on_read(error); });
  }

  void close() {
    deadline_.cancel();
    stream_.close();
  }

  // Says one thing and closes.
  void refuse(const Response& response) {
    keep_alive_ = false;
    write(response);
  }

 private:
  void on_read(error_code error) {
    if (error == http::error::header_limit) return refuse(problem(431, "The header is too long."));
    if (error == http::error::body_limit) return refuse(problem(413, "The body is too long."));
    if (error == http::error::end_of_stream) return linger();
    if (error.category() == make_error_code(http::error::end_of_stream).category()) {
      return refuse(problem(400, "This is not an HTTP request: " + error.message() + "."));
    }
    if (error) return;  // timed out or gone

    const auto& message = parser_->get();
    keep_alive_ = message.keep_alive();
    head_ = message.method() == http::verb::head;
    if (message.version() >= 11 && message.count(http::field::host) != 1) {
      return refuse(problem(400, "HTTP/1.1 requires one Host header."));
    }
    // Only HTTP/1.0 may leave it out, and no browser speaks that.
    if (message.count(http::field::host) != 0 &&
        !is_own_host(std::string(message[http::field::host]), shared_.limits.host_name)) {
      return refuse(problem(421, "Host is neither an address, nor localhost, nor the name in http.name."));
    }
    if (foreign_origin(message)) return refuse(problem(403, "Requests of other origins are not taken."));
    const std::string target(message.target());
    const std::size_t mark = target.find('?');
    ask({.method = std::string(head_ ? "GET" : message.method_string()),
         .path = target.substr(0, mark),
         .query = mark == std::string::npos ? "" : target.substr(mark + 1),
         .body = std::move(parser_->get().body())});
  }

  // Hands the request to the control thread; its answer or the deadline comes first, and counts.
  void ask(Request request) {
    const auto handler = shared_.gate->router.find(request);
    if (!handler) return write(handler.error());
    const std::uint64_t question = ++question_;
    stream_.expires_never();
    deadline_.expires_after(shared_.limits.answer_timeout);
    deadline_.async_wait([self = shared_from_this(), question](error_code error) {
      if (error || question != self->question_) return;
      Response response = problem(503, "The control plane did not answer in time.");
      response.headers.emplace_back("Retry-After", "1");
      self->on_answer(question, response);
    });
    shared_.post([gate = shared_.gate, handler = *handler, self = weak_from_this(), question,
                  request = std::move(request)] {
      if (!gate->open()) return;
      Response response;
      try {
        response = (*handler)(request);
      } catch (const std::exception&) {
        response = problem(500, "The request could not be carried out.");
      }
      gate->post([self, question, response = std::move(response)] {
        if (const auto alive = self.lock()) alive->on_answer(question, response);
      });
    });
  }

  void on_answer(std::uint64_t question, const Response& response) {
    if (question != question_) return;
    ++question_;  // what comes later is for nobody
    deadline_.cancel();
    write(response);
  }

  void write(const Response& response) {
    response_ = {};
    response_.version(11);
    response_.result(static_cast<unsigned>(response.status));
    response_.set(http::field::server, "Tutti");
    response_.set(http::field::content_type, response.content_type);
    response_.set(http::field::cache_control, "no-store");
    for (const auto& [name, value] : response.headers) response_.set(name, value);
    response_.content_length(response.body.size());
    if (!head_) response_.body() = response.body;
    response_.keep_alive(keep_alive_);
    stream_.expires_after(shared_.limits.transfer_timeout);
    http::async_write(stream_, response_, [self = shared_from_this()](error_code error, std::size_t) {
      if (error) return;
      self->keep_alive_ ? self->read() : self->linger();
    });
  }

  // Closes so that the answer arrives: closing with unread bytes resets, and a reset overtakes the answer.
  void linger() {
    error_code ignored;
    stream_.socket().shutdown(tcp::socket::shutdown_send, ignored);
    stream_.expires_after(std::min(shared_.limits.transfer_timeout, std::chrono::milliseconds(1'000)));
    discard();
  }
  void discard() {
    stream_.async_read_some(asio::buffer(scratch_),
                            [self = shared_from_this()](error_code error, std::size_t) {
                              if (!error) self->discard();
                            });
  }

  Shared& shared_;
  beast::tcp_stream stream_;
  beast::flat_buffer buffer_{128 * 1024};  // a header, a body and what is pipelined behind them
  std::optional<http::request_parser<http::string_body>> parser_;
  http::response<http::string_body> response_;
  asio::steady_timer deadline_;
  std::uint64_t question_ = 0;
  bool keep_alive_ = false;
  bool head_ = false;
  std::array<char, 4'096> scratch_{};
};

}  // namespace

class HttpServer::Impl {
 public:
  Impl(Router router, Post post, HttpLimits limits) {
    shared_.limits = limits;
    shared_.post = std::move(post);
    shared_.gate = std::make_shared<Gate>();
    shared_.gate->context = &context_;
    shared_.gate->router = std::move(router);
  }

  ~Impl() {
    {
      const std::lock_guard lock(shared_.gate->mutex);
      shared_.gate->context = nullptr;
    }
    if (!thread_.joinable()) return;
    asio::post(context_, [this] {
      error_code ignored;
      acceptor_.close(ignored);
      again_.cancel();
      const auto connections = shared_.connections;
      for (Connection* connection : connections) connection->close();
    });
    thread_.join();
  }

  std::error_code listen(const base::SocketAddress& address) {
    sockaddr_storage storage{};
    const socklen_t length = base::to_sockaddr(address, storage);
    tcp::endpoint endpoint;
    endpoint.resize(length);
    std::memcpy(endpoint.data(), &storage, length);
    error_code error;
    acceptor_.open(endpoint.protocol(), error);
    if (!error) acceptor_.set_option(tcp::acceptor::reuse_address(true), error);
    if (!error) acceptor_.bind(endpoint, error);
    if (!error) acceptor_.listen(asio::socket_base::max_listen_connections, error);
    if (!error) endpoint = acceptor_.local_endpoint(error);
    if (error) return error;
    bound = base::from_sockaddr(endpoint.data(), static_cast<socklen_t>(endpoint.size()));
    accept();
    thread_ = std::thread([this] {
      pthread_setname_np(pthread_self(), "http");
      context_.run();
    });
    return {};
  }

  base::SocketAddress bound;

 private:
  void accept() {
    acceptor_.async_accept([this](error_code error, tcp::socket socket) {
      if (!acceptor_.is_open()) return;
      if (error) return accept_later();
      const bool full = shared_.connections.size() >= shared_.limits.connections;
      const auto connection = std::make_shared<Connection>(std::move(socket), shared_);
      // Twice as many is the end: those beyond may wait for their refusal, but not without bound.
      if (shared_.connections.size() <= 2 * shared_.limits.connections) {
        full ? connection->refuse(problem(503, "Too many connections.")) : connection->read();
      }
      accept();
    });
  }

  // Out of descriptors, most likely: they come back, and asking at once would spin.
  void accept_later() {
    again_.expires_after(std::chrono::milliseconds(100));
    again_.async_wait([this](error_code error) {
      if (!error && acceptor_.is_open()) accept();
    });
  }

  Shared shared_;  // before the context, whose handlers hold connections
  asio::io_context context_{1};
  tcp::acceptor acceptor_{context_};
  asio::steady_timer again_{context_};
  std::thread thread_;
};

HttpServer::HttpServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
HttpServer::~HttpServer() = default;

base::Result<std::unique_ptr<HttpServer>, std::error_code> HttpServer::start(
    const base::SocketAddress& listen, Router router, Post post, HttpLimits limits) {
  auto impl = std::make_unique<Impl>(std::move(router), std::move(post), limits);
  if (const std::error_code error = impl->listen(listen)) return base::unexpected(error);
  return std::unique_ptr<HttpServer>(new HttpServer(std::move(impl)));
}

const base::SocketAddress& HttpServer::bound() const {
  return impl_->bound;
}

}  // namespace tutti::api
