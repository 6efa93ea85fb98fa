// EventLoop: the signaling thread's loop; all of signaling happens inside one of its callbacks.
#pragma once

#include <chrono>
#include <functional>
#include <memory>

#include "dataplane/base/clock.h"

namespace tutti::sip {

struct EventLoopImpl;  // the SIP library's root object; only this module's *_impl files look inside
struct TimerState;

// Timer: a promise to be called; destroying or cancelling it takes the promise back.
// Thread: the loop's. May be destroyed inside its own callback. Must not outlive the loop.
class Timer {
 public:
  Timer() noexcept;  // idle
  Timer(Timer&&) noexcept;
  Timer& operator=(Timer&&) noexcept;
  ~Timer();

  void cancel() noexcept;
  // True until a one-shot timer has fired; a periodic one is active until cancelled.
  bool active() const noexcept;

 private:
  friend class EventLoop;
  explicit Timer(std::shared_ptr<TimerState> state) noexcept;
  std::shared_ptr<TimerState>
      state_;  // null: idle; shared with the loop while it is armed, and while it fires
};

class EventLoop {
 public:
  // What timers go by.
  using Clock = base::Instant (*)();

  explicit EventLoop(Clock clock = &base::monotonic_now);
  EventLoop(const EventLoop&) = delete;
  EventLoop& operator=(const EventLoop&) = delete;
  // Work posted and not yet done is dropped. Thread: the one that made it.
  ~EventLoop();

  // Works until stop(); the thread that calls it is the loop's thread, and must have made the loop.
  void run();
  // Makes run() return after the callback under way. A stop() before run() makes that run() return at once.
  // Thread: any, and signal handlers (an atomic store and a write(2)).
  void stop() noexcept;
  // Waits up to `timeout` for something to do, does what is due, returns; for tests. Thread: the loop's.
  void step(std::chrono::milliseconds timeout);

  // Has `work` called in the loop's thread, in the order of the posts. Thread: any.
  void post(std::function<void()> work);

  // Calls `work` once, `delay` from now. Units: milliseconds, the resolution. Thread: the loop's.
  [[nodiscard]] Timer after(std::chrono::milliseconds delay, std::function<void()> work);
  // Calls `work` every `period`, > 0, without drift; turns missed while the loop was busy are skipped.
  // Thread: the loop's.
  [[nodiscard]] Timer every(std::chrono::milliseconds period, std::function<void()> work);

  EventLoopImpl& impl() noexcept { return *impl_; }

 private:
  std::unique_ptr<EventLoopImpl> impl_;
};

}  // namespace tutti::sip
