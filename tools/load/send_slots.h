// SendSlots: when in a tick each caller sends: as evenly as can be, and in no order.
//
// Phones do not send all at once, nor does a room's second caller send a fixed time after its first: where
// every room had the same pattern, whatever depends on how its callers lie would be measured once and not
// once a room.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "dataplane/base/clock.h"
#include "dataplane/base/tick.h"

namespace tutti::load {

// Thread: any; it never changes. The same in every run.
class SendSlots {
 public:
  static constexpr std::size_t kSlots = 40;
  static constexpr base::Duration kSlot = base::kTick / kSlots;  // 500 us
  static_assert(kSlot * kSlots == base::kTick);

  explicit SendSlots(std::size_t callers);

  // Who sends in this slot, ascending; of any two slots' one is at most one longer than the other's.
  std::span<const std::uint32_t> in(std::size_t slot) const;

 private:
  std::vector<std::vector<std::uint32_t>> callers_;
};

}  // namespace tutti::load
