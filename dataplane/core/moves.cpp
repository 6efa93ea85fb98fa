#include "dataplane/core/moves.h"

#include "dataplane/base/check.h"

namespace tutti::core {
namespace {

// A tick of the new conference that comes sooner is left to the others: the next one is nearer to 20 ms.
constexpr std::uint64_t kSoonest = kSubSlots / 2;

// The conference's first tick behind `turn`.
std::uint64_t next_tick_of(const Conference& conference, const TickWheel::Turn& turn) TUTTI_REALTIME {
  if (conference.ticking && conference.next_position > turn.position()) return conference.next_position;
  const std::uint64_t ahead = (conference.sub_slot + kSubSlots - turn.sub_slot) % kSubSlots;
  return turn.position() + (ahead == 0 ? kSubSlots : ahead);
}

}  // namespace

void Moves::begin(Participant& participant, const Conference& to) TUTTI_REALTIME {
  CHECK(!participant.moving());
  add(participant, to.handle.slot);
}

void Moves::begin_leave(Participant& participant) TUTTI_REALTIME {
  if (participant.in_mix) {
    // Who was to be moved has that tick before it, too.
    if (participant.moving()) {
      moves_[participant.move].to = kNoSlot;
    } else {
      add(participant, kNoSlot);
    }
    return;
  }
  if (participant.moving()) remove(participant.move);
  state_.detach(participant);
}

void Moves::add(Participant& participant, std::uint32_t to) TUTTI_REALTIME {
  CHECK(count_ < moves_.capacity());
  const Conference& from = state_.conferences[participant.conference];
  participant.move = count_++;
  moves_.make(
      participant.move,
      Move{.slot = participant.handle.slot, .to = to, .next_position = from.next_position, .left_at = 0});
  state_.quiet.wake(participant);
  participant.control(participant.mix);
}

std::uint32_t Moves::remove(std::uint32_t i) TUTTI_REALTIME {
  moves_[i] = moves_[--count_];
  if (i != count_) state_.participants[moves_[i].slot].move = i;
  return i;
}

bool Moves::advance(Move& move, const TickWheel::Turn& turn) TUTTI_REALTIME {
  Participant& participant = state_.participants[move.slot];
  if (participant.conference != kNoSlot) {
    Conference& from = state_.conferences[participant.conference];
    if (from.next_position <= move.next_position) return false;
    if (move.to == kNoSlot) {
      if (left_ == kLeavesPerSubSlot) return false;
      ++left_;
      state_.detach(participant);
      return true;
    }
    leave(participant, from);
    move.left_at = turn.position();
  }
  Conference& to = state_.conferences[move.to];
  if (next_tick_of(to, turn) < move.left_at + kSoonest || state_.outbox.room() == 0) return false;
  arrive(participant, to);
  return true;
}

void Moves::leave(Participant& participant, Conference& from) TUTTI_REALTIME {
  // What would have left between two ticks of this conference leaves now.
  if (participant.outbound.half_tick_due()) {
    const std::size_t bytes = participant.outbound.half_tick(state_.port.reserve());
    state_.send(participant, net::Flow::kRtp, *participant.send_to, bytes);
  }
  state_.coachings.leave(participant, from);
  state_.leave(from, participant.handle.slot);
  participant.conference = kNoSlot;
}

void Moves::arrive(Participant& participant, Conference& to) TUTTI_REALTIME {
  participant.conference = to.handle.slot;
  state_.join(to, participant.handle.slot);
  state_.coachings.arrive(participant, to);
  // Nobody looked for its packets on the way, up to 27.5 ms.
  state_.port.look(endpoint_of(participant), true);
  state_.quiet.wake(participant);
  participant.move = kNoSlot;
  participant.control(participant.mix);
  state_.outbox.put(mailbox::ParticipantMoved{participant.handle, to.handle});
}

}  // namespace tutti::core
