// Client: sends any bytes to an HTTP server and reads what comes.
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "dataplane/base/socket_address.h"

namespace tutti::api {

inline constexpr int kPatienceMs = 60'000;  // a test that waits so long has failed

inline base::SocketAddress loopback() {
  return *base::parse_ip("127.0.0.1");
}

class Client {
 public:
  // `from`, where it is valid, is the address of ours that it calls from.
  explicit Client(const base::SocketAddress& server, const base::SocketAddress& from = {})
      : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_storage address{};
    if (from.valid()) {
      const socklen_t own = base::to_sockaddr(from, address);
      if (::bind(fd_, reinterpret_cast<sockaddr*>(&address), own) != 0) return;
    }
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
  // So many bytes of what follows.
  std::string take(std::size_t count) {
    while (buffer_.size() < count && more()) {
    }
    const std::string taken = buffer_.substr(0, count);
    buffer_.erase(0, count);
    return taken;
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

inline std::string get(std::string_view path, std::string_view headers = "") {
  return "GET " + std::string(path) + " HTTP/1.1\r\nHost: 127.0.0.1\r\n" + std::string(headers) + "\r\n";
}

inline bool has(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

}  // namespace tutti::api
