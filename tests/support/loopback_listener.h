// LoopbackListener: a TCP port of the loopback, and a thread that serves its connections one after the other.
#pragma once

#include <functional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "dataplane/base/bound_address.h"
#include "dataplane/base/check.h"

namespace tutti {

class LoopbackListener {
 public:
  // Called with each connection, which is closed after it, or with the listener where it returns false.
  // Thread: its own.
  using Serve = std::function<bool(int connection)>;

  explicit LoopbackListener(Serve serve)
      : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)), serve_(std::move(serve)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    CHECK(::bind(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
    CHECK(::listen(socket_, 16) == 0);
    port_ = std::to_string(base::bound_address(socket_).port);
    thread_ = std::thread([this] { run(); });
  }
  // Waits for the end of serving; not for connections that nobody took.
  ~LoopbackListener() {
    ::shutdown(socket_, SHUT_RDWR);
    thread_.join();
    for (const int connection : kept_) ::close(connection);
    ::close(socket_);
  }
  LoopbackListener(const LoopbackListener&) = delete;
  LoopbackListener& operator=(const LoopbackListener&) = delete;

  const std::string& port() const { return port_; }

 private:
  void run() {
    for (int connection; (connection = ::accept(socket_, nullptr, nullptr)) >= 0;) {
      serve_(connection) ? static_cast<void>(::close(connection)) : kept_.push_back(connection);
    }
  }

  const int socket_;
  const Serve serve_;
  std::string port_;
  std::vector<int> kept_;  // the thread's
  std::thread thread_;
};

}  // namespace tutti
