// Conference: all that a core holds of one, or of one share of it, from tick to tick: who is in it, where it
// stands on the wheel.
#pragma once

#include <cstdint>

#include "dataplane/core/slot_list.h"
#include "dataplane/core/tick_wheel.h"
#include "dataplane/core/tones.h"
#include "dataplane/mailbox/handles.h"

namespace tutti::core {

// Thread: the core.
struct alignas(64) Conference {
  mailbox::ConferenceHandle handle;
  std::uint8_t sub_slot = 0;
  std::uint8_t number = 0;          // of this share
  ToneList tones = 0;               // that all in it hear
  SlotList members;                 // participant slots, in order of joining
  std::uint64_t next_position = 0;  // of its next tick on the wheel, in sub-slots
  std::uint64_t next_tick = 0;      // the least number that it may have
  bool ticking = false;             // next_position and next_tick mean something
  bool mixing = true;               // voices are mixed
  bool half_tick_due = false;       // a member has a packet that leaves between two ticks
  std::uint8_t coaches = 0;         // members whose voices go elsewhere
  std::uint32_t max_talkers = 0;    // the loudest so many are in the mix; 0: all who speak
  std::uint64_t peers = 0;          // a bit for the number of each other share of it

  // The number of its tick in that turn of the wheel: the wheel's with several shares, where a number is the
  // same moment everywhere; else they go on one by one, but for those that were left out, however it has
  // moved.
  std::uint64_t tick_of(const TickWheel::Turn& turn) const TUTTI_REALTIME {
    return peers != 0 ? turn.tick : next_tick + (turn.position() - next_position) / kSubSlots;
  }
};

static_assert(sizeof(Conference) == 64);

// Whether it ticks in that turn of its sub-slot: not one that has just come from the sub-slot before.
inline bool due(const Conference& conference, const TickWheel::Turn& turn) TUTTI_REALTIME {
  return !conference.ticking || turn.position() >= conference.next_position;
}

// What is done now and then is done with every tenth tick, 200 ms, of each conference another: they never all
// do it in one.
inline constexpr std::uint64_t kBeatTicks = 10;
inline std::uint64_t beat_of(const Conference& conference, const TickWheel::Turn& turn) TUTTI_REALTIME {
  return turn.tick + conference.handle.slot;
}
inline bool on_beat(const Conference& conference, const TickWheel::Turn& turn) TUTTI_REALTIME {
  return beat_of(conference, turn) % kBeatTicks == 0;
}

}  // namespace tutti::core
