// Receiver: a scripted receiver of webhooks on the loopback.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <mutex>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <sys/socket.h>

#include "signaling/api/webhooks.h"
#include "tests/support/loopback_listener.h"

namespace tutti::api {

inline constexpr const char* kOk = "HTTP/1.1 204 No Content\r\n\r\n";

// Takes one POST after the other and gives the next scripted answer, or 204; an empty one is silence.
class Receiver {
 public:
  void answer_next(std::string answer) {
    const std::lock_guard lock(mutex_);
    answers_.push_back(std::move(answer));
  }
  // From now on it is silent, or no more.
  void set_dead(bool dead) {
    const std::lock_guard lock(mutex_);
    dead_ = dead;
  }
  // Waits for so many events, gaps included.
  std::vector<nlohmann::json> wait_for(std::size_t count) {
    std::unique_lock lock(mutex_);
    EXPECT_TRUE(changed_.wait_for(lock, std::chrono::seconds(60), [&] { return events_.size() >= count; }));
    return events_;
  }
  std::vector<std::string> requests() {
    const std::lock_guard lock(mutex_);
    return requests_;
  }
  void wait_for_requests(std::size_t count) {
    std::unique_lock lock(mutex_);
    EXPECT_TRUE(changed_.wait_for(lock, std::chrono::seconds(60), [&] { return requests_.size() >= count; }));
  }

  const std::string& port() const { return listener_.port(); }

 private:
  bool serve(int fd) {
    std::string request;
    char bytes[4'096];
    std::size_t total = std::string::npos;
    while (request.size() < total) {
      const ssize_t got = ::recv(fd, bytes, sizeof bytes, 0);
      if (got <= 0) break;
      request.append(bytes, static_cast<std::size_t>(got));
      const std::size_t end = request.find("\r\n\r\n");
      if (end != std::string::npos) {
        total = end + 4 + std::stoul(request.substr(request.find("Content-Length: ") + 16));
      }
    }
    const std::lock_guard lock(mutex_);
    std::string answer = dead_ ? "" : kOk;
    if (!answers_.empty()) {
      answer = answers_.front();
      answers_.pop_front();
    }
    requests_.push_back(request);
    // Who posts may have given up on an answer that was under way, and then the same comes again.
    const std::size_t id = request.find("Tutti-Delivery: ");
    const std::string delivery = request.substr(id, request.find("\r\n", id) - id);
    if (answer.find("HTTP/1.1 2") == 0 && taken_.insert(delivery + body_of(request)).second) {
      const auto body = nlohmann::json::parse(body_of(request));
      for (const auto& event : body["events"]) events_.push_back(event);
    }
    changed_.notify_all();
    if (answer.empty()) return false;
    static_cast<void>(::send(fd, answer.data(), answer.size(), MSG_NOSIGNAL));
    return true;
  }

  static std::string body_of(const std::string& request) {
    return request.substr(request.find("\r\n\r\n") + 4);
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::string> answers_;
  bool dead_ = false;
  std::vector<std::string> requests_;
  std::vector<nlohmann::json> events_;
  std::set<std::string> taken_;
  LoopbackListener listener_{[this](int connection) { return serve(connection); }};  // dies first
};

inline WebhookConfig to(const Receiver& receiver, conference::EventFilter filter = {},
                        const std::string& secret = "") {
  return {*parse_webhook_url("http://127.0.0.1:" + receiver.port() + "/hook?key=1"), std::move(filter),
          secret, ""};
}

// Quick to try again; who answers is waited for.
inline constexpr WebhookTiming kQuick{.timeout = std::chrono::milliseconds(60'000),
                                      .first_retry = std::chrono::milliseconds(2),
                                      .last_retry = std::chrono::milliseconds(20)};

}  // namespace tutti::api
