#include "signaling/api/http_connection.h"

#include <algorithm>
#include <charconv>
#include <chrono>

#include "dataplane/base/clock.h"
#include "signaling/api/access.h"
#include "signaling/api/host_check.h"

namespace tutti::api {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using asio::ip::tcp;

// Source: RFC 9110, 15.3.5 and 15.4.5.
bool bodiless(const Response& response) {
  return response.status == 204 || response.status == 304;
}

constexpr std::string_view kGoOn = "HTTP/1.1 100 Continue\r\n\r\n";

// For a client to take what was written last.
constexpr std::chrono::milliseconds kLinger{1'000};

// A page of a foreign site must not reach in from its reader's browser; our own and non-browsers may.
bool foreign_origin(const http::fields& headers) {
  const auto origin = headers.find(http::field::origin);
  if (origin == headers.end()) return false;
  const std::string host(headers[http::field::host]);
  return !beast::iequals(origin->value(), "http://" + host) &&
         !beast::iequals(origin->value(), "https://" + host);
}

base::SocketAddress peer_of(const tcp::socket& socket) {
  boost::system::error_code error;
  const tcp::endpoint peer = socket.remote_endpoint(error);
  if (error) return {};
  return base::from_sockaddr(peer.data(), static_cast<socklen_t>(peer.size()));
}

// Where a body ends that this server cannot tell would be where the next request begins. Source: RFC
// 9112, 6.1 and 6.3.
std::optional<Response> coding_fault(const http::request<http::string_body>& message) {
  const auto codings = message.count(http::field::transfer_encoding);
  if (codings == 0) return std::nullopt;
  if (message.version() < 11) return problem(400, "HTTP/1.0 has no Transfer-Encoding.");
  if (codings == 1 && beast::iequals(message[http::field::transfer_encoding], "chunked")) return std::nullopt;
  return problem(501, "Of Transfer-Encodings this server knows \"chunked\" alone.");
}

// What is asked for that this server cannot do. Source: RFC 9110, 10.1.1, 12.5.3 and 15.5.16.
std::optional<Response> demand_fault(const http::request<http::string_body>& message, bool has_body) {
  const auto each_is = [&](http::field field, beast::string_view value) {
    const auto [first, end] = message.equal_range(field);
    return std::all_of(first, end, [&](const auto& one) {
      return one.value().empty() || beast::iequals(one.value(), value);
    });
  };
  if (message.version() >= 11 && !each_is(http::field::expect, "100-continue")) {
    return problem(417, "Of expectations this server meets \"100-continue\" alone.");
  }
  if (!has_body || each_is(http::field::content_encoding, "identity")) return std::nullopt;
  Response response = problem(415, "The body must be sent as it is, without a Content-Encoding.");
  response.headers.emplace_back("Accept-Encoding", "identity");
  return response;
}

Response later(int status, std::string_view detail, std::string_view path) {
  Response response = problem(status, detail, path);
  response.headers.emplace_back("Retry-After", "1");
  return response;
}

}  // namespace

HttpConnection::HttpConnection(tcp::socket socket, HttpShared& shared)
    : shared_(shared),
      stream_(std::move(socket)),
      client_(peer_of(stream_.socket())),
      place_(shared.bound.try_enter(client_)),
      deadline_(stream_.get_executor()) {
  shared_.connections.insert(this);
  shared_.counters.open_connections.add(1);
  Error ignored;
  stream_.socket().set_option(tcp::no_delay(true), ignored);  // an answer is one write
}

HttpConnection::~HttpConnection() {
  if (place_ == base::ConnectionBound::Answer::kTaken) shared_.bound.leave(client_);
  shared_.connections.erase(this);
  shared_.counters.open_connections.add(-1);
}

void HttpConnection::begin() {
  if (place_ == base::ConnectionBound::Answer::kTaken) {
    shared_.counters.connections.add();
    return read();
  }
  const bool of_client = place_ == base::ConnectionBound::Answer::kNoPlaceForClient;
  (of_client ? shared_.counters.refused_address : shared_.counters.refused_connections).add();
  // As many again may wait for their refusal; those beyond are closed without a word.
  if (shared_.connections.size() - shared_.bound.taken() > shared_.limits.connections) return;
  refuse(later(503, of_client ? "Too many connections from this address." : "Too many connections.", ""));
}

void HttpConnection::read() {
  parser_.emplace();
  head_ = false;
  parser_->header_limit(shared_.limits.header_bytes);
  parser_->body_limit(shared_.limits.body_bytes);
  stream_.expires_after(shared_.limits.transfer_timeout);
  http::async_read_header(stream_, buffer_, *parser_,
                          [self = shared_from_this()](Error error, std::size_t) { self->on_head(error); });
}

void HttpConnection::on_head(Error error) {
  if (error) return on_read(error);
  const Message& message = parser_->get();
  head_ = message.method() == http::verb::head;
  if (const auto fault = coding_fault(message)) return refuse(*fault);
  if (const auto fault = demand_fault(message, !parser_->is_done())) return refuse(*fault);
  // Source: RFC 9110, 10.1.1; nobody waits who has sent the body already.
  const bool waits = message.version() >= 11 && !parser_->is_done() && buffer_.size() == 0 &&
                     beast::iequals(message[http::field::expect], "100-continue");
  if (!waits) return read_body();
  asio::async_write(stream_, asio::buffer(kGoOn), [self = shared_from_this()](Error failed, std::size_t) {
    if (!failed) self->read_body();
  });
}

void HttpConnection::read_body() {
  http::async_read(stream_, buffer_, *parser_,
                   [self = shared_from_this()](Error error, std::size_t) { self->on_read(error); });
}

void HttpConnection::close() {
  body_ = nullptr;
  deadline_.cancel();
  stream_.close();
}

void HttpConnection::refuse(const Response& response) {
  keep_alive_ = false;
  write(response);
}

void HttpConnection::on_read(Error error) {
  if (error == http::error::header_limit) return refuse(problem(431, "The header is too long."));
  if (error == http::error::body_limit) return refuse(problem(413, "The body is too long."));
  if (error == http::error::end_of_stream) return linger();
  if (error.category() == make_error_code(http::error::end_of_stream).category()) {
    return refuse(problem(400, "This is not an HTTP request: " + error.message() + "."));
  }
  if (error) return;  // timed out or gone
  take(parser_->get());
}

std::optional<HttpConnection::Refusal> HttpConnection::find_fault(const Message& message,
                                                                  const RequestTarget& target) {
  const std::string& path = target.path;
  if (!shared_.rate.try_ask(client_, base::monotonic_now())) {
    shared_.counters.refused_rate.add();
    return Refusal{later(429, "This address asks too often.", path)};
  }
  if (message.version() >= 11 && message.count(http::field::host) != 1) {
    return Refusal{problem(400, "HTTP/1.1 requires one Host header.", path), true};
  }
  // Only HTTP/1.0 may leave it out, and no browser speaks that.
  const std::string host =
      !target.authority.empty() ? target.authority : std::string(message[http::field::host]);
  const bool named = !target.authority.empty() || message.count(http::field::host) != 0;
  if (named && !is_own_host(host, shared_.limits.host_name)) {
    return Refusal{
        problem(421, "Host is neither an address, nor localhost, nor the name in http.name.", path), true};
  }
  if (foreign_origin(message)) {
    return Refusal{problem(403, "Requests of other origins are not taken.", path), true};
  }
  return std::nullopt;
}

void HttpConnection::take(Message& message) {
  shared_.counters.requests.add();
  keep_alive_ = message.keep_alive();
  chunked_ = message.version() >= 11;
  RequestTarget target = parse_target(std::string(message.target()));
  if (const auto fault = find_fault(message, target)) {
    return fault->close ? refuse(fault->response) : write(fault->response);
  }
  Request request{.method = std::string(head_ ? "GET" : message.method_string()),
                  .path = std::move(target.path),
                  .query = std::move(target.query),
                  .content_type = std::string(message[http::field::content_type]),
                  .if_none_match = std::string(message[http::field::if_none_match]),
                  .last_event_id = std::string(message["Last-Event-ID"]),
                  .body = std::move(message.body())};
  auto match = shared_.gate->router.find(request.method, request.path);
  // Who has no token learns not even what there is.
  const Reach reach = match ? match->route->reach : Reach::kToken;
  const std::string authorization(message[http::field::authorization]);
  if (!may_ask(authorization, shared_.limits.token, reach, client_)) {
    shared_.counters.refused_token.add();
    Response response = problem(401, "This needs a token: Authorization: Bearer TOKEN.", request.path);
    response.headers.emplace_back("WWW-Authenticate", "Bearer realm=\"tutti\"");
    return write(response);
  }
  if (!match) return write(match.error());
  request.parameters = std::move(match->parameters);
  ask(match->route->handler, std::move(request));
}

void HttpConnection::ask(const Handler& handler, Request request) {
  const std::uint64_t question = ++question_;
  stream_.expires_never();
  path_ = request.path;
  wait_for_answer(question, shared_.limits.answer_timeout);
  shared_.post([gate = shared_.gate, handler = &handler, self = weak_from_this(), question,
                request = std::move(request)] {
    if (!gate->open()) return;
    Response response;
    try {
      response = (*handler)(request);
    } catch (const std::exception&) {
      response = problem(500, "The request could not be carried out.", request.path);
    }
    const auto give = [gate, self, question](Response given) {
      gate->post([self, question, given = std::move(given)] {
        if (const auto alive = self.lock()) alive->on_answer(question, given);
      });
    };
    if (!response.later) return give(std::move(response));
    gate->post([self, question] {
      if (const auto alive = self.lock()) alive->wait_longer(question);
    });
    response.later(give);
  });
}

void HttpConnection::wait_for_answer(std::uint64_t question, std::chrono::milliseconds patience) {
  deadline_.expires_after(patience);
  deadline_.async_wait([self = shared_from_this(), question](Error error) {
    if (error || question != self->question_) return;
    if (self->deadline_.expiry() > std::chrono::steady_clock::now()) return;  // it was put off meanwhile
    self->on_answer(question, later(503, "The control plane did not answer in time.", self->path_));
  });
}

void HttpConnection::wait_longer(std::uint64_t question) {
  if (question == question_) wait_for_answer(question, shared_.limits.later_timeout);
}

void HttpConnection::on_answer(std::uint64_t question, const Response& response) {
  if (question != question_) return;
  ++question_;  // what comes later is for nobody
  deadline_.cancel();
  write(response);
}

void HttpConnection::describe(const Response& response) {
  response_ = {};
  response_.version(11);
  response_.result(static_cast<unsigned>(response.status));
  response_.set(http::field::server, "Tutti");
  if (!bodiless(response)) response_.set(http::field::content_type, response.content_type);
  response_.set(http::field::cache_control, "no-store");
  response_.set("X-Content-Type-Options", "nosniff");
  for (const auto& [name, value] : response.headers) response_.set(name, value);
}

void HttpConnection::write(const Response& response) {
  shared_.counters.answers.add(response.status);
  if (response.stream) return begin_stream(response);
  describe(response);
  if (!bodiless(response)) response_.content_length(response.body.size());
  if (!head_) response_.body() = response.body;
  response_.keep_alive(keep_alive_);
  stream_.expires_after(shared_.limits.transfer_timeout);
  http::async_write(stream_, response_, [self = shared_from_this()](Error error, std::size_t) {
    if (error) return;
    self->keep_alive_ ? self->read() : self->linger();
  });
}

void HttpConnection::begin_stream(const Response& response) {
  describe(response);
  response_.chunked(chunked_);
  response_.keep_alive(false);
  serializer_.emplace(response_);
  stream_.expires_after(shared_.limits.transfer_timeout);
  http::async_write_header(stream_, *serializer_,
                           [self = shared_from_this(), body = response.stream](Error error, std::size_t) {
                             if (error) return;
                             if (self->head_) return self->linger();
                             self->body_ = body;
                             // What a client sends now is for nobody, but its end is a client gone.
                             self->stream_.expires_never();
                             self->discard();
                             body->start([gate = self->shared_.gate, waiting = self->weak_from_this()] {
                               gate->post([waiting] {
                                 if (const auto alive = waiting.lock()) alive->stream_on();
                               });
                             });
                             self->stream_on();
                           });
}

void HttpConnection::stream_on() {
  if (sending_ || !body_) return;
  BodyStream::Piece piece = body_->next();
  if (piece.bytes.empty() && !piece.last) return await_wake();
  send_piece(std::move(piece));
}

void HttpConnection::send_piece(BodyStream::Piece piece) {
  sending_ = true;
  awaiting_ = false;
  piece_.clear();
  if (chunked_ && !piece.bytes.empty()) {
    char length[20];
    piece_.append(length, std::to_chars(length, length + sizeof length, piece.bytes.size(), 16).ptr);
    piece_.append("\r\n");
  }
  piece_ += piece.bytes;
  if (chunked_ && !piece.bytes.empty()) piece_ += "\r\n";
  if (chunked_ && piece.last) piece_ += "0\r\n\r\n";
  deadline_.cancel();
  stream_.expires_after(shared_.limits.stream_stall);  // of the write: the read is under way
  asio::async_write(stream_, asio::buffer(piece_),
                    [self = shared_from_this(), last = piece.last](Error error, std::size_t) {
                      self->sending_ = false;
                      if (error) return self->close();
                      last ? self->end_stream() : self->stream_on();
                    });
}

void HttpConnection::await_wake() {
  if (awaiting_) return;
  awaiting_ = true;
  deadline_.expires_after(shared_.limits.stream_idle);
  deadline_.async_wait([self = shared_from_this()](Error error) {
    if (error || self->sending_ || !self->body_) return;
    self->send_piece({.bytes = self->body_->sign_of_life()});
  });
}

// As linger(), but that the read is under way.
void HttpConnection::end_stream() {
  body_ = nullptr;
  Error ignored;
  stream_.socket().shutdown(tcp::socket::shutdown_send, ignored);
  deadline_.expires_after(kLinger);
  deadline_.async_wait([self = shared_from_this()](Error) { self->close(); });
}

void HttpConnection::linger() {
  Error ignored;
  stream_.socket().shutdown(tcp::socket::shutdown_send, ignored);
  stream_.expires_after(std::min(shared_.limits.transfer_timeout, kLinger));
  discard();
}

void HttpConnection::discard() {
  stream_.async_read_some(asio::buffer(scratch_), [self = shared_from_this()](Error error, std::size_t) {
    if (!error) return self->discard();
    if (self->body_) self->close();
  });
}

}  // namespace tutti::api
