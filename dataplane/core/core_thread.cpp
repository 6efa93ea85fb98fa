#include "dataplane/core/core_thread.h"

#include <algorithm>
#include <future>
#include <optional>
#include <system_error>
#include <utility>

#include <pthread.h>
#include <sched.h>

#include "dataplane/base/clock.h"
#include "dataplane/base/realtime.h"

namespace tutti::core {
namespace {

// Above every ordinary thread; below the kernel's own real-time threads, which start at 50.
constexpr int kFifoPriority = 10;

// The longest sleep, so that stop and commands are noticed.
constexpr base::Duration kSleepMax = kSubSlot;

std::optional<ThreadError> pin(int cpu) {
  cpu_set_t allowed;
  CPU_ZERO(&allowed);
  if (cpu < 0 || cpu >= CPU_SETSIZE) return ThreadError::kNoSuchCpu;
  CPU_SET(static_cast<unsigned>(cpu), &allowed);
  if (::pthread_setaffinity_np(::pthread_self(), sizeof(allowed), &allowed) != 0) {
    return ThreadError::kNoSuchCpu;
  }
  return std::nullopt;
}

bool take_fifo() {
  sched_param parameters{};
  parameters.sched_priority = kFifoPriority;
  return ::pthread_setschedparam(::pthread_self(), SCHED_FIFO, &parameters) == 0;
}

}  // namespace

std::string_view to_string(ThreadError error) {
  switch (error) {
    case ThreadError::kNoSuchCpu:
      return "this process may not use that CPU";
    case ThreadError::kNotPermitted:
      return "real-time scheduling needs CAP_SYS_NICE or a raised RLIMIT_RTPRIO";
    case ThreadError::kNoThread:
      return "the system has no thread left";
  }
  return "unknown";
}

CoreThread::CoreThread(int cpu, std::unique_ptr<net::PacketPort> port, mailbox::Mailbox& mailbox)
    : port_(std::move(port)), mailbox_(mailbox), cpu_(cpu) {}

base::Result<std::unique_ptr<CoreThread>, ThreadError> CoreThread::start(
    const Options& options, std::unique_ptr<net::PacketPort> port, mailbox::Mailbox& mailbox) {
  std::unique_ptr<CoreThread> core(new CoreThread(options.cpu, std::move(port), mailbox));
  std::promise<std::optional<ThreadError>> ready;
  auto outcome = ready.get_future();
  try {
    // The promise is the thread's: we may have returned before set_value() has.
    core->thread_ = std::thread(
        [thread = core.get(), realtime = options.realtime, &options, ready = std::move(ready)]() mutable {
          ::pthread_setname_np(::pthread_self(), "media-core");
          if (const auto error = pin(thread->cpu_)) return ready.set_value(error);
          // Here, and before it takes precedence: what is touched at the making comes from this CPU's memory
          // node.
          thread->core_.emplace(options.core, *thread->port_, thread->mailbox_);
          thread->huge_pages_ = base::huge_page_tally();
          thread->realtime_ = realtime != Realtime::kOff && take_fifo();
          if (realtime == Realtime::kOn && !thread->realtime_) {
            return ready.set_value(ThreadError::kNotPermitted);
          }
          ready.set_value(std::nullopt);
          thread->run();
        });
  } catch (const std::system_error&) {
    return base::unexpected(ThreadError::kNoThread);
  }
  if (const auto error = outcome.get()) return base::unexpected(*error);
  return core;
}

CoreThread::~CoreThread() {
  stop_.store(true, std::memory_order_relaxed);
  if (thread_.joinable()) thread_.join();
}

void CoreThread::run() {
  // A body makes itself known to this thread there, which may allocate: DPDK's library has the thread's own
  // variables made.
  port_->wait_until(base::monotonic_now());
  while (!stop_.load(std::memory_order_relaxed)) {
    const base::Instant now = base::monotonic_now();
    base::Instant next;
    {
      const base::RealtimeSection turn;
      next = core_->run_once(now);
    }
    port_->wait_until(std::min(next, now + kSleepMax));
  }
}

}  // namespace tutti::core
