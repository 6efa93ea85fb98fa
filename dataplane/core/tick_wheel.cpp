#include "dataplane/core/tick_wheel.h"

namespace tutti::core {

void TickWheel::start(base::Instant now) TUTTI_REALTIME {
  const base::Duration since_zero = now.time_since_epoch();
  position_ = static_cast<std::uint64_t>((since_zero + kSubSlot - base::Duration(1)) / kSubSlot);
  started_ = true;
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
