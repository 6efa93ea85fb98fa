#include "dataplane/core/lookahead.h"

#include <algorithm>

#include "dataplane/base/check.h"

namespace tutti::core {
namespace {

// Behind the last of a list it goes on with the same one: who fetches ahead need not ask where it ends.
void go_on(Participant** end, std::uint32_t steps) TUTTI_REALTIME {
  std::fill_n(end, steps, end[-1]);
}

}  // namespace

Lookahead::Lookahead(CoreState& state)
    : state_(state),
      awake_(new Participant*[state.options.capacity.participants + kStateSteps]),
      woken_members_(new Participant*[state.options.capacity.participants + kStateSteps]),
      awake_ends_(new std::uint32_t[state.options.capacity.conferences]) {
  rosters_.reserve(kSubSlots);
  for (std::uint32_t i = 0; i < kSubSlots; ++i) rosters_.emplace_back(state.options.capacity);
  roster_ = &rosters_.front();
}

std::uint32_t Lookahead::begin(const TickWheel::Turn& turn) TUTTI_REALTIME {
  Roster& roster = rosters_[turn.sub_slot];
  roster.update(state_, turn);
  roster_ = &roster;
  const std::uint32_t conferences = roster.conferences();
  for (std::uint32_t i = 0; i < kConferenceSteps && i < conferences; ++i)
    base::prefetch(roster.conference(i));
  const std::uint32_t awake = tell_awake();
  woken_ = state_.quiet.woken();
  for (std::uint32_t i = 0; i < kStateSteps && i < awake; ++i) awake_[i]->prefetch();
  for (std::uint32_t i = 0; i < kWaitingSteps && i < awake; ++i) awake_[i]->inbound.prefetch_waiting();
  for (std::uint32_t i = 0; i < kPayloadSteps && i < awake; ++i) fetch_payload_of(awake_[i]);
  const auto members = roster.members();
  for (std::uint32_t i = 0; i < kOutboundSteps && i < members.size(); ++i) fetch_outbound_of(members[i]);
  return conferences;
}

// Returns how many they are in all.
std::uint32_t Lookahead::tell_awake() TUTTI_REALTIME {
  const Roster& roster = *roster_;
  std::uint32_t count = 0;
  const std::uint32_t first = std::min(kConferenceSteps, roster.conferences());
  for (std::uint32_t i = 0; i < first; ++i) fetch_marks_of(i);
  for (std::uint32_t i = 0; i < roster.conferences(); ++i) {
    fetch_marks_of(i + kConferenceSteps);
    count += tell_awake_of(i, awake_.get() + count);
    awake_ends_[i] = count;
  }
  if (count != 0) go_on(awake_.get() + count, kStateSteps);
  return count;
}

// Returns how many they are. Shapes: `out` has room for the conference's members, and for kBeyond behind
// them.
std::uint32_t Lookahead::tell_awake_of(std::uint32_t i, Participant** out) TUTTI_REALTIME {
  const auto members = this->members(i, i + 1);
  const auto size = static_cast<std::uint32_t>(members.size());
  const auto conference = static_cast<std::uint32_t>(roster_->conference(i) - conferences_);
  if (!state_.quiet.anybody(conference)) {
    DCHECK(std::ranges::none_of(members, [this](const Participant* member)
                                             TUTTI_REALTIME { return state_.quiet.quiet(slot_of(member)); }));
    // Where all talk nobody is asked, and so many are copied at once.
    for (std::uint32_t at = 0; at < size; at += Roster::kBeyond)
      std::copy_n(members.data() + at, Roster::kBeyond, out + at);
    return size;
  }
  const std::uint32_t count = ask_each(members, out);
  if (count == size) state_.quiet.nobody(conference);
  return count;
}

// The same of any, whatever is known of their conference.
std::uint32_t Lookahead::ask_each(std::span<Participant* const> members,
                                  Participant** out) const TUTTI_REALTIME {
  std::uint32_t count = 0;
  for (Participant* const member : members) {
    out[count] = member;
    count += state_.quiet.quiet(slot_of(member)) ? 0 : 1;
  }
  return count;
}

// What is told densely of a conference's members, as far as they are neighbours.
void Lookahead::fetch_marks_of(std::uint32_t conference) const TUTTI_REALTIME {
  const std::uint32_t first = roster_->members_before(conference);
  base::prefetch(state_.marks.get() + slot_of(roster_->members().data()[first]));
}

std::uint32_t Lookahead::step(std::uint32_t first, std::uint32_t members) const TUTTI_REALTIME {
  const std::uint32_t conferences = roster_->conferences();
  const std::uint32_t enough = roster_->members_before(first) + members;
  std::uint32_t end = first;
  while (end < conferences && roster_->members_before(end) < enough) ++end;
  return end;
}

// Where one may have been woken since begin(), by what arrives within the sub-slot.
std::span<Participant* const> Lookahead::look_again(std::span<Participant* const> members,
                                                    std::span<Participant* const> awake) TUTTI_REALTIME {
  if (awake.size() == members.size()) return awake;
  for (Participant* const& place : awake) fetch_state(place);
  const std::uint32_t count = ask_each(members, woken_members_.get());
  if (count != 0) go_on(woken_members_.get() + count, kStateSteps);
  return std::span(woken_members_.get(), count);
}

}  // namespace tutti::core
