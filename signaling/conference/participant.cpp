#include "signaling/conference/participant.h"

#include <utility>

#include "dataplane/base/check.h"
#include "signaling/conference/conference.h"

namespace tutti::conference {

void Participant::enter(ParticipantStatus next) {
  CHECK(may_follow(status_, next));
  status_ = next;
}

void Participant::settle() {
  // On hold is who takes nothing from us: a listener (recvonly on its side) is not.
  const bool held = plan_ && !sdp::may_send(plan_->direction);
  const ParticipantStatus next = held              ? ParticipantStatus::kOnHold
                                 : controls_.muted ? ParticipantStatus::kMuted
                                                   : ParticipantStatus::kActive;
  if (next != status_) enter(next);
}

void Participant::begin_call() {
  CHECK(status_ == ParticipantStatus::kJoining);
  settle();
}

void Participant::begin_leave() {
  enter(ParticipantStatus::kLeaving);
}

void Participant::end() {
  enter(ParticipantStatus::kLeft);
}

void Participant::set_plan(sdp::MediaPlan plan) {
  plan_ = std::move(plan);
  if (in_call()) settle();
}

void Participant::set_controls(const mailbox::MixControls& controls) {
  controls_ = controls;
  if (in_call()) settle();
}

ParticipantInfo Participant::info() const {
  ParticipantInfo info;
  info.id = identity_.id;
  info.dialog = identity_.dialog;
  info.conference = identity_.conference->name();
  info.uri = identity_.uri;
  info.display_name = identity_.display_name;
  info.status = status_;
  info.muted = controls_.muted;
  info.gain_in_db = controls_.gain_in_db;
  info.gain_out_db = controls_.gain_out_db;
  info.local_rtp = identity_.endpoint.rtp;
  info.remote_rtp = latched_source;
  info.joined_at = identity_.joined_at;
  if (plan_) {
    info.codec = plan_->codecs.front().codec;
    if (!latched_source.valid()) info.remote_rtp = plan_->remote_rtp;
  }
  return info;
}

}  // namespace tutti::conference
