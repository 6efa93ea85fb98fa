#include "tools/ctl/http_client.h"

#include <chrono>
#include <limits>
#include <optional>
#include <utility>

#include <boost/asio/io_context.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <fmt/format.h>

namespace tutti::ctl {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using Request = http::request<http::string_body>;
using boost::system::error_code;

constexpr std::chrono::seconds kStreamPatience{60};  // the server says a comment at least more often
constexpr std::uint64_t kBodyMax = 64ULL << 20;      // a list of 32 768 participants is some 30 MB
constexpr std::size_t kPieceMax = 16'384;

Request make_request(const HttpRequest& request, const base::SocketAddress& server,
                     const std::string& token) {
  Request made(http::string_to_verb(request.method), request.path, 11);
  made.set(http::field::host, base::to_string(server));
  made.set(http::field::user_agent, "tuttictl");
  if (!token.empty()) made.set(http::field::authorization, "Bearer " + token);
  if (!request.body.empty()) made.set(http::field::content_type, request.content_type);
  made.body() = request.body;
  made.prepare_payload();
  return made;
}

// One request's connection: each step runs the context until it is done, has failed, or time is up. The time
// is for all of an answer: one that comes byte by byte would else never end.
class Exchange {
 public:
  Exchange(const base::SocketAddress& server, const Request& request, std::chrono::milliseconds patience)
      : server_(server),
        request_(request),
        stream_(context_),
        deadline_(std::chrono::steady_clock::now() + patience) {
    parser_.body_limit(kBodyMax);
  }

  // The answer may be endless. Before open().
  void expect_much() { parser_.body_limit(std::numeric_limits<std::uint64_t>::max()); }
  // It is: from now on the time is for each step alone.
  void follow() { deadline_.reset(); }

  // Up to the end of the answer's header. Empty where all went well.
  std::string open() {
    const auto address = asio::ip::make_address(base::ip_to_string(server_));
    if (const auto error = wait([&](auto done) {
          stream_.async_connect(asio::ip::tcp::endpoint(address, server_.port), std::move(done));
        })) {
      return fmt::format("cannot connect to {}: {}; is tuttid running, and its [http] listen the same?",
                         base::to_string(server_), error.message());
    }
    if (const auto error = wait([&](auto done) { http::async_write(stream_, request_, std::move(done)); })) {
      return broke(error);
    }
    if (const auto error =
            wait([&](auto done) { http::async_read_header(stream_, buffer_, parser_, std::move(done)); })) {
      return broke(error);
    }
    return {};
  }

  std::string read_all(std::string& body) {
    while (!parser_.is_done()) {
      std::string piece;
      if (const auto error = read_some(piece); error) return broke(error);
      body += piece;
    }
    return {};
  }

  // Some of the body. `timeout` comes back as beast::error::timeout, and the stream cannot be used after it.
  error_code read_some(std::string& piece) {
    piece.resize(kPieceMax);
    parser_.get().body().data = piece.data();
    parser_.get().body().size = piece.size();
    auto error = wait([&](auto done) { http::async_read_some(stream_, buffer_, parser_, std::move(done)); });
    piece.resize(piece.size() - parser_.get().body().size);
    if (error == http::error::need_buffer) error = {};
    return error;
  }

  HttpReply reply() {
    const auto& message = parser_.get();
    return {static_cast<int>(message.result_int()), std::string(message[http::field::content_type]), {}};
  }
  bool done() const { return parser_.is_done(); }
  std::string broke(const error_code& error) const {
    return fmt::format("{} broke off: {}", base::to_string(server_), error.message());
  }

 private:
  template <typename Start>
  error_code wait(Start start) {
    error_code result;
    if (deadline_) {
      stream_.expires_at(*deadline_);
    } else {
      stream_.expires_after(kStreamPatience);
    }
    context_.restart();
    start([&result](const error_code& error, auto&&...) { result = error; });
    context_.run();
    return result;
  }

  const base::SocketAddress server_;
  const Request& request_;
  asio::io_context context_{1};
  beast::tcp_stream stream_;
  std::optional<std::chrono::steady_clock::time_point> deadline_;
  beast::flat_buffer buffer_;
  http::response_parser<http::buffer_body> parser_;
};

}  // namespace

base::Result<base::SocketAddress, std::string> parse_server(std::string_view text) {
  std::string_view rest = text;
  constexpr std::string_view kScheme = "http://";
  if (rest.substr(0, kScheme.size()) == kScheme) rest.remove_prefix(kScheme.size());
  if (!rest.empty() && rest.back() == '/') rest.remove_suffix(1);
  std::string literal(rest);
  constexpr std::string_view kLocalhost = "localhost";
  if (literal == kLocalhost || literal.starts_with("localhost:")) {
    literal.replace(0, kLocalhost.size(), "127.0.0.1");
  }
  if (const auto whole = base::parse_address_and_port(literal); whole && whole->port != 0) return *whole;
  if (const auto bare = base::parse_ip(literal, 8080)) return *bare;
  return base::unexpected(
      fmt::format("--server {}: an address and a port are needed, as in http://127.0.0.1:8080", text));
}

std::string escape(std::string_view segment) {
  std::string out;
  for (const char c : segment) {
    const bool plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                       c == '-' || c == '.' || c == '_' || c == '~';
    if (plain) {
      out += c;
    } else {
      out += fmt::format("%{:02X}", static_cast<unsigned>(static_cast<unsigned char>(c)));
    }
  }
  return out;
}

base::Result<HttpReply, std::string> HttpClient::ask(const HttpRequest& request) const {
  const Request made = make_request(request, server_, token_);
  Exchange exchange(server_, made, patience_);
  if (auto fault = exchange.open(); !fault.empty()) return base::unexpected(std::move(fault));
  HttpReply reply = exchange.reply();
  if (auto fault = exchange.read_all(reply.body); !fault.empty()) return base::unexpected(std::move(fault));
  return reply;
}

base::Result<HttpReply, std::string> HttpClient::follow(
    const HttpRequest& request, const std::function<bool(std::string_view)>& more) const {
  const Request made = make_request(request, server_, token_);
  Exchange exchange(server_, made, patience_);
  exchange.expect_much();
  if (auto fault = exchange.open(); !fault.empty()) return base::unexpected(std::move(fault));
  HttpReply reply = exchange.reply();
  if (reply.status != 200) {
    if (auto fault = exchange.read_all(reply.body); !fault.empty()) return base::unexpected(std::move(fault));
    return reply;
  }
  exchange.follow();
  std::string piece;
  while (!exchange.done()) {
    const auto error = exchange.read_some(piece);
    if (error && error != http::error::end_of_stream) return base::unexpected(exchange.broke(error));
    if (!piece.empty() && !more(piece)) break;
    if (error) break;
  }
  return reply;
}

}  // namespace tutti::ctl
