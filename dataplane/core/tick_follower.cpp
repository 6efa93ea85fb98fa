#include "dataplane/core/tick_follower.h"

#include <algorithm>
#include <cstdlib>

#include "dataplane/core/arrival_phases.h"

namespace tutti::core {

void TickFollower::begin(Conference& conference, const TickWheel::Turn& turn) TUTTI_REALTIME {
  conference.next_position = turn.position();
  conference.next_tick = turn.tick;
  ways_.make(conference.handle.slot);
}

void TickFollower::schedule(Conference& conference, std::span<Participant* const> members,
                            const TickWheel::Turn& turn) TUTTI_REALTIME {
  conference.next_position = turn.position() + kSubSlots;
  if (!state_.options.follow_talkers || conference.peers != 0) return;
  if (!step_due(conference, turn) || conference.members.size() > kMembersMax) return;
  const bool look_due = beat_of(conference, turn) % kLookTicks == 0;
  if (rests(conference, look_due)) return;
  note_arrivals(conference, members, turn.due);
  if (look_due) look(conference);
  if (way_of(conference).steps != 0) step(conference, members, turn);
}

// Until it has rested enough, or others have come.
bool TickFollower::rests(const Conference& conference, bool look_due) TUTTI_REALTIME {
  Way& way = way_of(conference);
  if (way.members != conference.members.size()) {
    way.members = conference.members.size();
    way.rest = way.rested = 0;
  }
  if (way.rest == 0) return false;
  if (look_due) --way.rest;
  return true;
}

void TickFollower::note_arrivals(const Conference& conference, std::span<Participant* const> members,
                                 base::Instant now) TUTTI_REALTIME {
  for (const Participant* const member : members) {
    const Participant& participant = *member;
    if (!participant.in_mix) continue;
    if (const auto sub_slot = arrival(participant, now)) way_of(conference).arrivals.note(*sub_slot);
  }
}

// The first sub-slot that could have mixed the participant's last packet.
std::optional<std::uint32_t> TickFollower::arrival(const Participant& participant,
                                                   base::Instant now) TUTTI_REALTIME {
  // What came longer ago says little of what comes next.
  const base::Instant taken = participant.inbound.last_arrival();
  if (now - taken > 5 * base::kTick) return std::nullopt;
  const auto at = state_.port.arrival(endpoint_of(participant), taken);
  if (!at) return std::nullopt;
  return static_cast<std::uint32_t>((at->time_since_epoch() / kSubSlot + 1) % kSubSlots);
}

void TickFollower::look(Conference& conference) TUTTI_REALTIME {
  const ArrivalPhases& arrivals = way_of(conference).arrivals;
  way_of(conference).steps = 0;
  const std::uint32_t total = arrivals.total();
  std::uint32_t best = conference.sub_slot;
  for (std::uint32_t i = 0; i < kSubSlots; ++i) {
    if (arrivals.wait(i) < arrivals.wait(best) && room_in(conference, i)) best = i;
  }
  const std::uint32_t saved = arrivals.wait(conference.sub_slot) - arrivals.wait(best);
  if (total >= kArrivalsLeast && saved * kGainDenominator >= total * kGainNumerator) {
    const int earlier = -static_cast<int>(sub_slots_waited(best, conference.sub_slot));
    const int later = static_cast<int>(kSubSlots) + earlier;
    const std::uint32_t passed_earlier = arrivals.passed(conference.sub_slot, earlier);
    const std::uint32_t passed_later = arrivals.passed(conference.sub_slot, later);
    // Past as few voices as may be; of two such ways the shorter one.
    const bool go_earlier =
        passed_earlier != passed_later ? passed_earlier < passed_later : -earlier <= later;
    way_of(conference).steps = go_earlier ? earlier : later;
  }
  way_of(conference).arrivals.age();
  // Of few arrivals nothing is known: they may be the first of somebody who begins to talk.
  Way& way = way_of(conference);
  const bool in_vain = total >= kArrivalsLeast && way.steps == 0;
  way.rested = in_vain ? static_cast<std::uint8_t>(std::min(2U * way.rested + 1, kRestMax)) : 0;
  way.rest = way.rested;
}

bool TickFollower::room_in(const Conference& conference, std::uint32_t sub_slot) const TUTTI_REALTIME {
  const auto& members = state_.members_in;
  const std::uint32_t own = conference.members.size();
  std::uint32_t mean = 0;
  for (const std::uint32_t count : members) mean += count;
  mean /= kSubSlots;
  const std::uint32_t there = members[sub_slot];
  return there + own <= std::max(mean + mean / 16, kSpare) || there + own <= members[conference.sub_slot];
}

// Whether anyone who is heard now is on the way.
bool TickFollower::passes_a_voice(const Conference& conference, std::span<Participant* const> members,
                                  base::Instant now) TUTTI_REALTIME {
  for (const Participant* const member : members) {
    const Participant& participant = *member;
    if (!participant.in_mix) continue;
    const auto sub_slot = arrival(participant, now);
    if (sub_slot && passes(sub_slots_waited(*sub_slot, conference.sub_slot), way_of(conference).steps))
      return true;
  }
  return false;
}

void TickFollower::step(Conference& conference, std::span<Participant* const> members,
                        const TickWheel::Turn& turn) TUTTI_REALTIME {
  const int step = way_of(conference).steps < 0 ? -1 : 1;
  const std::uint64_t next = turn.position() + kSubSlots + static_cast<std::uint64_t>(std::int64_t{step});
  const auto next_sub_slot = static_cast<std::uint32_t>(next % kSubSlots);
  // The ring's ticks go on one by one, the wheel's may stay or jump where a tick crosses its beginning.
  const auto lead =
      static_cast<std::int64_t>(conference.next_tick) - static_cast<std::int64_t>(next / kSubSlots);
  if (lead > kLeadMax || !room_in(conference, next_sub_slot)) {
    way_of(conference).steps = 0;
    return;
  }
  if (passes_a_voice(conference, members, turn.due)) return;

  for (Participant* const member : members) {
    Participant& participant = *member;
    const auto sub_slot = arrival(participant, turn.due);
    if (sub_slot && passes(sub_slots_waited(*sub_slot, conference.sub_slot), step)) {
      state_.quiet.wake(participant);
      participant.slip = static_cast<std::int8_t>(participant.slip - step);
    }
  }
  state_.take_off_wheel(conference);
  state_.put_on_wheel(conference, next_sub_slot);
  conference.next_position = next;
  way_of(conference).steps -= step;
  state_.counters.ticks_moved.add();
}

}  // namespace tutti::core
