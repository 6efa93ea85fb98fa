// EventLoopImpl: the library's root, a door for other threads, and timers on a clock of ours (the
// library's own follow the wall clock).
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <set>
#include <utility>

#include "dataplane/base/clock.h"
#include "signaling/sip/event_loop.h"
#include "signaling/sip/sofia_impl.h"

namespace tutti::sip {

struct TimerState {
  // Due time, then the order of arming: equal times fire in the order they were asked for.
  using Key = std::pair<base::Instant, std::uint64_t>;

  EventLoopImpl* loop = nullptr;  // null: not armed
  Key key;
  base::Duration period{0};  // 0: one shot
  std::function<void()> work;
};

struct TimerOrder {
  bool operator()(const std::shared_ptr<TimerState>& a, const std::shared_ptr<TimerState>& b) const {
    return a->key < b->key;
  }
};

struct EventLoopImpl {
  explicit EventLoopImpl(EventLoop::Clock clock);
  EventLoopImpl(const EventLoopImpl&) = delete;
  EventLoopImpl& operator=(const EventLoopImpl&) = delete;
  ~EventLoopImpl();

  // One wait of at most `longest` and everything that is due after it; false once asked to stop.
  bool turn(base::Duration longest);
  void wake() const noexcept;
  void arm(const std::shared_ptr<TimerState>& timer, base::Instant due);

  const EventLoop::Clock now;
  su_root_t* root = nullptr;
  int wake_fd = -1;
  int wake_index = -1;
  std::atomic<bool> stopped{false};
  std::mutex mutex;
  std::deque<std::function<void()>> posted;                  // under mutex
  std::set<std::shared_ptr<TimerState>, TimerOrder> timers;  // armed ones, their keys do not change
  std::uint64_t armed = 0;

 private:
  bool run_posted();
  bool run_timers();
};

}  // namespace tutti::sip
