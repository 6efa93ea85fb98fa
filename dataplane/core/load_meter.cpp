#include "dataplane/core/load_meter.h"

#include <algorithm>

namespace tutti::core {
namespace {

// A core that is far behind leaves ticks out; more is not worth remembering.
constexpr base::Duration kBacklogMax = std::chrono::seconds(1);

std::uint64_t permille(base::Duration part, base::Duration whole) TUTTI_REALTIME {
  return static_cast<std::uint64_t>(part * 1'000 / whole);
}

}  // namespace

void LoadMeter::begin_turn(base::Instant now) TUTTI_REALTIME {
  turn_begin_ = now;
}

void LoadMeter::end_turn(std::uint32_t sub_slots) TUTTI_REALTIME {
  if (options_.clock == nullptr) return;
  const base::Instant end = options_.clock();
  measure_load(end);
  measure_work(end);
  // Several that were done in one turn share it: which cost what nobody knows.
  const base::Duration each = work_ / std::max(sub_slots, 1U);
  for (std::uint32_t i = 0; i < sub_slots; ++i) add(each);
  if (sub_slots > 0) work_ = base::Duration::zero();
}

void LoadMeter::measure_load(base::Instant end) TUTTI_REALTIME {
  if (window_begin_ == base::Instant{}) window_begin_ = turn_begin_;
  busy_ += end - turn_begin_;
  const base::Duration window = end - window_begin_;
  if (window < std::chrono::seconds(1)) return;
  counters_.load_permille.set(busy_ * 1'000 / window);
  window_begin_ = end;
  busy_ = base::Duration::zero();
}

// By the work clock from turn to turn, for a port takes packets from the kernel while it sleeps, too.
void LoadMeter::measure_work(base::Instant end) TUTTI_REALTIME {
  if (options_.work_clock == nullptr) {
    work_ += end - turn_begin_;
    return;
  }
  const base::Duration now = options_.work_clock();
  if (worked_until_ != base::Duration::zero()) work_ += now - worked_until_;
  worked_until_ = now;
}

// The work of one sub-slot, and of what arrived since the one before.
void LoadMeter::add(base::Duration work) TUTTI_REALTIME {
  // When it would have been done, counted from when it was due, had the core been left alone: what was not
  // done of the sub-slots before comes first.
  backlog_ = std::min(std::max(backlog_ - kSubSlot, base::Duration::zero()) + work, kBacklogMax);
  base::Duration& oldest = tick_[slots_ % kSubSlots];
  tick_work_ += work - oldest;
  oldest = work;
  worst_ = std::max({worst_, permille(tick_work_, base::kTick), permille(backlog_, kLateAfter)});

  ++slots_;
  if (slots_ % kSubSlots == 0) {
    used_permille_.add(worst_);
    worst_ = 0;
    counters_.tick_time_us.add(static_cast<std::uint64_t>(tick_work_ / std::chrono::microseconds(1)));
  }
  if (slots_ % kPublishEvery == 0) {
    counters_.used_p99_permille.set(static_cast<std::int64_t>(used_permille_.value()));
  }
  if (slots_ == kWindow) {
    used_permille_.roll();
    slots_ = 0;
  }
}

}  // namespace tutti::core
