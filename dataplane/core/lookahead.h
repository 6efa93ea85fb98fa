// Lookahead: a sub-slot's conferences and their members in the order in which they are mixed, told some steps
// before, so that what the mix reads of them is fetched into the cache.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "dataplane/base/prefetch.h"
#include "dataplane/base/realtime.h"
#include "dataplane/core/core_state.h"
#include "dataplane/core/roster.h"

namespace tutti::core {

// Thread: the core.
class Lookahead {
 public:
  // The state outlives it.
  explicit Lookahead(CoreState& state);

  // A sub-slot's conferences, as far as they are due, and what of them is wanted first. Returns how many.
  std::uint32_t begin(const TickWheel::Turn& turn) TUTTI_REALTIME;

  // From the `first` conference on so many that have that many members together, or a little more. Returns
  // the one behind them, at most begin()'s.
  std::uint32_t step(std::uint32_t first, std::uint32_t members) const TUTTI_REALTIME;
  // Theirs. Valid until begin().
  std::span<Participant* const> members(std::uint32_t first, std::uint32_t end) const TUTTI_REALTIME {
    const std::uint32_t before = roster_->members_before(first);
    return roster_->members().subspan(before, roster_->members_before(end) - before);
  }

  // The i-th conference: to be asked in their order, for each once. It has come from memory by now.
  Conference& conference(std::uint32_t i) const TUTTI_REALTIME {
    base::prefetch(roster_->conference(i + kConferenceSteps));
    return *roster_->conference(i);
  }
  // Of the members of the same one those who are not quiet. Valid until the next call.
  std::span<Participant* const> awake(std::uint32_t i) TUTTI_REALTIME {
    const std::uint32_t begin = i == 0 ? 0 : awake_ends_[i - 1];
    const std::span<Participant* const> awake(awake_.get() + begin, awake_ends_[i] - begin);
    return state_.quiet.woken() == woken_ ? awake : look_again(members(i, i + 1), awake);
  }

  // In three passes of the mix, so that no more is on its way at once than can be. Once for each member that
  // is listened to: what that reads, and the payload of who speaks. `place`: where awake() tells of it.
  void fetch_state(Participant* const& place) const TUTTI_REALTIME {
    Participant* const* const at = &place;
    at[kStateSteps]->prefetch();
    at[kWaitingSteps]->inbound.prefetch_waiting();
    fetch_payload_of(at[kPayloadSteps]);
  }
  // Once for each member that is handed something: what that reads. `place`: where members() tells of it.
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
  // Of conferences of two or three, too.
  static constexpr std::uint32_t kConferenceSteps = 8;
  static_assert(kOutboundSteps <= Roster::kBeyond && kConferenceSteps <= Roster::kBeyond);
  static_assert(Roster::kBeyond <= kStateSteps);  // so many are copied too far

  void fetch_payload_of(const Participant* member) const TUTTI_REALTIME {
    member->inbound.prefetch_payload(member->shelf);
  }
  void fetch_outbound_of(const Participant* member) const TUTTI_REALTIME {
    member->prefetch_outbound();
    if (send_lines_.any()) send_lines_.prefetch(net::EndpointId{slot_of(member)});
  }
  std::uint32_t tell_awake() TUTTI_REALTIME;
  std::uint32_t tell_awake_of(std::uint32_t i, Participant** out) TUTTI_REALTIME;
  std::uint32_t ask_each(std::span<Participant* const> members, Participant** out) const TUTTI_REALTIME;
  void fetch_marks_of(std::uint32_t conference) const TUTTI_REALTIME;
  std::span<Participant* const> look_again(std::span<Participant* const> members,
                                           std::span<Participant* const> awake) TUTTI_REALTIME;

  CoreState& state_;
  Participant* const participants_ = state_.participants.at(0);
  Conference* const conferences_ = state_.conferences.at(0);
  const net::EndpointLines send_lines_ = state_.port.send_lines();
  std::vector<Roster> rosters_;                          // by sub-slot
  const Roster* roster_;                                 // of begin()
  const std::unique_ptr<Participant*[]> awake_;          // of its members, who was not quiet in begin()
  const std::unique_ptr<Participant*[]> woken_members_;  // of one conference, who is not now
  const std::unique_ptr<std::uint32_t[]> awake_ends_;    // by conference: where its own of awake_ end
  std::uint32_t woken_ = 0;                              // in begin()
};

}  // namespace tutti::core
