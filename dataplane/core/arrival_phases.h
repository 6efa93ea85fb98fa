// ArrivalPhases: in which sub-slots of the tick the packets of a conference's talkers have come of late, and
// what the talkers would wait if the conference ticked in another sub-slot.
#pragma once

#include <array>
#include <cstdint>

#include "dataplane/base/realtime.h"
#include "dataplane/core/tick_wheel.h"

namespace tutti::core {

// Sub-slots from an arrival to the tick that takes it: 0 for what came just in time, up to 7.
constexpr std::uint32_t sub_slots_waited(std::uint32_t arrival, std::uint32_t tick) TUTTI_REALTIME {
  return (tick + kSubSlots - arrival) % kSubSlots;
}

// Thread: the core. Units: sub-slots of 2.5 ms.
class ArrivalPhases {
 public:
  // A talker's packet of this tick came in this sub-slot: it could have been mixed in it.
  void note(std::uint32_t sub_slot) TUTTI_REALTIME { ++arrivals_[sub_slot]; }

  std::uint32_t total() const TUTTI_REALTIME;
  // All waits together, if the conference ticked in that sub-slot. What comes just in time counts as a whole
  // tick: with the least jitter it would come too late, and be heard one tick later.
  std::uint32_t wait(std::uint32_t sub_slot) const TUTTI_REALTIME;
  // The arrivals that a tick which moves by so many sub-slots (negative: earlier) passes by.
  std::uint32_t passed(std::uint32_t from, int steps) const TUTTI_REALTIME;

  // Once in a while: what is old counts less and less, half after five times.
  void age() TUTTI_REALTIME;

 private:
  std::array<std::uint32_t, kSubSlots> arrivals_{};
};

// Whether a tick that moves by so many sub-slots passes an arrival from which it is `waited` away.
constexpr bool passes(std::uint32_t waited, int steps) TUTTI_REALTIME {
  return steps < 0 ? waited < static_cast<std::uint32_t>(-steps)
                   : waited + static_cast<std::uint32_t>(steps) >= kSubSlots;
}

}  // namespace tutti::core
