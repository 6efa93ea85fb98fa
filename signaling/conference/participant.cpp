#include "signaling/conference/participant.h"

#include <utility>

#include "dataplane/base/check.h"
#include "signaling/conference/conference.h"

namespace tutti::conference {

void Participant::enter(ParticipantStatus next) {
  CHECK(may_follow(status_, next));
  const ParticipantStatus from = std::exchange(status_, next);
  announcer_.tell(*this, ParticipantStatusChanged{from, next});
}

void Participant::settle() {
  // On hold is who takes nothing from us: a listener (recvonly on its side) is not.
  const bool held = switches_.held || (plan_ && !sdp::may_send(plan_->direction));
  const ParticipantStatus next = held              ? ParticipantStatus::kOnHold
                                 : switches_.muted ? ParticipantStatus::kMuted
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

void Participant::set_switches(const Switches& switches) {
  switches_ = switches;
  if (in_call()) settle();
}

bool Participant::muted_by_itself() const {
  return plan_ && !switches_.held && sdp::may_send(plan_->direction) && !sdp::may_receive(plan_->direction);
}

ParticipantInfo Participant::info() const {
  ParticipantInfo info;
  info.id = identity_.id;
  info.dialog = identity_.dialog;
  info.conference = conference().name();
  info.uri = identity_.uri;
  info.display_name = identity_.display_name;
  info.role = role_;
  info.status = status_;
  info.dialled_out = identity_.dialled_out;
  info.entering_pin = entering_pin;
  info.waiting = inside && conference().waiting();
  info.muted = switches_.muted;
  info.deaf = switches_.deaf;
  info.held = switches_.held;
  info.gain_in_db = switches_.gain_in_db;
  info.gain_out_db = switches_.gain_out_db;
  info.local_rtp = identity_.endpoint.rtp;
  info.remote_rtp = latched_source;
  info.joined_at = place_.joined_at;
  info.talking = talking;
  info.muted_by_itself = muted_by_itself();
  if (plan_) {
    info.codec = plan_->codecs.front().codec;
    if (!latched_source.valid()) info.remote_rtp = plan_->remote_rtp;
  }
  return info;
}

}  // namespace tutti::conference
