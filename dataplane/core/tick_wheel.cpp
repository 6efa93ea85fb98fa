#include "dataplane/core/tick_wheel.h"

namespace tutti::core {

void TickWheel::start(base::Instant now) TUTTI_REALTIME {
  const base::Duration since_zero = now.time_since_epoch();
  position_ = static_cast<std::uint64_t>((since_zero + kSubSlot - base::Duration(1)) / kSubSlot);
  started_ = true;
}

std::uint32_t TickWheel::due_sub_slots(base::Instant now) const TUTTI_REALTIME {
  constexpr std::uint32_t kAll = (1u << kSubSlots) - 1;
  if (!started_) return kAll;
  if (!due(now)) return 0;
  const auto behind = (now - next_due()) / kSubSlot;
  if (behind + 1 >= kSubSlots) return kAll;
  // As many ones as are due, turned round to where the wheel stands.
  const std::uint32_t due = (2u << behind) - 1;
  const auto at = static_cast<std::uint32_t>(position_ % kSubSlots);
  return (due << at | due >> (kSubSlots - at)) & kAll;
}

TickWheel::Turn TickWheel::advance() TUTTI_REALTIME {
  const Turn turn{position_ / kSubSlots, static_cast<std::uint32_t>(position_ % kSubSlots), next_due()};
  ++position_;
  return turn;
}

std::uint32_t TickWheel::skip(base::Instant now, base::Duration patience) TUTTI_REALTIME {
  const base::Duration behind = now - next_due();
  if (behind <= patience) return 0;
  const auto ticks = behind / base::kTick;
  position_ += static_cast<std::uint64_t>(ticks) * kSubSlots;
  return static_cast<std::uint32_t>(ticks);
}

}  // namespace tutti::core
