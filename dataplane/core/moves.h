// Moves: participants on their way from one conference of this core to another, or out of it.
//
// Both tick at moments of their own. Who moves has one more tick in the old one, in which its voice and what
// it hears fade out, and is then in the new one from that tick of it on that comes nearest to 20 ms later: 10
// to 27.5 ms. So its stream out has every frame, in order, and none of its own is left out or waits longer
// than the jitter buffer lets it.
//
// Who leaves altogether has one more tick, too, where it was heard in the last one: only its voice fades out,
// for nothing is sent to it any more. Nobody else is waited for.
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

  // So many are let go of in a sub-slot, as a turn takes commands: a large room may end in one tick.
  static constexpr std::uint32_t kLeavesPerSubSlot = 64;

  // Not for one that is on its way.
  void begin(Participant& participant, const Conference& to) TUTTI_REALTIME;
  // It is detached, at once or behind that tick. Once for each; it may be on its way, and in no conference.
  void begin_leave(Participant& participant) TUTTI_REALTIME;

  // When all that was due in a sub-slot is done.
  void run(const TickWheel::Turn& turn) TUTTI_REALTIME {
    left_ = 0;
    for (std::uint32_t i = 0; i < count_;) i = advance(moves_[i], turn) ? remove(i) : i + 1;
  }

 private:
  struct Move {
    std::uint32_t slot = kNoSlot;
    std::uint32_t to = kNoSlot;       // slot of the conference, open until it has arrived; none: it leaves
    std::uint64_t next_position = 0;  // of the old one's next tick, when it began
    std::uint64_t left_at = 0;        // the position of its last tick there
  };

  void add(Participant& participant, std::uint32_t to) TUTTI_REALTIME;
  bool advance(Move& move, const TickWheel::Turn& turn) TUTTI_REALTIME;
  void leave(Participant& participant, Conference& from) TUTTI_REALTIME;
  void arrive(Participant& participant, Conference& to) TUTTI_REALTIME;
  std::uint32_t remove(std::uint32_t i) TUTTI_REALTIME;

  CoreState& state_;
  Slab<Move> moves_;  // the first count_
  std::uint32_t count_ = 0;
  std::uint32_t left_ = 0;  // detached in this sub-slot
};

}  // namespace tutti::core
