#include "dataplane/core/tick_follower.h"

#include <algorithm>

#include "dataplane/core/arrival_phases.h"

namespace tutti::core {

void TickFollower::begin(Conference& conference, const TickWheel::Turn& turn) TUTTI_REALTIME {
  conference.next_position = turn.position();
  conference.next_tick = turn.tick;
  ways_.make(conference.handle.slot);
}

void TickFollower::follow(Conference& conference, std::span<Participant* const> members,
                          const TickWheel::Turn& turn) TUTTI_REALTIME {
  if (!state_.options.follow_talkers || conference.peers != 0) return;
  if (conference.members.size() > kMembersMax) return;
  greet(conference);
  Way& way = way_of(conference);
  const bool look_due =
      way.unknown_for == 0 ? beat_of(conference, turn) % kLookTicks == 0 : --way.unknown_for == 0;
  if (rests(conference, look_due)) return;
  note_arrivals(conference, members, turn.due);
  if (look_due) look(conference, members, turn);
  if (way.steps != 0) step(conference, members, turn);
}

// Others are there: what was known of the place says little, and who came is to be known first.
void TickFollower::greet(const Conference& conference) TUTTI_REALTIME {
  Way& way = way_of(conference);
  const std::uint32_t members = conference.members.size();
  if (way.members == members) return;
  if (members > way.members) {
    way.may_leap = true;
    way.unknown_for = kLeapAfter;
  }
  way.members = members;
  way.rest = way.rested = 0;
}

// Until it has rested enough.
bool TickFollower::rests(const Conference& conference, bool look_due) TUTTI_REALTIME {
  Way& way = way_of(conference);
  if (way.rest == 0) return false;
  if (look_due) --way.rest;
  return true;
}

void TickFollower::note_arrivals(const Conference& conference, std::span<Participant* const> members,
                                 base::Instant now) TUTTI_REALTIME {
  for (Participant* const member : members) {
    Participant& participant = *member;
    if (!participant.in_mix) continue;
    const auto came = phase(participant, now);
    if (!came) continue;
    const std::uint32_t before = participant.arrival_phase < kPhases ? participant.arrival_phase : *came;
    way_of(conference).arrivals.note(*came, before);
    ++way_of(conference).noted;
    participant.arrival_phase = static_cast<std::uint8_t>(*came);
  }
}

// In which phase the participant's last packet came.
std::optional<std::uint32_t> TickFollower::phase(const Participant& participant,
                                                 base::Instant now) TUTTI_REALTIME {
  // What came longer ago says little of what comes next.
  const base::Instant taken = participant.inbound.last_arrival();
  if (now - taken > 5 * base::kTick) return std::nullopt;
  const auto at = state_.port.arrival(endpoint_of(participant), taken);
  return at ? std::optional(phase_of(*at)) : std::nullopt;
}

std::uint32_t TickFollower::best_sub_slot(const Conference& conference) TUTTI_REALTIME {
  const ArrivalPhases& arrivals = way_of(conference).arrivals;
  std::uint32_t best = conference.sub_slot;
  std::uint32_t least = arrivals.wait(best);
  for (std::uint32_t i = 0; i < kSubSlots; ++i) {
    const std::uint32_t wait = arrivals.wait(i);
    if (wait >= least || !room_in(conference, i)) continue;
    best = i;
    least = wait;
  }
  return best;
}

void TickFollower::look(Conference& conference, std::span<Participant* const> members,
                        const TickWheel::Turn& turn) TUTTI_REALTIME {
  Way& way = way_of(conference);
  way.steps = 0;
  const std::uint32_t total = way.arrivals.total();
  // Of few arrivals nothing is known: they may be the first of somebody who begins to talk.
  bool settled = false;
  if (total >= kArrivalsLeast) {
    const std::uint32_t best = best_sub_slot(conference);
    const std::uint32_t saved =
        best == conference.sub_slot ? 0 : way.arrivals.wait(conference.sub_slot) - way.arrivals.wait(best);
    const bool may_leap = way.may_leap && turn.tick >= way.leaps_from && !conference.half_tick_due;
    if (may_leap && saved >= total * kLeapGain) {
      leap(best, conference, members, turn);
    } else if (saved * kGainDenominator >= total * kGainNumerator) {
      way.steps = way_to(best, conference);
    }
    if (may_leap) way.may_leap = false;
    settled = way.noted >= kArrivalsLeast && way.steps == 0 && saved < total * kLeapGain;
  }
  way.arrivals.age();
  way.noted = 0;
  way.rested = settled ? static_cast<std::uint8_t>(std::min(way.rested + 1U, kRestMax)) : 0;
  way.rest = way.rested;
}

// Earlier, so that no packet is late; but later and slowly, where nobody is on that way or no other is open.
void TickFollower::leap(std::uint32_t best, Conference& conference, std::span<Participant* const> members,
                        const TickWheel::Turn& turn) TUTTI_REALTIME {
  Way& way = way_of(conference);
  const int steps = way_to(best, conference);
  const int earlier = steps < 0 ? steps : steps - static_cast<int>(kSubSlots);
  if (too_far_ahead(conference, earlier) ||
      (steps > 0 && way.arrivals.passed(conference.sub_slot, steps) == 0)) {
    way.steps = steps;
    return;
  }
  if (move(conference, members, turn, earlier)) way.leaps_from = turn.tick + kLeapRestTicks;
}

// Past as few voices as may be; of two such ways the shorter one. Where earlier leads too far ahead the tick
// waits for a pause of who is on the way later, and leaves out a frame of his silence: once in 20 ms by which
// his clock is fast.
int TickFollower::way_to(std::uint32_t best, const Conference& conference) TUTTI_REALTIME {
  const ArrivalPhases& arrivals = way_of(conference).arrivals;
  const auto later = static_cast<int>((best + kSubSlots - conference.sub_slot) % kSubSlots);
  const int earlier = later - static_cast<int>(kSubSlots);
  if (too_far_ahead(conference, earlier)) return later;
  const std::uint32_t passed_earlier = arrivals.passed(conference.sub_slot, earlier);
  const std::uint32_t passed_later = arrivals.passed(conference.sub_slot, later);
  const bool go_earlier = passed_earlier != passed_later ? passed_earlier < passed_later : -earlier <= later;
  return go_earlier ? earlier : later;
}

// Whether the ring's ticks are, once its next one has moved so far: they go on one by one, the wheel's may
// stay or jump where a tick crosses its beginning.
bool TickFollower::too_far_ahead(const Conference& conference, int steps) TUTTI_REALTIME {
  const std::uint64_t next = conference.next_position + static_cast<std::uint64_t>(std::int64_t{steps});
  const auto lead =
      static_cast<std::int64_t>(conference.next_tick) - static_cast<std::int64_t>(next / kSubSlots);
  return lead > kLeadMax;
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
    const auto came = phase(participant, now);
    if (came && passes(phases_waited(*came, conference.sub_slot), way_of(conference).steps)) return true;
  }
  return false;
}

