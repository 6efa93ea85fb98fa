// ServiceManager: tells systemd, where that started this program as a service of Type=notify, how it is
// doing. Source: sd_notify(3).
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <utility>

#include "dataplane/base/clock.h"
#include "dataplane/net/rate_limit.h"

namespace tutti::server {

// Thread: any. Never waits: what systemd does not take is not told.
class ServiceManager {
 public:
  static constexpr base::Duration kStatusEvery = std::chrono::seconds(10);

  // `socket`: a path, or "@" and an abstract name, as in NOTIFY_SOCKET; nobody listens where it is empty.
  explicit ServiceManager(std::string socket) : socket_(std::move(socket)) {}
  // Of this program's environment, from which it is taken: no child speaks for us.
  static std::string socket_of_environment();

  bool listens() const { return !socket_.empty(); }
  void ready() const { tell("READY=1"); }
  void stopping() const { tell("STOPPING=1"); }
  // One line that `systemctl status` shows; told every kStatusEvery at most. Thread: always the same.
  void status(base::Instant now, std::string_view text);

 private:
  void tell(const std::string& state) const;

  const std::string socket_;
  net::RateLimit statuses_{kStatusEvery, 1};
};

}  // namespace tutti::server
