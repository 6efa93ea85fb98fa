// ArrivalPhases: at which moments of the tick the packets of a conference's talkers have come of late, and
// what the talkers would wait if the conference ticked in another sub-slot.
#pragma once

#include <array>
#include <cstdint>

#include "dataplane/base/clock.h"
#include "dataplane/base/realtime.h"
#include "dataplane/base/tick.h"
#include "dataplane/core/tick_wheel.h"

namespace tutti::core {

// A tick is cut into phases, finer than its sub-slots: a packet may come anywhere between two of those.
inline constexpr std::uint32_t kSubSlotPhases = 5;
inline constexpr std::uint32_t kPhases = kSubSlots * kSubSlotPhases;
inline constexpr base::Duration kPhase = base::kTick / kPhases;  // 0.5 ms
static_assert(kPhase * kPhases == base::kTick);

constexpr std::uint32_t phase_of(base::Instant at) TUTTI_REALTIME {
  return static_cast<std::uint32_t>(at.time_since_epoch() / kPhase % kPhases);
}

// Phases from an arrival to the tick that takes it: 1 for what came in the last one before it, up to kPhases.
constexpr std::uint32_t phases_waited(std::uint32_t phase, std::uint32_t sub_slot) TUTTI_REALTIME {
  const std::uint32_t waited = (sub_slot * kSubSlotPhases + kPhases - phase) % kPhases;
  return waited == 0 ? kPhases : waited;
}

// Whether a tick that moves by so many sub-slots (negative: earlier) passes an arrival that waited so long.
constexpr bool passes(std::uint32_t waited, int steps) TUTTI_REALTIME {
  const auto moved = static_cast<std::uint32_t>(steps < 0 ? -steps : steps) * kSubSlotPhases;
  return steps < 0 ? waited <= moved : waited + moved > kPhases;
}

// Thread: the core. Units: phases.
class ArrivalPhases {
 public:
  // What comes so little before the tick, if all come evenly.
  static constexpr std::uint32_t kMarginLeast = 2;
  static constexpr std::uint32_t kMarginMost = 10;

  // A talker's packet came in this phase; its last one that was noted, in the other.
  void note(std::uint32_t phase, std::uint32_t before) TUTTI_REALTIME;

  std::uint32_t total() const TUTTI_REALTIME;
  // All waits together, if the conference ticked in that sub-slot. What comes within a margin before it
  // counts a tick more: with a little jitter it would come too late, and be heard one tick later. The more
  // uneven they come, the wider it is.
  std::uint32_t wait(std::uint32_t sub_slot) const TUTTI_REALTIME;
  // The arrivals that a tick which moves by so many sub-slots passes by.
  std::uint32_t passed(std::uint32_t from, int steps) const TUTTI_REALTIME;

  // Once in a while: what is old counts less and less, half after five times.
  void age() TUTTI_REALTIME;

 private:
  std::uint32_t margin() const TUTTI_REALTIME;

  std::array<std::uint16_t, kPhases> arrivals_{};
  std::uint16_t unevenness_ = 0;  // the most that one came off, of late
};

}  // namespace tutti::core
