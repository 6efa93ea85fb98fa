// Canary: a thread on a media core's CPU, above the core's own, that does the same short work each 2 ms. How
// long it takes, and how late it begins, tells what the host does to that CPU at that moment.
#pragma once

#include <atomic>
#include <cstddef>
#include <thread>
#include <vector>

#include "bench/disturbance.h"
#include "dataplane/mailbox/core_counters.h"

namespace tutti::bench {

// A core's processor may be shared with somebody else's thread: all that the core does then takes 1.5 to 2
// times as long, and no counter of ours says so. Memory has its own moods, but those have been seen beside
// our own load as well, so that they would excuse what is ours.
// Costs the core some 5 us each time, 0.2 %. Thread: that which makes it.
class Canary {
 public:
  // The counters outlive it. `callers_stalled_ns`: how long the callers have stood still so far. Sees
  // `longest` at most.
  Canary(int cpu, const mailbox::CoreCounters& core, const std::atomic<std::uint64_t>& callers_stalled_ns,
         base::Duration longest);
  ~Canary();
  Canary(const Canary&) = delete;
  Canary& operator=(const Canary&) = delete;

  // What counts begins here.
  void begin_counting() { counted_from_ = beats_seen_.load(std::memory_order_acquire); }
  // It ends here. Once.
  Disturbance end();

 private:
  void run();

  const int cpu_;
  const mailbox::CoreCounters& core_;
  const std::atomic<std::uint64_t>& callers_stalled_ns_;
  std::vector<CanaryBeat> beats_;
  std::atomic<std::size_t> beats_seen_{0};
  std::size_t counted_from_ = 0;
  bool above_ = false;  // the core does not make it wait
  std::atomic<bool> stop_{false};
  std::thread thread_;
};

}  // namespace tutti::bench
