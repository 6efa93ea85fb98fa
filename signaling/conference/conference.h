// Conference: one room: its state, its settings, who is in it, and as which shares it is mixed.
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
#include "signaling/conference/announcer.h"
#include "signaling/conference/conference_info.h"
#include "signaling/conference/participant_status.h"
#include "signaling/conference/settings.h"

namespace tutti::conference {

// One share of a conference, open on a core.
struct Seat {
  std::size_t core = 0;
  mailbox::ConferenceHandle share;
  std::size_t participants = 0;  // that hold a place there, those who are leaving included
  std::uint32_t last_slot = 0;   // of who came last
  // What its core had counted when it was opened, for the statistics.
  base::Instant opened_at{};
  std::uint64_t core_ticks = 0;
  std::uint64_t core_late_ticks = 0;
};

class Conference {
 public:
  // Creating. An empty name: its id is its name. `settings` have no fault (find_fault).
  Conference(ConferenceId id, std::string name, ConferenceSettings settings, base::Instant now,
             const Announcer& announcer);

  ConferenceId id() const { return id_; }
  const std::string& public_id() const { return public_id_; }
  const std::string& name() const { return name_; }
  base::Instant created_at() const { return created_at_; }
  std::chrono::system_clock::time_point created_wall() const { return created_wall_; }
  ConferenceState state() const { return state_; }
  bool ending() const { return state_ >= ConferenceState::kTerminating; }
  // False, and nothing done, where the state machine has no such step. Announces the step.
  bool try_enter(ConferenceState next);
  // It admits nobody, or did not when it began to end.
  bool locked() const { return locked_; }

  const ConferenceSettings& settings() const { return settings_; }
  // `settings` have no fault.
  void set_settings(ConferenceSettings settings) { settings_ = std::move(settings); }

  // Whether one more who is counted would be too many: moderators are not counted, nor is who may turn out to
  // be one.
  bool full() const { return settings_.max_participants != 0 && counted_ >= settings_.max_participants; }
  // Nobody hears anybody.
  bool waiting() const { return settings_.wait_for_moderator && moderators_ == 0; }
  // It does not end for want of participants.
  bool stays_empty() const { return settings_.permanent || reserved; }
  // Of those who are let in (Participant::inside).
  std::size_t inside() const { return inside_; }
  std::size_t moderators() const { return moderators_; }

  void add(ParticipantId participant);
  // It is on its way out: counts no longer, but still holds its place on the core.
  void begin_leave(ParticipantId participant);
  // It is out.
  void remove(ParticipantId participant);
  // What it had of packets here stays in the statistics.
  void keep_packets(const ParticipantInfo& stay) {
    past_packets_received += stay.packets_received;
    past_packets_lost += stay.packets_lost;
  }
  // In the order they came; leaving ones included.
  const std::set<ParticipantId>& participants() const { return participants_; }
  std::size_t present() const { return present_; }

  // Moderation's business: one more or one less of these.
  void count_inside(int change) { inside_ += static_cast<std::size_t>(change); }
  void count_moderator(int change) { moderators_ += static_cast<std::size_t>(change); }
  void count_place(int change) { counted_ += static_cast<std::size_t>(change); }

  // Made ahead of its participants, of whom none was let in yet: whoever is not let in does not end it. What
  // bounds it is its duration, and max_rooms.
  bool reserved = false;
  // Who talks now.
  std::set<ParticipantId> talkers;
  ParticipantId active_speaker{};
  // What those who have left had of packets, and how many they were with those who are here.
  std::uint64_t participants_total = 0;
  std::uint64_t past_packets_received = 0;
  std::uint64_t past_packets_lost = 0;
  double past_ticks = 0;  // of shares that are closed
  double past_late_ticks = 0;
  std::string end_reason = "Everyone left";
  // An error is told once a second at most; who comes and goes in a crowd is heard as one.
  base::Instant complain_after{};
  base::Instant signal_after{};

  // By the share's number; none while nobody is in it: an empty conference costs a core nothing. Seating's
  // business.
  std::map<std::uint32_t, Seat> seats;
  bool sits_on(std::size_t core) const;
  // Of its shares on that core that hold fewer than `bound`, the number of the one with the fewest.
  std::optional<std::uint32_t> find_seat(std::size_t core, std::size_t bound) const;
  // For one more share; empty when there are as many as there may be. A number that has become free is taken
  // last: what was heard of its share may still be fading out.
  std::optional<std::uint32_t> free_number() const;
  std::uint32_t last_number = mailbox::kSharesMax - 1;  // that was taken

  ConferenceInfo info() const;

 private:
  const Announcer& announcer_;
  const ConferenceId id_;
  const std::string public_id_;  // conf_ and a UUID
  std::string name_;
  const base::Instant created_at_;
  const std::chrono::system_clock::time_point created_wall_ = std::chrono::system_clock::now();
  ConferenceSettings settings_;
  ConferenceState state_ = ConferenceState::kCreating;
  bool locked_ = false;
  std::set<ParticipantId> participants_;  // ids grow, so the order is that of coming
  std::size_t present_ = 0;
  std::size_t counted_ = 0;
  std::size_t inside_ = 0;
  std::size_t moderators_ = 0;
};

}  // namespace tutti::conference
