#include "signaling/sip/event_loop.h"

#include <algorithm>

#include <sys/eventfd.h>
#include <unistd.h>

#include "dataplane/base/check.h"
#include "signaling/sip/event_loop_impl.h"

namespace tutti::sip {
namespace {

constexpr base::Duration kLongestWait = std::chrono::seconds(60);

int drain_wake_fd(su_root_magic_t*, su_wait_t* wait, su_wakeup_arg_t*) {
  std::uint64_t count = 0;
  (void)!read(wait->fd, &count, sizeof count);
  return 0;
}

}  // namespace

EventLoopImpl::EventLoopImpl(EventLoop::Clock clock) : now(clock) {
  CHECK(su_init() == 0);
  root = su_root_create(nullptr);
  CHECK(root != nullptr);
  wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
  CHECK(wake_fd >= 0);
  su_wait_t wait = SU_WAIT_INIT;
  CHECK(su_wait_create(&wait, wake_fd, SU_WAIT_IN) == 0);
  wake_index = su_root_register(root, &wait, drain_wake_fd, nullptr, 0);
  CHECK(wake_index > 0);
}

EventLoopImpl::~EventLoopImpl() {
  for (const auto& timer : timers) timer->loop = nullptr;
  timers.clear();
  su_root_deregister(root, wake_index);
  close(wake_fd);
  su_root_destroy(root);
  su_deinit();
}

void EventLoopImpl::wake() const noexcept {
  const std::uint64_t one = 1;
  (void)!write(wake_fd, &one, sizeof one);
}

void EventLoopImpl::arm(const std::shared_ptr<TimerState>& timer, base::Instant due) {
  timer->loop = this;
  timer->key = {due, armed++};
  timers.insert(timer);
}

bool EventLoopImpl::run_posted() {
  for (;;) {
    std::function<void()> work;
    {
      const std::lock_guard lock(mutex);
      if (posted.empty()) return true;
      work = std::move(posted.front());
      posted.pop_front();
    }
    work();
    if (stopped.load(std::memory_order_relaxed)) return false;
  }
}

bool EventLoopImpl::run_timers() {
  const base::Instant due = now();
  while (!timers.empty() && (*timers.begin())->key.first <= due) {
    const std::shared_ptr<TimerState> timer = *timers.begin();  // it may be destroyed by its own work
    timers.erase(timers.begin());
    timer->loop = nullptr;
    if (timer->period.count() > 0) {
      const auto missed = (due - timer->key.first) / timer->period;
      arm(timer, timer->key.first + (missed + 1) * timer->period);
      timer->work();
    } else {
      const std::function<void()> work = std::move(timer->work);
      work();
    }
    if (stopped.load(std::memory_order_relaxed)) return false;
  }
  return true;
}

bool EventLoopImpl::turn(base::Duration longest) {
  base::Duration wait = longest;
  if (!timers.empty()) {
    const base::Duration due = (*timers.begin())->key.first - now();
    wait = std::clamp(due, base::Duration(0), wait);
  }
  {
    const std::lock_guard lock(mutex);
    if (!posted.empty()) wait = base::Duration(0);
  }
  // Rounded up, or the last millisecond before a timer would be spent spinning.
  const auto wait_ms = std::chrono::ceil<std::chrono::milliseconds>(wait).count();
  su_root_step(root, static_cast<su_duration_t>(wait_ms));
  if (stopped.load(std::memory_order_relaxed)) return false;
  return run_posted() && run_timers();
}

Timer::Timer() noexcept = default;
Timer::Timer(std::shared_ptr<TimerState> state) noexcept : state_(std::move(state)) {}
Timer::Timer(Timer&&) noexcept = default;
Timer& Timer::operator=(Timer&& other) noexcept {
  if (this != &other) {
    cancel();
    state_ = std::move(other.state_);
  }
  return *this;
}
Timer::~Timer() {
  cancel();
}

void Timer::cancel() noexcept {
  if (active()) {
    state_->loop->timers.erase(state_);
    state_->loop = nullptr;
  }
  state_.reset();
}
bool Timer::active() const noexcept {
  return state_ && state_->loop != nullptr;
}

EventLoop::EventLoop(Clock clock) : impl_(std::make_unique<EventLoopImpl>(clock)) {}
EventLoop::~EventLoop() = default;

void EventLoop::run() {
  while (!impl_->stopped.load(std::memory_order_relaxed) && impl_->turn(kLongestWait)) {
  }
  impl_->stopped.store(false, std::memory_order_relaxed);
}

void EventLoop::stop() noexcept {
  impl_->stopped.store(true, std::memory_order_relaxed);
  impl_->wake();
}

void EventLoop::step(std::chrono::milliseconds timeout) {
  (void)impl_->turn(timeout);
}

void EventLoop::post(std::function<void()> work) {
  {
    const std::lock_guard lock(impl_->mutex);
    impl_->posted.push_back(std::move(work));
  }
  impl_->wake();
}

Timer EventLoop::after(std::chrono::milliseconds delay, std::function<void()> work) {
  const auto state = std::make_shared<TimerState>();
  state->work = std::move(work);
  impl_->arm(state, impl_->now() + delay);
  return Timer(state);
}

Timer EventLoop::every(std::chrono::milliseconds period, std::function<void()> work) {
  CHECK(period.count() > 0);
  const auto state = std::make_shared<TimerState>();
  state->work = std::move(work);
  state->period = period;
  impl_->arm(state, impl_->now() + period);
  return Timer(state);
}

}  // namespace tutti::sip
