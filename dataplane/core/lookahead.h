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

// What is told of a conference's members in dense arrays, as far as they are neighbours. Thread: the core.
inline void prefetch_members(const CoreState& state, const Conference& conference) TUTTI_REALTIME {
  const std::uint32_t first = conference.members.first();
  if (first == kNoSlot) return;
  base::prefetch(state.links_of_members.get() + first);
  state.quiet.prefetch(first);
}

// The next conference of a sub-slot that is not on its way into the cache yet, if there is one.
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
        members_(new std::uint32_t[state.options.capacity.participants]),
        awake_(new std::uint32_t[state.options.capacity.participants]),
        awake_ends_(new std::uint32_t[state.options.capacity.conferences]) {}

  // A sub-slot's conferences from `conference` on, as far as they are due, and what of them is wanted first.
  void begin(std::uint32_t conference, const TickWheel::Turn& turn) TUTTI_REALTIME;

  // The members of the next conference that is due, in their order. Valid until begin().
  std::span<const std::uint32_t> next(const Conference& conference) TUTTI_REALTIME {
    const std::span members(members_.get() + passed_, conference.members.size());
    passed_ += conference.members.size();
    DCHECK(members_.get() + passed_ <= end_ &&
           (members.empty() || members.front() == conference.members.first()));
    return members;
  }

  // Of the same one those who are not quiet; or all of them, where that may have changed since begin().
  std::span<const std::uint32_t> next_awake(std::span<const std::uint32_t> members) TUTTI_REALTIME {
    const std::uint32_t begin = awake_passed_;
    awake_passed_ = awake_ends_[conferences_passed_++];
    if (state_.quiet.woken() != woken_) return members;
    return std::span(awake_.get() + begin, awake_passed_ - begin);
  }

  // In two passes of the mix, so that no more is on its way at once than can be. Once for each member that is
  // listened to: what that reads.
  void fetch_state() TUTTI_REALTIME {
    const std::uint32_t step = listened_++;
    if (step + kStateSteps < awake_count_) participant(awake_[step + kStateSteps]).prefetch();
    if (step + kWaitingSteps < awake_count_)
      participant(awake_[step + kWaitingSteps]).inbound.prefetch_waiting();
  }
  // Once for each member that is handed something: what that reads of who is quiet; of the others the state
  // has been fetched, and here the payload of who speaks.
  // `place`: where next() tells of that member.
  void fetch_outbound(const std::uint32_t& place) TUTTI_REALTIME {
    if (const std::uint32_t* const next = &place + kOutboundSteps; next < end_) fetch_outbound_of(*next);
  }

 private:
  // Memory is some 150 ns away, a member takes 20 to 50: the state is fetched four small conferences ahead,
  // which packets wait, whose place the state tells, three, and their payload one.
  static constexpr std::uint32_t kStateSteps = 32;
  static constexpr std::uint32_t kWaitingSteps = 24;
  static constexpr std::uint32_t kOutboundSteps = 8;
  static constexpr std::uint32_t kConferencesAhead = 8;

  const Participant& participant(std::uint32_t slot) const TUTTI_REALTIME { return participants_[slot]; }
  void fetch_outbound_of(std::uint32_t slot) TUTTI_REALTIME {
    send_lines_.prefetch(net::EndpointId{slot});
    const Participant& member = participant(slot);
    if (state_.quiet.quiet(slot)) {
      member.prefetch_outbound();
    } else if (member.speaking) {
      member.inbound.prefetch_payload(state_.payloads);
    }
  }

  CoreState& state_;
  const Participant* const participants_ = state_.participants.at(0);
  const net::SendLines send_lines_ = state_.port.send_lines();
  const std::unique_ptr<std::uint32_t[]> members_;
  const std::unique_ptr<std::uint32_t[]> awake_;       // of them, who was not quiet in begin()
  const std::uint32_t* end_ = nullptr;                 // of members_
  const std::unique_ptr<std::uint32_t[]> awake_ends_;  // by conference: where its own of them end
  std::uint32_t awake_count_ = 0;
  std::uint32_t awake_passed_ = 0;  // by next_awake()
  std::uint32_t conferences_passed_ = 0;
  std::uint32_t woken_ = 0;     // in begin()
  std::uint32_t passed_ = 0;    // by next()
  std::uint32_t listened_ = 0;  // calls of fetch_state()
};

inline void Lookahead::begin(std::uint32_t conference, const TickWheel::Turn& turn) TUTTI_REALTIME {
  const SlotLinks* const conferences = state_.links_of_conferences.get();
  const SlotLinks* const links = state_.links_of_members.get();
  std::uint32_t to_fetch = conference;
  for (std::uint32_t i = 0; i < kConferencesAhead; ++i) prefetch_conference(state_, to_fetch);
  std::uint32_t count = 0;
  std::uint32_t awake_count = 0;
  std::uint32_t conference_count = 0;
  for (; conference != kNoSlot; conference = conferences[conference].next) {
    prefetch_conference(state_, to_fetch);
    const Conference& next = state_.conferences[conference];
    if (!due(next, turn)) continue;
    for (std::uint32_t slot = next.members.first(); slot != kNoSlot; slot = links[slot].next) {
      members_[count++] = slot;
      awake_[awake_count] = slot;
      awake_count += state_.quiet.quiet(slot) ? 0 : 1;
    }
    awake_ends_[conference_count++] = awake_count;
  }
  end_ = members_.get() + count;
  awake_count_ = awake_count;
  passed_ = awake_passed_ = conferences_passed_ = listened_ = 0;
  woken_ = state_.quiet.woken();
  for (std::uint32_t i = 0; i < kStateSteps && i < awake_count; ++i) participant(awake_[i]).prefetch();
  for (std::uint32_t i = 0; i < kWaitingSteps && i < awake_count; ++i)
    participant(awake_[i]).inbound.prefetch_waiting();
  for (std::uint32_t i = 0; i < kOutboundSteps && i < count; ++i) fetch_outbound_of(members_[i]);
}

}  // namespace tutti::core
