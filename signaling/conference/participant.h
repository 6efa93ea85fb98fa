// Participant: one caller: its dialog, its agreed media, its ports, its place on a core.
//
// Source: RFC 4353.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "dataplane/base/clock.h"
#include "dataplane/base/socket_address.h"
#include "dataplane/mailbox/core_command.h"
#include "dataplane/mailbox/handles.h"
#include "signaling/conference/conference_info.h"
#include "signaling/conference/media_plane.h"
#include "signaling/conference/participant_status.h"
#include "signaling/sdp/negotiation.h"
#include "signaling/sip/dialog_control.h"

namespace tutti::conference {

class Conference;

// What of a participant never changes.
struct ParticipantIdentity {
  ParticipantId id{};
  sip::DialogId dialog{};
  std::string uri;
  std::string display_name;
  Conference* conference = nullptr;  // outlives it: a conference goes when it is empty
  std::size_t core = 0;
  std::uint32_t seat = 0;  // the number of its share
  mailbox::ParticipantHandle handle;
  MediaEndpoint endpoint;
  std::uint64_t session_id = 0;  // of o=
  std::chrono::system_clock::time_point joined_at;
};

class Participant {
 public:
  explicit Participant(ParticipantIdentity identity) : identity_(std::move(identity)) {}

  const ParticipantIdentity& identity() const { return identity_; }
  ParticipantStatus status() const { return status_; }
  // Neither on its way out nor gone.
  bool present() const { return status_ < ParticipantStatus::kLeaving; }
  // Accepted, and still here.
  bool in_call() const { return present() && status_ != ParticipantStatus::kJoining; }

  // Steps of its life; a step that there is not is our mistake.
  void begin_call();   // the core has it, 200 is on its way
  void begin_leave();  // from anywhere before
  void end();

  // What was agreed last; null between a delayed offer and its answer.
  const sdp::MediaPlan* plan() const { return plan_ ? &*plan_ : nullptr; }
  void set_plan(sdp::MediaPlan plan);
  // What an operator asked for: mute and gain.
  const mailbox::MixControls& controls() const { return controls_; }
  void set_controls(const mailbox::MixControls& controls);

  // What this end sent last, as written: an answer, or an offer, or either again as a refresh. Parsed it
  // would be four times as much, for as long as the call lasts.
  std::string local_description;
  std::uint64_t session_version = 1;
  base::SocketAddress latched_source;  // not valid() before the core told one

  ParticipantInfo info() const;

 private:
  void enter(ParticipantStatus next);
  void settle();  // between Active, OnHold and Muted

  const ParticipantIdentity identity_;
  ParticipantStatus status_ = ParticipantStatus::kJoining;
  std::optional<sdp::MediaPlan> plan_;
  mailbox::MixControls controls_;
};

}  // namespace tutti::conference
