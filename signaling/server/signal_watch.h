// SignalWatch: SIGTERM, SIGINT and SIGHUP as calls of a function, on a thread that may do anything.
#pragma once

#include <functional>
#include <thread>

namespace tutti::server {

class SignalWatch {
 public:
  // Keeps the three from interrupting anybody. Thread: the first, before it starts others.
  static void block();

  // Calls `on_signal` with the signal's number, one call after the other. Thread: one of its own.
  explicit SignalWatch(std::function<void(int)> on_signal);
  ~SignalWatch();
  SignalWatch(const SignalWatch&) = delete;
  SignalWatch& operator=(const SignalWatch&) = delete;

 private:
  void watch(const std::function<void(int)>& on_signal) const;

  const int signals_;  // signalfd
  const int end_;      // eventfd
  std::thread thread_;
};

}  // namespace tutti::server
