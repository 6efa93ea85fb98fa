// Orders: what the near end of a cable tells its callers to do, and what they tell of it, in memory that both
// ends have: two threads, or two processes.
#pragma once

#include <atomic>
#include <cstdint>

#include <sched.h>

namespace tutti::bench {

// In this order, none of them twice.
enum class Phase : std::uint32_t {
  kWait,     // the near end is not open yet
  kOpen,     // what comes is taken
  kSend,     // and sent, too
  kMeasure,  // the same; counted anew, and what is listened to is kept
  kRest,     // nothing more is sent or taken: the report is there
  kGone,     // the near end has closed its port
};

// Of kMeasure.
struct CallersReport {
  std::uint64_t packets_in = 0;  // that left
  std::uint64_t refused = 0;     // of them: the cable had no room, or no buffer was left
  std::uint64_t packets_out = 0;
  std::uint64_t rtcp_out = 0;
  std::uint64_t strange = 0;
  // Of those who are listened to.
  std::uint64_t audio_packets = 0;
  std::uint64_t audio_wrong = 0;
  std::uint64_t audio_shifts = 0;
  std::uint32_t listeners = 0;
  // By the clock.
  double seconds = 0;
  double lag_ms_max = 0;    // that a packet was sent late
  double stall_ms_max = 0;  // in which they did nothing at all
  double busy = 0;          // share of the time with packets to send or to take
};

// Made of zeros, by whoever maps the memory.
struct Orders {
  // The near end writes these.
  alignas(64) std::atomic<Phase> phase{Phase::kWait};
  std::atomic<std::uint64_t> wanted{0};  // in steps: packets of all callers together
  // The callers write these.
  alignas(64) std::atomic<Phase> reached{Phase::kWait};
  std::atomic<std::uint64_t> sent{0};  // of wanted; and all that had come was taken
  // By the clock: in which they did nothing at all, for more than a millisecond at a time, since they began.
  std::atomic<std::uint64_t> stalled_ns{0};
  CallersReport report;  // from kRest on
};
static_assert(std::atomic<Phase>::is_always_lock_free && std::atomic<std::uint64_t>::is_always_lock_free);

// To be called in each round of a wait for the other end: gives up the CPU, after a while, to others who want
// it; the other end may be among them.
class Patience {
 public:
  void wait() {
    if (++rounds_ < kRounds) {
      __builtin_ia32_pause();
    } else {
      ::sched_yield();
    }
  }
  void renew() { rounds_ = 0; }

 private:
  static constexpr std::uint32_t kRounds = 2'000;  // some 40 us
  std::uint32_t rounds_ = 0;
};

}  // namespace tutti::bench
