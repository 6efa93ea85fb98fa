#include "bench/canary.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdlib>
#include <utility>

#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <time.h>
#include <unistd.h>

#include "bench/far_end.h"

namespace tutti::bench {
namespace {

constexpr base::Duration kPeriod = std::chrono::milliseconds(2);
constexpr int kPriority = 20;  // a core's is 10

// Eight sums that do not wait for each other: as much at once as the processor can do, which is what a
// neighbour on it takes away. What waits for itself takes as long as ever beside a neighbour. Some 1.6 us.
void work() {
  std::array<std::uint64_t, 8> sums{1, 2, 3, 4, 5, 6, 7, 8};
  for (int i = 0; i < 500; ++i) {
    for (std::uint64_t& sum : sums) {
      sum += sum << 3U;
      asm volatile("" : "+r"(sum));
    }
  }
}

// That the calling thread could have run and did not, as others of this machine did.
// Source: sched-stats.rst of the kernel: time run, time waited, times put on.
class WaitedTime {
 public:
  WaitedTime() : file_(::open("/proc/thread-self/schedstat", O_RDONLY | O_CLOEXEC)) {}
  ~WaitedTime() {
    if (file_ >= 0) ::close(file_);
  }
  WaitedTime(const WaitedTime&) = delete;
  WaitedTime& operator=(const WaitedTime&) = delete;

  // Since it was asked last; nothing where the kernel does not tell.
  base::Duration more() {
    std::array<char, 96> text{};
    if (file_ < 0 || ::pread(file_, text.data(), text.size() - 1, 0) <= 0) return base::Duration(0);
    char* end = text.data();
    std::strtoll(text.data(), &end, 10);
    const base::Duration all(std::strtoll(end, nullptr, 10));
    return all - std::exchange(seen_, all);
  }

 private:
  const int file_;
  base::Duration seen_{0};
};

void sleep_until(base::Instant due) {
  const auto ns = due.time_since_epoch().count();
  const timespec at{ns / 1'000'000'000, ns % 1'000'000'000};
  ::clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, nullptr);
}

}  // namespace

Canary::Canary(int cpu, const mailbox::CoreCounters& core,
               const std::atomic<std::uint64_t>& callers_stalled_ns, base::Duration longest)
    : cpu_(cpu),
      core_(core),
      callers_stalled_ns_(callers_stalled_ns),
      beats_(static_cast<std::size_t>(longest / kPeriod)),
      thread_([this] { run(); }) {}

Canary::~Canary() {
  stop_.store(true, std::memory_order_relaxed);
  if (thread_.joinable()) thread_.join();
}

void Canary::run() {
  ::pthread_setname_np(::pthread_self(), "canary");
  pin(cpu_);
  sched_param parameters{};
  parameters.sched_priority = kPriority;
  above_ = ::pthread_setschedparam(::pthread_self(), SCHED_FIFO, &parameters) == 0;
  WaitedTime waited;
  base::Instant due = base::monotonic_now();
  for (CanaryBeat& beat : beats_) {
    if (stop_.load(std::memory_order_relaxed)) return;
    sleep_until(due);
    beat.at = base::monotonic_now();
    work();
    beat.took = base::monotonic_now() - beat.at;
    // Who is not above the core waits for it, too.
    const base::Duration held_up = waited.more();
    if (above_) beat.waited = held_up;
    beat.stolen = std::max(base::Duration(0), beat.at - due - held_up);
    beat.callers_stalled = base::Duration(callers_stalled_ns_.load(std::memory_order_relaxed));
    beat.ticks = core_.ticks.value();
    beat.late_ticks = core_.late_ticks.value();
    beats_seen_.fetch_add(1, std::memory_order_release);
    while (due <= beat.at) due += kPeriod;
  }
}

Disturbance Canary::end() {
  stop_.store(true, std::memory_order_relaxed);
  thread_.join();
  const std::span seen = std::span(beats_).first(beats_seen_.load(std::memory_order_acquire));
  const auto least = std::ranges::min_element(seen, {}, &CanaryBeat::took);
  return disturbance_of(seen.subspan(counted_from_), least == seen.end() ? base::Duration(0) : least->took);
}

}  // namespace tutti::bench
