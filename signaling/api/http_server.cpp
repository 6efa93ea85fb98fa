#include "signaling/api/http_server.h"

#include <cstring>
#include <thread>

#include <pthread.h>

#include "signaling/api/http_connection.h"

namespace tutti::api {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

}  // namespace

class HttpServer::Impl {
 public:
  Impl(Router router, Post post, HttpLimits limits) {
    take_limits(std::move(limits));
    shared_.post = std::move(post);
    shared_.gate = std::make_shared<HttpGate>();
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
      for (HttpConnection* connection : connections) connection->close();
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

  void set_limits(HttpLimits limits) {
    asio::post(context_, [this, limits = std::move(limits)]() mutable { take_limits(std::move(limits)); });
  }
  const HttpCounters& counters() const { return shared_.counters; }

  base::SocketAddress bound;

 private:
  void take_limits(HttpLimits limits) {
    shared_.limits = std::move(limits);
    shared_.rate.set_rate(shared_.limits.requests_per_second);
    shared_.bound.set_limits({shared_.limits.connections, shared_.limits.connections_per_address});
  }

  void accept() {
    acceptor_.async_accept([this](error_code error, tcp::socket socket) {
      if (!acceptor_.is_open()) return;
      if (error) return accept_later();
      std::make_shared<HttpConnection>(std::move(socket), shared_)->begin();
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

  HttpShared shared_;  // before the context, whose handlers hold connections
  asio::io_context context_{1};
  tcp::acceptor acceptor_{context_};
  asio::steady_timer again_{context_};
  std::thread thread_;
};

HttpServer::HttpServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
HttpServer::~HttpServer() = default;

base::Result<std::unique_ptr<HttpServer>, std::error_code> HttpServer::start(
    const base::SocketAddress& listen, Router router, Post post, HttpLimits limits) {
  auto impl = std::make_unique<Impl>(std::move(router), std::move(post), std::move(limits));
  if (const std::error_code error = impl->listen(listen)) return base::unexpected(error);
  return std::unique_ptr<HttpServer>(new HttpServer(std::move(impl)));
}

const base::SocketAddress& HttpServer::bound() const {
  return impl_->bound;
}

void HttpServer::set_limits(HttpLimits limits) {
  impl_->set_limits(std::move(limits));
}

const HttpCounters& HttpServer::counters() const {
  return impl_->counters();
}

}  // namespace tutti::api
