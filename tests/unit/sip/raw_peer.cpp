#include "tests/unit/sip/raw_peer.h"

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <utility>

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

namespace tutti::sip {

using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

std::string header(std::string_view message, std::string_view name) {
  const std::string line = "\r\n" + std::string(name) + ":";
  const auto at = std::search(message.begin(), message.end(), line.begin(), line.end(), [](char a, char b) {
    return std::tolower(static_cast<unsigned char>(a)) == std::tolower(static_cast<unsigned char>(b));
  });
  if (at == message.end()) return {};
  std::string_view value = message.substr(static_cast<std::size_t>(at - message.begin()) + line.size());
  value = value.substr(0, value.find("\r\n"));
  const auto first = value.find_first_not_of(' ');
  return first == std::string_view::npos ? std::string() : std::string(value.substr(first));
}

std::string body(std::string_view message) {
  const auto end = message.find("\r\n\r\n");
  return end == std::string_view::npos ? std::string() : std::string(message.substr(end + 4));
}

int status_of(std::string_view message) {
  return message.substr(0, 8) == "SIP/2.0 " ? std::atoi(std::string(message.substr(8, 3)).c_str()) : 0;
}

bool is_request(std::string_view message, std::string_view method) {
  return message.substr(0, method.size()) == method && message.substr(method.size(), 1) == " ";
}

Peer::Peer(EventLoop& loop, const base::SocketAddress& server, bool tcp, const base::SocketAddress& from)
    : loop_(loop), tcp_(tcp) {
  sockaddr_storage storage{};
  fd_ = socket(AF_INET, (tcp ? SOCK_STREAM : SOCK_DGRAM) | SOCK_CLOEXEC, 0);
  if (const socklen_t own = base::to_sockaddr(from, storage);
      from.valid() && bind(fd_, reinterpret_cast<sockaddr*>(&storage), own) != 0) {
    ADD_FAILURE() << "bind: " << std::strerror(errno);
  }
  const socklen_t length = base::to_sockaddr(server, storage);
  if (connect(fd_, reinterpret_cast<sockaddr*>(&storage), length) != 0) {
    ADD_FAILURE() << "connect: " << std::strerror(errno);
  }
  socklen_t name_length = sizeof storage;
  getsockname(fd_, reinterpret_cast<sockaddr*>(&storage), &name_length);
  address_ = base::from_sockaddr(reinterpret_cast<sockaddr*>(&storage), name_length);
}

Peer::~Peer() {
  close();
}

void Peer::close() {
  if (fd_ >= 0) ::close(fd_);
  fd_ = -1;
}

void Peer::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent >= 0) {
      bytes.remove_prefix(static_cast<std::size_t>(sent));
      if (!tcp_) return;
    } else if (errno == EAGAIN) {
      loop_.step(milliseconds(5));  // let the server read
    } else {
      return;  // closed by the server: the test looks for that
    }
  }
}

