// TickWheel: the beat of a core. A tick of 20 ms is cut into sub-slots; each conference ticks in one of
// them, so that work and packets come smoothly and not in one burst.
#pragma once

#include <cstdint>

#include "dataplane/base/clock.h"
#include "dataplane/base/realtime.h"
#include "dataplane/base/tick.h"

namespace tutti::core {

// Even, so that the sub-slot half a tick later exists (packet times of 10, 30 and 50 ms need it).
inline constexpr std::uint32_t kSubSlots = 8;
inline constexpr base::Duration kSubSlot = base::kTick / kSubSlots;  // 2.5 ms
static_assert(kSubSlots % 2 == 0);
static_assert(kSubSlot * kSubSlots == base::kTick);
// A tick is late when its last packet leaves so long after it was due.
inline constexpr base::Duration kLateAfter = std::chrono::milliseconds(5);

// Thread: one; time comes from outside.
class TickWheel {
 public:
  struct Turn {
    std::uint64_t tick = 0;      // counts ticks since the clock's zero
    std::uint32_t sub_slot = 0;  // 0 to kSubSlots - 1
    base::Instant due;           // when it should have begun
    std::uint64_t position() const TUTTI_REALTIME { return tick * kSubSlots + sub_slot; }
  };

  // Starts with the first sub-slot that is due at `now` or after it. Ticks count from the clock's own zero,
  // so that a tick's number means the same moment on every core.
  void start(base::Instant now) TUTTI_REALTIME;
  bool started() const TUTTI_REALTIME { return started_; }

  bool due(base::Instant now) const TUTTI_REALTIME { return now >= next_due(); }
  base::Instant next_due() const TUTTI_REALTIME {
    return base::Instant(kSubSlot * static_cast<std::int64_t>(position_));
  }
  // The sub-slot that is due, and on to the next.
  Turn advance() TUTTI_REALTIME;

  // When the core has slept through more than `patience`, jumps over whole ticks, so that it does not
  // send a second's packets in one burst; returns how many were left out.
  std::uint32_t skip(base::Instant now, base::Duration patience) TUTTI_REALTIME;

 private:
  std::uint64_t position_ = 0;  // sub-slots since the clock's zero
  bool started_ = false;
};

}  // namespace tutti::core
