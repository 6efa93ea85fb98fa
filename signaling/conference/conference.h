// Conference: one room: its state, its rules, who is in it, and as which shares it is mixed.
//
// Source: RFC 4353.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>

#include "dataplane/base/clock.h"
#include "dataplane/mailbox/handles.h"
#include "signaling/conference/conference_info.h"
#include "signaling/conference/participant_status.h"

namespace tutti::conference {

// One share of a conference, open on a core.
struct Seat {
  std::size_t core = 0;
  mailbox::ConferenceHandle share;
  std::size_t participants = 0;  // that hold a place there, those who are leaving included
  std::uint32_t last_slot = 0;   // of who came last
};

class Conference {
 public:
  // Active at once, or Locked. `max_participants` 0 = none.
  Conference(ConferenceId id, std::string name, bool permanent, std::uint32_t max_participants, bool locked,
             base::Instant now);

  ConferenceId id() const { return id_; }
  const std::string& public_id() const { return public_id_; }
  const std::string& name() const { return name_; }
  bool permanent() const { return permanent_; }
  ConferenceState state() const { return state_; }
  // False, and nothing done, where the state machine has no such step.
  bool try_enter(ConferenceState next);

  // Whether one more would be too many.
  bool full() const { return max_participants_ != 0 && present_ >= max_participants_; }

  void add(ParticipantId participant);
  // It is on its way out: counts no longer, but still holds its place on the core.
  void begin_leave(ParticipantId participant);
  // It is out.
  void remove(ParticipantId participant);
  // In the order they came; leaving ones included.
  const std::set<ParticipantId>& participants() const { return participants_; }

  // By the share's number; none while nobody is in it: an empty conference costs a core nothing. Seating's
  // business.
  std::map<std::uint32_t, Seat> seats;
  bool sits_on(std::size_t core) const;
  // Of its shares on that core that hold fewer than `bound`, the number of the one with the fewest.
  std::optional<std::uint32_t> find_seat(std::size_t core, std::size_t bound) const;
  // For one more share; empty when there are as many as there may be.
  std::optional<std::uint32_t> free_number() const;

  ConferenceInfo info() const;

 private:
  const ConferenceId id_;
  const std::string public_id_;  // conf_ and a UUID
  const std::string name_;
  const bool permanent_;
  const std::uint32_t max_participants_;
  const base::Instant created_at_;
  const std::chrono::system_clock::time_point created_wall_ = std::chrono::system_clock::now();
  ConferenceState state_ = ConferenceState::kCreating;
  std::set<ParticipantId> participants_;  // ids grow, so the order is that of coming
  std::size_t present_ = 0;
};

}  // namespace tutti::conference