bool Peer::read_some() {
  if (fd_ < 0) return false;
  std::string buffer(70'000, '\0');
  const ssize_t got = recv(fd_, buffer.data(), buffer.size(), MSG_DONTWAIT);
  if (got == 0 && tcp_) end_of_stream_ = true;
  if (got < 0 && errno != EAGAIN && errno != ECONNREFUSED) end_of_stream_ = true;
  if (got <= 0) return false;
  buffer.resize(static_cast<std::size_t>(got));
  if (tcp_) {
    stream_ += buffer;
  } else {
    datagrams_.push_back(std::move(buffer));
  }
  return true;
}

std::string Peer::take_message() {
  if (!tcp_) {
    if (datagrams_.empty()) return {};
    std::string message = std::move(datagrams_.front());
    datagrams_.erase(datagrams_.begin());
    return message;
  }
  const auto end = stream_.find("\r\n\r\n");
  if (end == std::string::npos) return {};
  const auto length =
      static_cast<std::size_t>(std::atoi(header(stream_.substr(0, end + 2), "Content-Length").c_str()));
  if (stream_.size() < end + 4 + length) return {};
  std::string message = stream_.substr(0, end + 4 + length);
  stream_.erase(0, end + 4 + length);
  return message;
}

std::string Peer::next(milliseconds timeout) {
  const auto deadline = Clock::now() + timeout;
  for (;;) {
    while (read_some()) {
    }
    if (std::string message = take_message(); !message.empty()) return message;
    if (Clock::now() >= deadline) return {};
    loop_.step(milliseconds(2));
  }
}

std::string Peer::expect(int status, std::string_view method, std::string_view call_id) {
  std::string seen;
  for (;;) {
    std::string message = next();
    if (message.empty()) {
      ADD_FAILURE() << "no " << status << " to " << method << ", but:\n" << seen;
      return {};
    }
    const std::string cseq = header(message, "CSeq");
    const bool ours = call_id.empty() || header(message, "Call-ID") == call_id;
    if (ours && status_of(message) == status && cseq.substr(cseq.find(' ') + 1) == method) return message;
    seen += message.substr(0, message.find("\r\n")) + "  [" + cseq + "]\n";
  }
}

std::string Peer::expect_request(std::string_view method) {
  std::string seen;
  for (;;) {
    std::string message = next();
    if (message.empty()) {
      ADD_FAILURE() << "no " << method << ", but:\n" << seen;
      return {};
    }
    if (is_request(message, method)) return message;
    seen += message.substr(0, message.find("\r\n")) + "\n";
  }
}

bool Peer::closed() {
  const auto deadline = Clock::now() + kPatience;
  while (!end_of_stream_ && Clock::now() < deadline) {
    if (!read_some()) loop_.step(milliseconds(2));
  }
  return end_of_stream_;
}

RawCall::RawCall(Peer& peer, std::string the_user) : user(std::move(the_user)), peer_(peer) {
  static int calls = 0;
  const std::string number = std::to_string(++calls);
  call_id = "call-" + number + "@test";
  from_tag = "tag" + number;
  contact = "<sip:raw@" + base::to_string(peer.address()) + (peer.tcp() ? ";transport=tcp>" : ">");
  to_ = "<sip:" + user + "@127.0.0.1>";
}

std::string RawCall::write(const std::string& method, int number, const std::string& branch,
                           const Extra& extra) {
  std::string out = method + " sip:" + user + "@127.0.0.1 SIP/2.0\r\n";
  out += "Via: SIP/2.0/" + std::string(peer_.via()) + " " + base::to_string(peer_.address()) +
         ";rport;branch=" + branch + "\r\n";
  out += "Max-Forwards: 70\r\nFrom: \"A \\\"B\\\"\" <sip:alice@example.com>;tag=" + from_tag +
         "\r\nTo: " + to_ + "\r\nCall-ID: " + call_id + "\r\nCSeq: " + std::to_string(number) + " " + method +
         "\r\n";
  if (method == "INVITE" || method == "UPDATE") out += "Contact: " + contact + "\r\n";
  out += extra.headers;
  if (!extra.body.empty() && !extra.content_type.empty())
    out += "Content-Type: " + extra.content_type + "\r\n";
  return out + "Content-Length: " + std::to_string(extra.body.size()) + "\r\n\r\n" + extra.body;
}

std::string RawCall::request(const std::string& method, const Extra& extra) {
  ++cseq;
  return write(method, cseq, "z9hG4bK-" + from_tag + "-" + std::to_string(cseq), extra);
}

std::string RawCall::invite(const Extra& extra) {
  std::string out = request("INVITE", extra);
  invite_cseq_ = cseq;
  invite_branch_ = "z9hG4bK-" + from_tag + "-" + std::to_string(cseq);
  return out;
}

std::string RawCall::ack(const Extra& extra) {
  return write("ACK", invite_cseq_, invite_branch_ + "-ack", extra);
}

std::string RawCall::cancel() {
  return write("CANCEL", invite_cseq_, invite_branch_, {});
}

std::string RawCall::answer(std::string_view request, int status, const Extra& extra) {
  std::string out = "SIP/2.0 " + std::to_string(status) + " Canned\r\n";
  for (const char* name : {"Via", "From", "To", "Call-ID", "CSeq"}) {
    out += std::string(name) + ": " + header(request, name);
    if (std::string_view(name) == "To" && out.find(";tag=", out.rfind("To: ")) == std::string::npos) {
      out += ";tag=" + from_tag;
    }
    out += "\r\n";
  }
  out += "Contact: " + contact + "\r\n" + extra.headers;
  if (!extra.body.empty()) out += "Content-Type: " + extra.content_type + "\r\n";
  return out + "Content-Length: " + std::to_string(extra.body.size()) + "\r\n\r\n" + extra.body;
}

std::string RawCall::establish(const Extra& extra) {
  peer_.send(invite(extra));
  std::string answer = peer_.expect(200, "INVITE", call_id);
  learn(answer);
  peer_.send(ack());
  return answer;
}

}  // namespace tutti::sip
