#include "signaling/api/webhook_post.h"

#include <algorithm>
#include <condition_variable>
#include <cstring>
#include <optional>
#include <system_error>
#include <thread>

#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <openssl/x509_vfy.h>

#include "signaling/api/webhook_reply.h"

namespace tutti::api {
namespace {

namespace asio = boost::asio;
namespace ssl = asio::ssl;
using asio::ip::tcp;
using boost::system::error_code;
using Endpoints = std::vector<tcp::endpoint>;

// That its certificate is of the host. Source: RFC 6125, 6; RFC 9110, 4.3.4.
void expect_host(SSL* tls, const std::string& host) {
  // An address where it is one, and then no name is asked for (RFC 6066, 3).
  if (X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(tls), host.c_str()) == 1) return;
  SSL_set_hostflags(tls, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  SSL_set1_host(tls, host.c_str());
  SSL_set_tlsext_host_name(tls, host.c_str());
}

Endpoints endpoints_of(const std::vector<HostAddress>& addresses) {
  Endpoints all;
  for (const HostAddress& address : addresses) {
    tcp::endpoint& endpoint = all.emplace_back();
    std::memcpy(endpoint.data(), &address.storage, address.length);
    endpoint.resize(address.length);
  }
  return all;
}

std::string certificate_fault(long verdict, const std::string& host) {
  if (verdict == X509_V_ERR_HOSTNAME_MISMATCH || verdict == X509_V_ERR_IP_ADDRESS_MISMATCH) {
    return "its certificate is not of " + host;
  }
  return std::string("its certificate is not trusted: ") + X509_verify_cert_error_string(verdict);
}

}  // namespace

// The connection, from its making to the reply's head.
class WebhookPost::Exchange {
 public:
  using Result = base::Result<int, std::string>;

  explicit Exchange(std::string request) : request_(std::move(request)) {}

  Result over_tcp(const Endpoints& endpoints, std::chrono::milliseconds timeout) {
    tcp::socket socket(context_);
    asio::async_connect(socket, endpoints, [&](error_code error, const tcp::endpoint&) {
      error ? fail("cannot connect", error) : write(socket);
    });
    return run(timeout);
  }

  Result over_tls(const Endpoints& endpoints, const std::string& host, const std::string& ca_file,
                  std::chrono::milliseconds timeout) {
    ssl::context tls(ssl::context::tls_client);
    error_code error;
    tls.set_options(ssl::context::no_tlsv1 | ssl::context::no_tlsv1_1, error);
    if (!error) tls.set_verify_mode(ssl::verify_peer, error);
    if (!error && ca_file.empty()) tls.set_default_verify_paths(error);
    if (!error && !ca_file.empty()) tls.load_verify_file(ca_file, error);
    if (error) return base::unexpected("TLS cannot be set up: " + error.message());
    ssl::stream<tcp::socket> stream(context_, tls);
    expect_host(stream.native_handle(), host);
    asio::async_connect(stream.lowest_layer(), endpoints, [&](error_code failed, const tcp::endpoint&) {
      if (failed) return fail("cannot connect", failed);
      stream.async_handshake(ssl::stream_base::client, [&](error_code refused) {
        if (!refused) return write(stream);
        const long verdict = SSL_get_verify_result(stream.native_handle());
        if (verdict != X509_V_OK) return end(base::unexpected(certificate_fault(verdict, host)));
        fail("TLS is not agreed", refused);
      });
    });
    return run(timeout);
  }

  // Thread: any.
  void stop() { context_.stop(); }

 private:
  Result run(std::chrono::milliseconds timeout) {
    asio::steady_timer timer(context_, timeout);
    timer.async_wait([this](error_code error) {
      if (!error) end(base::unexpected(std::string("it does not answer in time")));
    });
    context_.run();
    return result_;
  }

  template <typename Stream>
  void write(Stream& stream) {
    asio::async_write(stream, asio::buffer(request_), [this, &stream](error_code error, std::size_t) {
      error ? fail("cannot send", error) : read(stream);
    });
  }

