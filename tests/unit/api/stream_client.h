// StreamClient: a client that asks once and reads an answer that goes on, at the pace that the test wants.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "dataplane/base/socket_address.h"

namespace tutti::api {

class StreamClient {
 public:
  static constexpr int kPatienceMs = 60'000;  // a test that waits so long has failed

  // `receive_bytes` 0: as the kernel likes it.
  StreamClient(const base::SocketAddress& server, std::string_view request, int receive_bytes = 0)
      : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    if (receive_bytes != 0) ::setsockopt(fd_, SOL_SOCKET, SO_RCVBUF, &receive_bytes, sizeof receive_bytes);
    sockaddr_storage address{};
    const socklen_t length = base::to_sockaddr(server, address);
    if (::connect(fd_, reinterpret_cast<sockaddr*>(&address), length) != 0) return;
    static_cast<void>(::send(fd_, request.data(), request.size(), MSG_NOSIGNAL));
  }
  ~StreamClient() { ::close(fd_); }
  StreamClient(const StreamClient&) = delete;
  StreamClient& operator=(const StreamClient&) = delete;

  // All that came, chunks undone, once `text` is in it, or what came until the end or our patience's.
  const std::string& read_until(std::string_view text) {
    static_cast<void>(find(text, 0));
    return body_;
  }
  // As above, behind what this found before: for who reads a long answer piece by piece.
  const std::string& read_on_until(std::string_view text) {
    const std::size_t at = find(text, read_);
    if (at != std::string::npos) read_ = at + text.size();
    return body_;
  }
  // And the rest of the event that it is in.
  const std::string& read_event(std::string_view text) {
    const std::size_t at = find(text, 0);
    if (at != std::string::npos) static_cast<void>(find("\n\n", at));
    return body_;
  }
  const std::string& read_all() {
    while (more()) {
    }
    return body_;
  }
  const std::string& head() {
    while (head_.empty() && more()) {
    }
    return head_;
  }
  bool ended() const { return eof_; }

 private:
  std::size_t find(std::string_view text, std::size_t from) {
    while (true) {
      const std::size_t at = body_.find(text, from);
      if (at != std::string::npos) return at;
      const std::size_t seen = body_.size();
      if (!more()) return std::string::npos;
      from = std::max(from, seen - std::min(seen, text.size()));
    }
  }
  bool more() {
    pollfd poll{fd_, POLLIN, 0};
    if (::poll(&poll, 1, kPatienceMs) != 1) return false;
    char bytes[4'096];
    const ssize_t got = ::recv(fd_, bytes, sizeof bytes, 0);
    eof_ = got <= 0;
    if (eof_) return false;
    raw_.append(bytes, static_cast<std::size_t>(got));
    if (head_.empty()) {
      const std::size_t end = raw_.find("\r\n\r\n");
      if (end == std::string::npos) return true;
      head_ = raw_.substr(0, end + 4);
      raw_.erase(0, end + 4);
    }
    if (head_.find("chunked") == std::string::npos) {
      body_ += raw_;
      raw_.clear();
    }
    undo_chunks();
    return true;
  }
  void undo_chunks() {
    while (true) {
      const std::size_t line = raw_.find("\r\n");
      if (line == std::string::npos) return;
      const std::size_t length = std::stoul(raw_.substr(0, line), nullptr, 16);
      if (raw_.size() < line + 2 + length + 2) return;
      body_ += raw_.substr(line + 2, length);
      raw_.erase(0, line + 2 + length + 2);
    }
  }

  const int fd_;
  bool eof_ = false;
  std::string raw_;
  std::string head_;
  std::string body_;
  std::size_t read_ = 0;  // of the body, by read_on_until()
};

}  // namespace tutti::api
