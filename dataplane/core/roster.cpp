#include "dataplane/core/roster.h"

namespace tutti::core {
namespace {

constexpr int kConferencesAhead = 8;
constexpr int kMembersAhead = 4;  // conferences, too

void prefetch_conference(CoreState& state, std::uint32_t& next) TUTTI_REALTIME {
  if (next == kNoSlot) return;
  base::prefetch(state.conferences.at(next));
  next = state.links_of_conferences[next].next;
}

// The links of the members of the next conference, as far as they are neighbours; its own line has come by
// now.
void prefetch_links(CoreState& state, std::uint32_t& next) TUTTI_REALTIME {
  if (next == kNoSlot) return;
  const std::uint32_t first = state.conferences[next].members.first();
  next = state.links_of_conferences[next].next;
  if (first != kNoSlot) base::prefetch(state.links_of_members.get() + first);
}

}  // namespace

void Roster::write_down(CoreState& state, const TickWheel::Turn& turn) TUTTI_REALTIME {
  const SlotLinks* const wheel = state.links_of_conferences.get();
  const SlotLinks* const links = state.links_of_members.get();
  Participant* const participants = state.participants.at(0);
  std::uint32_t slot = state.sub_slots[turn.sub_slot].first();
  std::uint32_t to_fetch = slot;
  std::uint32_t links_to_fetch = slot;
  for (int i = 0; i < kConferencesAhead; ++i) prefetch_conference(state, to_fetch);
  for (int i = 0; i < kMembersAhead; ++i) prefetch_links(state, links_to_fetch);
  std::uint32_t conferences = 0;
  std::uint32_t members = 0;
  all_due_ = true;
  for (; slot != kNoSlot; slot = wheel[slot].next) {
    prefetch_conference(state, to_fetch);
    prefetch_links(state, links_to_fetch);
    Conference& conference = state.conferences[slot];
    if (!due(conference, turn)) {
      all_due_ = false;
      continue;
    }
    places_[conferences++] = {&conference, members};
    for (std::uint32_t member = conference.members.first(); member != kNoSlot; member = links[member].next)
      members_[members++] = participants + member;
  }
  for (std::uint32_t i = 0; i < kBeyond; ++i) {
    places_[conferences + i] = {conferences == 0 ? nullptr : places_[conferences - 1].conference, members};
    // Where all are empty somebody whom to fetch does no harm.
    members_[members + i] = members == 0 ? participants : members_[members - 1];
  }
  conferences_ = conferences;
  changes_ = state.changes_in[turn.sub_slot];
}

// Whether what was written down is still so.
bool Roster::holds(CoreState& state, const TickWheel::Turn& turn) const TUTTI_REALTIME {
  std::uint32_t conferences = 0;
  std::uint32_t members = 0;
  const auto wheel = state.wheel_links();
  const auto links = state.member_links();
  for (auto slot = state.sub_slots[turn.sub_slot].first(); slot != kNoSlot; slot = wheel(slot).next) {
    const Conference& conference = state.conferences[slot];
    if (!due(conference, turn)) continue;
    if (conferences == conferences_ || places_[conferences].conference != &conference) return false;
    if (places_[conferences++].members_before != members) return false;
    for (auto member = conference.members.first(); member != kNoSlot; member = links(member).next) {
      if (members == this->members().size() || members_[members++] != &state.participants[member])
        return false;
    }
  }
  return conferences == conferences_ && members == this->members().size();
}

}  // namespace tutti::core
