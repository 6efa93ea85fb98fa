// Lookahead: the members of a sub-slot's conferences in the order in which they are mixed, written down in
// one walk, so that what the mix reads of them is fetched into the cache some steps before.
#pragma once

#include <cstdint>
#include <memory>
#include <span>

#include "dataplane/base/prefetch.h"
#include "dataplane/base/realtime.h"
#include "dataplane/core/core_state.h"

namespace tutti::core {

// The next conference of a sub-slot that is not on its way into the cache yet, if there is one. Thread: the
// core.
inline void prefetch_conference(CoreState& state, std::uint32_t& next) TUTTI_REALTIME {
  if (next == kNoSlot) return;
  base::prefetch(state.conferences.at(next));
  next = state.links_of_conferences[next].next;
}

// Thread: the core.
class Lookahead {
 public:
  // The state outlives it.
  explicit Lookahead(CoreState& state)
      : state_(state),
        members_(new Participant*[state.options.capacity.participants + kOutboundSteps]),
        awake_(new Participant*[state.options.capacity.participants + kStateSteps]),
        woken_members_(new Participant*[state.options.capacity.participants + kStateSteps]),
        awake_ends_(new std::uint32_t[state.options.capacity.conferences]) {}

  // A sub-slot's conferences from `conference` on, as far as they are due, and what of them is wanted first.
  void begin(std::uint32_t conference, const TickWheel::Turn& turn) TUTTI_REALTIME;

  // The members of the next conference that is due, in their order. Valid until begin().
  std::span<Participant* const> next(const Conference& conference) TUTTI_REALTIME {
    const std::span<Participant* const> members(members_.get() + passed_, conference.members.size());
    passed_ += conference.members.size();
    DCHECK(passed_ <= count_ && (members.empty() || slot_of(members.front()) == conference.members.first()));
    return members;
  }

  // Of the same one those who are not quiet. Valid until the next call.
  std::span<Participant* const> next_awake(std::span<Participant* const> members) TUTTI_REALTIME {
    const std::uint32_t begin = awake_passed_;
    awake_passed_ = awake_ends_[conferences_passed_++];
    const std::span<Participant* const> awake(awake_.get() + begin, awake_passed_ - begin);
    return state_.quiet.woken() == woken_ ? awake : look_again(members, awake);
  }

  // In three passes of the mix, so that no more is on its way at once than can be. Once for each member that
  // is listened to: what that reads, and the payload of who speaks. `place`: where next_awake() tells of it.
  void fetch_state(Participant* const& place) const TUTTI_REALTIME {
    Participant* const* const at = &place;
    at[kStateSteps]->prefetch();
    at[kWaitingSteps]->inbound.prefetch_waiting();
    at[kPayloadSteps]->inbound.prefetch_payload(state_.payloads);
  }
  // Once for each member that is handed something: what that reads. `place`: where next() tells of it.
  void fetch_outbound(Participant* const& place) const TUTTI_REALTIME {
    fetch_outbound_of((&place)[kOutboundSteps]);
  }
  // Told without a look at it.
  std::uint32_t slot_of(const Participant* member) const TUTTI_REALTIME {
    return static_cast<std::uint32_t>(member - participants_);
  }

 private:
  // Memory is some 150 ns away, a member takes 20 to 50: the state is fetched four small conferences ahead,
  // which packets wait, whose place the state tells, three, and their payload one.
  static constexpr std::uint32_t kStateSteps = 32;
  static constexpr std::uint32_t kWaitingSteps = 24;
  static constexpr std::uint32_t kPayloadSteps = 8;
  static constexpr std::uint32_t kOutboundSteps = 8;
  static constexpr std::uint32_t kConferencesAhead = 8;
  static constexpr std::uint32_t kMembersAhead = 4;  // conferences, too

  void fetch_outbound_of(const Participant* member) const TUTTI_REALTIME {
    member->prefetch_outbound();
    if (send_lines_.first != nullptr) send_lines_.prefetch(net::EndpointId{slot_of(member)});
  }
  std::span<Participant* const> look_again(std::span<Participant* const> members,
                                           std::span<Participant* const> awake) TUTTI_REALTIME;

  CoreState& state_;
  Participant* const participants_ = state_.participants.at(0);
  const net::SendLines send_lines_ = state_.port.send_lines();
  const std::unique_ptr<Participant*[]> members_;
  const std::unique_ptr<Participant*[]> awake_;          // of them, who was not quiet in begin()
  const std::unique_ptr<Participant*[]> woken_members_;  // of one conference, who is not now
  const std::unique_ptr<std::uint32_t[]> awake_ends_;    // by conference: where its own of awake_ end
  std::uint32_t count_ = 0;                              // of members_
  std::uint32_t awake_passed_ = 0;                       // by next_awake()
  std::uint32_t conferences_passed_ = 0;
  std::uint32_t woken_ = 0;   // in begin()
  std::uint32_t passed_ = 0;  // by next()
};

}  // namespace tutti::core
