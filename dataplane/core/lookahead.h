// Lookahead: walks the members of a sub-slot's conferences some steps ahead of who mixes them, and fetches
// into the cache what the mix will read of them.
#pragma once

#include <cstdint>

#include "dataplane/base/realtime.h"
#include "dataplane/core/core_state.h"

namespace tutti::core {

// Made anew for each sub-slot. Thread: the core.
class Lookahead {
 public:
  Lookahead(CoreState& state, std::uint32_t first_conference) TUTTI_REALTIME : state_(state),
                                                                               near_(state, first_conference),
                                                                               far_(state, first_conference) {
    for (int i = 0; i < kStateSteps; ++i) fetch_state();
    for (int i = 0; i < kOutboundSteps; ++i) fetch_outbound();
  }

  // In two passes of the mix, so that no more is on its way at once than can be. Once for each member that is
  // listened to: what that reads.
  void fetch_state() TUTTI_REALTIME {
    while (far_.member() != kNoSlot && state_.quiet.quiet(far_.member())) far_.advance();
    if (far_.member() == kNoSlot) return;
    state_.participants[far_.member()].prefetch();
    far_.advance();
  }
  // Once for each member that is handed something: what that reads, and the payload of who speaks.
  void fetch_outbound() TUTTI_REALTIME {
    if (near_.member() == kNoSlot) return;
    const Participant& participant = state_.participants[near_.member()];
    participant.prefetch_outbound();
    if (!state_.quiet.quiet(near_.member()) && participant.speaking) {
      participant.inbound.prefetch_payload(state_.payloads);
    }
    near_.advance();
  }

 private:
  // Memory is some 100 ns away, a member takes 20 to 50: the state is fetched two small conferences ahead,
  // the payload, whose place the state tells, one.
  static constexpr int kStateSteps = 16;
  static constexpr int kOutboundSteps = 8;

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
        conference_ = state_.conferences[conference_].links.next;
        if (conference_ != kNoSlot) member_ = state_.conferences[conference_].members.first();
      }
    }

    CoreState& state_;
    std::uint32_t conference_;
    std::uint32_t member_ = kNoSlot;
  };

  CoreState& state_;
  Walk near_;
  Walk far_;
};

}  // namespace tutti::core