void TickFollower::step(Conference& conference, std::span<Participant* const> members,
                        const TickWheel::Turn& turn) TUTTI_REALTIME {
  Way& way = way_of(conference);
  if (passes_a_voice(conference, members, turn.due)) return;
  const int step = way.steps < 0 ? -1 : 1;
  way.steps = move(conference, members, turn, step) ? way.steps - step : 0;
}

// False, and nothing done, where it cannot be: of its next tick, so many sub-slots earlier or later.
bool TickFollower::move(Conference& conference, std::span<Participant* const> members,
                        const TickWheel::Turn& turn, int steps) TUTTI_REALTIME {
  const std::uint64_t next = conference.next_position + static_cast<std::uint64_t>(std::int64_t{steps});
  const auto next_sub_slot = static_cast<std::uint32_t>(next % kSubSlots);
  if (!room_in(conference, next_sub_slot)) return false;
  for (Participant* const member : members) {
    const auto came = phase(*member, turn.due);
    if (came && passes(phases_waited(*came, conference.sub_slot), steps)) pass(*member, steps);
  }
  state_.take_off_wheel(conference);
  state_.put_on_wheel(conference, next_sub_slot);
  conference.next_position = next;
  conference.next_tick = std::max(conference.next_tick + kLagMax, next / kSubSlots) - kLagMax;
  state_.counters.ticks_moved.add();
  return true;
}

void TickFollower::pass(Participant& participant, int steps) TUTTI_REALTIME {
  state_.quiet.wake(participant);
  if (participant.in_mix && steps < 0) {
    participant.inbound.put_off();
  } else {
    participant.slip = static_cast<std::int8_t>(participant.slip + (steps < 0 ? 1 : -1));
  }
}

}  // namespace tutti::core
