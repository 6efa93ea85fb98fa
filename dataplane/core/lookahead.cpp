#include "dataplane/core/lookahead.h"

namespace tutti::core {
namespace {

// Behind the last of a list it goes on with the same one: who fetches ahead need not ask where it ends.
void go_on(Participant** end, std::uint32_t steps) TUTTI_REALTIME {
  for (std::uint32_t i = 0; i < steps; ++i) end[i] = end[-1];
}

// What is told densely of the members of the next conference, as far as they are neighbours; its own line has
// come by now.
void prefetch_members(CoreState& state, std::uint32_t& next) TUTTI_REALTIME {
  if (next == kNoSlot) return;
  const std::uint32_t first = state.conferences[next].members.first();
  next = state.links_of_conferences[next].next;
  if (first == kNoSlot) return;
  base::prefetch(state.links_of_members.get() + first);
  base::prefetch(state.marks.get() + first);
}

}  // namespace

void Lookahead::begin(std::uint32_t conference, const TickWheel::Turn& turn) TUTTI_REALTIME {
  const SlotLinks* const conferences = state_.links_of_conferences.get();
  const SlotLinks* const links = state_.links_of_members.get();
  std::uint32_t to_fetch = conference;
  std::uint32_t members_to_fetch = conference;
  for (std::uint32_t i = 0; i < kConferencesAhead; ++i) prefetch_conference(state_, to_fetch);
  for (std::uint32_t i = 0; i < kMembersAhead; ++i) prefetch_members(state_, members_to_fetch);
  std::uint32_t count = 0;
  std::uint32_t awake_count = 0;
  std::uint32_t conference_count = 0;
  for (; conference != kNoSlot; conference = conferences[conference].next) {
    prefetch_conference(state_, to_fetch);
    prefetch_members(state_, members_to_fetch);
    const Conference& next = state_.conferences[conference];
    if (!due(next, turn)) continue;
    for (std::uint32_t slot = next.members.first(); slot != kNoSlot; slot = links[slot].next) {
      members_[count++] = awake_[awake_count] = participants_ + slot;
      awake_count += state_.quiet.quiet(slot) ? 0 : 1;
    }
    awake_ends_[conference_count++] = awake_count;
  }
  count_ = count;
  passed_ = awake_passed_ = conferences_passed_ = 0;
  woken_ = state_.quiet.woken();
  if (count != 0) go_on(members_.get() + count, kOutboundSteps);
  if (awake_count != 0) go_on(awake_.get() + awake_count, kStateSteps);
  for (std::uint32_t i = 0; i < kStateSteps && i < awake_count; ++i) awake_[i]->prefetch();
  for (std::uint32_t i = 0; i < kWaitingSteps && i < awake_count; ++i) awake_[i]->inbound.prefetch_waiting();
  for (std::uint32_t i = 0; i < kPayloadSteps && i < awake_count; ++i)
    awake_[i]->inbound.prefetch_payload(state_.payloads);
  for (std::uint32_t i = 0; i < kOutboundSteps && i < count; ++i) fetch_outbound_of(members_[i]);
}

// Where one may have been woken since begin(), by what arrives within the sub-slot.
std::span<Participant* const> Lookahead::look_again(std::span<Participant* const> members,
                                                    std::span<Participant* const> awake) TUTTI_REALTIME {
  for (Participant* const& place : awake) fetch_state(place);
  std::uint32_t count = 0;
  for (Participant* const member : members) {
    woken_members_[count] = member;
    count += state_.quiet.quiet(slot_of(member)) ? 0 : 1;
  }
  if (count != 0) go_on(woken_members_.get() + count, kStateSteps);
  return std::span(woken_members_.get(), count);
}

}  // namespace tutti::core