  template <typename Stream>
  void read(Stream& stream) {
    const std::size_t had = reply_.size();
    reply_.resize(had + 1'024);
    stream.async_read_some(asio::buffer(reply_.data() + had, 1'024),
                           [this, &stream, had](error_code error, std::size_t got) {
                             reply_.resize(had + got);
                             const auto status = find_reply_status(reply_);
                             if (status) return end(*status);
                             if (status.error() == ReplyFault::kBroken) {
                               return end(base::unexpected(std::string("its answer is no HTTP")));
                             }
                             error ? fail("cannot read", error) : read(stream);
                           });
  }

  void fail(const char* what, error_code error) {
    end(base::unexpected(std::string(what) + ": " + error.message()));
  }
  void end(Result result) {
    result_ = std::move(result);
    context_.stop();
  }

  const std::string request_;
  std::string reply_;
  Result result_ = base::unexpected(std::string("stopped"));
  asio::io_context context_{1};
};

// Of a name, by a thread that may be left behind: getaddrinfo(3) cannot be told to stop.
struct WebhookPost::Resolution {
  std::mutex mutex;
  std::condition_variable changed;
  std::optional<base::Result<std::vector<HostAddress>, std::string>> addresses;

  void run(const ResolveHost& resolve, const WebhookUrl& url) {
    auto found = resolve(url.host, url.port);
    const std::lock_guard lock(mutex);
    addresses = std::move(found);
    changed.notify_all();
  }
  bool under_way() {
    const std::lock_guard lock(mutex);
    return !addresses;
  }
};

WebhookPost::WebhookPost(WebhookUrl url, ResolveHost resolve)
    : url_(std::move(url)), resolve_(std::move(resolve)) {}

WebhookPost::~WebhookPost() = default;

void WebhookPost::stop() {
  const std::lock_guard lock(mutex_);
  stopped_ = true;
  if (exchange_ != nullptr) exchange_->stop();
}

base::Result<std::vector<HostAddress>, std::string> WebhookPost::addresses(
    std::chrono::milliseconds timeout) {
  if (resolution_ && resolution_->under_way()) {
    return base::unexpected(std::string("its name is still being resolved"));
  }
  const auto resolution = std::make_shared<Resolution>();
  try {
    std::thread([url = url_, resolve = resolve_, resolution] { resolution->run(resolve, url); }).detach();
  } catch (const std::system_error& error) {
    return base::unexpected("there is no thread to resolve its name: " + error.code().message());
  }
  resolution_ = resolution;
  std::unique_lock lock(resolution->mutex);
  const auto end = std::chrono::steady_clock::now() + timeout;
  // By steps: stop() knows nothing of it.
  while (!resolution->addresses && std::chrono::steady_clock::now() < end) {
    resolution->changed.wait_for(lock, std::chrono::milliseconds(50));
    const std::lock_guard stopping(mutex_);
    if (stopped_) break;
  }
  if (!resolution->addresses) return base::unexpected(std::string("its name is not resolved in time"));
  return *resolution->addresses;
}

base::Result<int, std::string> WebhookPost::send(const Message& message, std::chrono::milliseconds timeout) {
  auto found = addresses(timeout);
  if (!found) return base::unexpected(found.error());
  // One that takes no packets takes all the time there is: the next try begins with the one behind it.
  std::rotate(found->begin(), found->begin() + static_cast<std::ptrdiff_t>(failures_ % found->size()),
              found->end());
  const Endpoints endpoints = endpoints_of(*found);
  std::string request = "POST " + url_.target + " HTTP/1.1\r\nHost: " + url_.authority() +
                        "\r\nUser-Agent: Tutti\r\nConnection: close\r\nContent-Type: application/json\r\n";
  for (const auto& [name, value] : message.headers) request += name + ": " + value + "\r\n";
  request += "Content-Length: " + std::to_string(message.body.size()) + "\r\n\r\n" + message.body;
  Exchange exchange(std::move(request));
  {
    const std::lock_guard lock(mutex_);
    if (stopped_) return base::unexpected(std::string("stopped"));
    exchange_ = &exchange;
  }
  auto result = url_.tls ? exchange.over_tls(endpoints, url_.host, message.ca_file, timeout)
                         : exchange.over_tcp(endpoints, timeout);
  const std::lock_guard lock(mutex_);
  exchange_ = nullptr;
  if (!result) ++failures_;
  return result;
}

}  // namespace tutti::api
