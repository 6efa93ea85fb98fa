// Moves: participants on their way from one conference of this core to another.
//
// Both tick at moments of their own. Who moves has one more tick in the old one, in which its voice and what
// it hears fade out, and is then in the new one from that tick of it on that comes nearest to 20 ms later: 10
// to 27.5 ms. So its stream out has every frame, in order, and none of its own is left out or waits longer
// than the jitter buffer lets it.
#pragma once

#include <cstdint>

#include "dataplane/base/realtime.h"
#include "dataplane/core/core_state.h"
#include "dataplane/core/slab.h"
#include "dataplane/core/tick_wheel.h"

namespace tutti::core {

// Thread: the core.
class Moves {
 public:
  explicit Moves(CoreState& state)
      : state_(state), moves_(state.options.capacity.participants, base::Pages::kPlain) {}

  // Not for one that is on its way.
  void begin(Participant& participant, const Conference& to) TUTTI_REALTIME;
  // It leaves altogether; it may be in no conference by now.
  void forget(const Participant& participant) TUTTI_REALTIME;

  // When all that was due in a sub-slot is done.
  void run(const TickWheel::Turn& turn) TUTTI_REALTIME {
    for (std::uint32_t i = 0; i < count_;) i = advance(moves_[i], turn) ? remove(i) : i + 1;
  }

 private:
  struct Move {
    std::uint32_t slot = kNoSlot;
    std::uint32_t to = kNoSlot;       // slot of the conference; open until it has arrived
    std::uint64_t next_position = 0;  // of the old one's next tick, when it began
    std::uint64_t left_at = 0;        // the position of its last tick there
  };

  bool advance(Move& move, const TickWheel::Turn& turn) TUTTI_REALTIME;
  void leave(Participant& participant, Conference& from) TUTTI_REALTIME;
  void arrive(Participant& participant, Conference& to) TUTTI_REALTIME;
  std::uint32_t remove(std::uint32_t i) TUTTI_REALTIME;

  CoreState& state_;
  Slab<Move> moves_;  // the first count_
  std::uint32_t count_ = 0;
};

}  // namespace tutti::core
