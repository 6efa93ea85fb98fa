// Participant: one caller: its dialog, its agreed media, its ports, its role, its place on a core.
//
// Source: RFC 4353.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "dataplane/base/clock.h"
#include "dataplane/base/socket_address.h"
#include "dataplane/mailbox/core_command.h"
#include "dataplane/mailbox/core_event.h"
#include "dataplane/mailbox/handles.h"
#include "signaling/conference/announcer.h"
#include "signaling/conference/conference_info.h"
#include "signaling/conference/media_plane.h"
#include "signaling/conference/participant_status.h"
#include "signaling/sdp/negotiation.h"
#include "signaling/sip/dialog_control.h"

namespace tutti::conference {

class Conference;
struct MediaRules;

// What of a participant never changes.
struct ParticipantIdentity {
  ParticipantId id{};
  sip::DialogId dialog{};
  std::string uri;
  std::string display_name;
  bool dialled_out = false;
  std::size_t core = 0;
  mailbox::ParticipantHandle handle;
  MediaEndpoint endpoint;
  std::uint64_t session_id = 0;                   // of o=
  std::shared_ptr<const MediaRules> media_rules;  // as it came: a reload changes no call's media
};

// Where it is, and since when. The conference outlives it: it goes when it is empty.
struct Place {
  Conference* conference = nullptr;
  std::uint32_t seat = 0;  // the number of the share on its core
  std::chrono::system_clock::time_point joined_at;
  base::Instant since;  // the same by the clock that is never set: a stay is measured by it
  // What was told of its packets in the places before: its core counts those of the whole call.
  mailbox::ParticipantTotals told_before;
};

// What an operator asked for, each for itself.
struct Switches {
  bool muted = false;
  bool deaf = false;
  bool held = false;
  std::int8_t gain_in_db = 0;
  std::int8_t gain_out_db = 0;
  bool operator==(const Switches&) const = default;
};

class Participant {
 public:
  Participant(ParticipantIdentity identity, const Place& place, ParticipantRole role,
              const Announcer& announcer)
      : announcer_(announcer), identity_(std::move(identity)), place_(place), role_(role) {}

  const ParticipantIdentity& identity() const { return identity_; }
  Conference& conference() const { return *place_.conference; }
  std::uint32_t seat() const { return place_.seat; }
  const Place& place() const { return place_; }
  void set_place(const Place& place) { place_ = place; }

  ParticipantRole role() const { return role_; }
  bool moderates() const { return role_ == ParticipantRole::kModerator; }
  void set_role(ParticipantRole role) { role_ = role; }

  ParticipantStatus status() const { return status_; }
  // Neither on its way out nor gone.
  bool present() const { return status_ < ParticipantStatus::kLeaving; }
  // Accepted, and still here.
  bool in_call() const { return present() && status_ != ParticipantStatus::kJoining; }

  // Steps of its life, each announced; a step that there is not is our mistake.
  void begin_call();   // the core has it, and its call is accepted
  void begin_leave();  // from anywhere before
  void end();

  // What was agreed last; null between our offer and its first answer.
  const sdp::MediaPlan* plan() const { return plan_ ? &*plan_ : nullptr; }
  void set_plan(sdp::MediaPlan plan);
  // Its SDP says that it sends nothing, of its own accord.
  bool muted_by_itself() const;
  const Switches& switches() const { return switches_; }
  void set_switches(const Switches& switches);

  // What this end sent last, as written: an answer, or an offer, or either again as a refresh; the dialog
  // keeps the same one. Parsed it would be four times as much, for as long as the call lasts.
  base::SharedText local_description;
  std::uint64_t session_version = 1;
  base::SocketAddress latched_source;  // not valid() before the core told one
  mailbox::MixControls controls;       // as the core was told last; Moderation's business
  bool attached = false;               // the core has it
  bool established = false;            // its call is acknowledged: a re-INVITE of ours may go out
  // The most that we wanted by our last offer or answer.
  sdp::Direction told = sdp::Direction::kSendRecv;
  bool accepted = false;  // of one that was called: its 200 came
  bool inside = false;    // it is let in: no PIN is owed. Moderation's business
  bool entering_pin = false;
  bool counted = false;  // it takes one of max_participants
  bool talking = false;
  bool coaches = false;  // it is heard by its coachees alone
  std::string leave_reason;

  // Of what the focus knows; the core's reports are the statistics' business.
  ParticipantInfo info() const;

 private:
  void enter(ParticipantStatus next);
  void settle();  // between Active, OnHold and Muted

  const Announcer& announcer_;
  const ParticipantIdentity identity_;
  Place place_;
  ParticipantRole role_;
  ParticipantStatus status_ = ParticipantStatus::kJoining;
  Switches switches_;
  std::optional<sdp::MediaPlan> plan_;
};

}  // namespace tutti::conference
