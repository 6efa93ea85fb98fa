// LoadMeter: how much of its time a core uses, and how much of it was left when it was worst.
//
// Two budgets bind a core. What a whole tick costs must fit into a tick (20 ms), or the core falls behind for
// good; and each sub-slot must be done before it is late (5 ms), which one great conference misses long
// before. The worse of the two in each tick, as 99 of 100 ticks of the last 5 to 10 s had it, is what
// admission goes by: a hitch of a moment is forgiven, the third within seconds is not.
#pragma once

#include <array>
#include <cstdint>

#include "dataplane/base/clock.h"
#include "dataplane/base/realtime.h"
#include "dataplane/core/core_options.h"
#include "dataplane/core/recent_p99.h"
#include "dataplane/core/tick_wheel.h"
#include "dataplane/mailbox/core_counters.h"

namespace tutti::core {

// Thread: the core writes, through the counters anyone reads. Without a clock it measures nothing.
class LoadMeter {
 public:
  static constexpr std::uint32_t kWindowTicks = 250;

  // Owns neither; both outlive it.
  LoadMeter(const CoreOptions& options, mailbox::CoreCounters& counters)
      : options_(options), counters_(counters) {}

  // A turn begins at `now`.
  void begin_turn(base::Instant now) TUTTI_REALTIME;
  // It ends, and has done so many sub-slots: none before one is due, several after a delay.
  void end_turn(std::uint32_t sub_slots) TUTTI_REALTIME;

 private:
  static constexpr std::uint32_t kPublishEvery = 5 * kSubSlots;       // 100 ms
  static constexpr std::uint32_t kWindow = kWindowTicks * kSubSlots;  // 5 s
  static_assert(kWindow % kPublishEvery == 0);

  void measure_load(base::Instant end) TUTTI_REALTIME;
  void measure_work(base::Instant end) TUTTI_REALTIME;
  void add(base::Duration work) TUTTI_REALTIME;

  const CoreOptions& options_;
  mailbox::CoreCounters& counters_;

  base::Instant turn_begin_;
  // load_permille
  base::Instant window_begin_;
  base::Duration busy_ = base::Duration::zero();
  // used_p99_permille
  base::Duration worked_until_ = base::Duration::zero();  // by the work clock; zero = not looked at yet
  base::Duration work_ = base::Duration::zero();          // since the last sub-slot
  std::array<base::Duration, kSubSlots> tick_{};          // the work of the last ones
  base::Duration tick_work_ = base::Duration::zero();     // their sum
  base::Duration backlog_ = base::Duration::zero();
  std::uint64_t worst_ = 0;  // of this tick's sub-slots, in permille
  std::uint32_t slots_ = 0;  // since the window began
  RecentP99 used_permille_{kWindowTicks};
};

}  // namespace tutti::core
