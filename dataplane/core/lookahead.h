// Lookahead: walks the members of a sub-slot's conferences some steps ahead of who mixes them, and fetches
// into the cache what the mix will read of them.
#pragma once

#include <array>
#include <cstdint>

#include "dataplane/base/prefetch.h"
#include "dataplane/base/realtime.h"
#include "dataplane/core/core_state.h"

namespace tutti::core {

// What is told of a conference's members in dense arrays, as far as they are neighbours. Thread: the core.
inline void prefetch_members(const CoreState& state, const Conference& conference) TUTTI_REALTIME {
  const std::uint32_t first = conference.members.first();
  if (first == kNoSlot) return;
  base::prefetch(state.links_of_members.get() + first);
  state.quiet.prefetch(first);
}

// Made anew for each sub-slot. Thread: the core.
class Lookahead {
 public:
  Lookahead(CoreState& state, std::uint32_t first_conference) TUTTI_REALTIME : state_(state),
                                                                               near_(state, first_conference),
                                                                               far_(state, first_conference) {
    fetched_.fill(kNoSlot);
    for (std::uint32_t i = 0; i < kStateSteps && far_.member() != kNoSlot; ++i) fetch_state();
    for (std::uint32_t i = 0; i < kOutboundSteps && near_.member() != kNoSlot; ++i) fetch_outbound();
  }

  // In two passes of the mix, so that no more is on its way at once than can be. Once for each member that is
  // listened to: what that reads.
  void fetch_state() TUTTI_REALTIME {
    while (far_.member() != kNoSlot && state_.quiet.quiet(far_.member())) far_.advance();
    std::uint32_t& place = fetched_[steps_++ % kWaitingSteps];
    if (place != kNoSlot) state_.participants[place].inbound.prefetch_waiting();
    place = far_.member();
    if (place == kNoSlot) return;
    state_.participants[place].prefetch();
    far_.advance();
  }
  // Once for each member that is handed something: what that reads of who is quiet; of the others the state
  // has been fetched, and here the payload of who speaks.
  void fetch_outbound() TUTTI_REALTIME {
    if (near_.member() == kNoSlot) return;
    const Participant& participant = state_.participants[near_.member()];
    send_lines_.prefetch(net::EndpointId{near_.member()});
    if (state_.quiet.quiet(near_.member())) {
      participant.prefetch_outbound();
    } else if (participant.speaking) {
      participant.inbound.prefetch_payload(state_.payloads);
    }
    near_.advance();
  }

 private:
  // Memory is some 150 ns away, a member takes 20 to 50: the state is fetched four small conferences ahead,
  // which packets wait, whose place the state tells, three, and their payload one.
  static constexpr std::uint32_t kStateSteps = 32;
  static constexpr std::uint32_t kWaitingSteps = 8;  // after the state
  static constexpr std::uint32_t kOutboundSteps = 8;

  class Walk {
   public:
    Walk(CoreState& state, std::uint32_t conference) TUTTI_REALTIME : state_(state), conference_(conference) {
      if (conference_ != kNoSlot) member_ = state_.conferences[conference_].members.first();
      settle();
    }
    std::uint32_t member() const TUTTI_REALTIME { return member_; }
    void advance() TUTTI_REALTIME {
      member_ = state_.links_of_members[member_].next;
      settle();
    }

   private:
    // On to the next conference that has members.
    void settle() TUTTI_REALTIME {
      while (member_ == kNoSlot && conference_ != kNoSlot) {
        conference_ = state_.links_of_conferences[conference_].next;
        if (conference_ != kNoSlot) member_ = state_.conferences[conference_].members.first();
      }
    }

    CoreState& state_;
    std::uint32_t conference_;
    std::uint32_t member_ = kNoSlot;
  };

  CoreState& state_;
  const net::SendLines send_lines_ = state_.port.send_lines();
  Walk near_;
  Walk far_;
  std::uint32_t steps_ = 0;
  std::array<std::uint32_t, kWaitingSteps> fetched_;  // the last ones that far_ has passed, round
};

}  // namespace tutti::core
