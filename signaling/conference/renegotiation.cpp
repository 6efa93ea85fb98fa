#include "signaling/conference/renegotiation.h"

#include <utility>

#include "signaling/conference/local_media.h"
#include "signaling/conference/media_mapping.h"
#include "signaling/conference/refusal.h"

namespace tutti::conference {
namespace {

sdp::LocalMedia local_media_of(const Participant& participant, const MediaRules& rules) {
  const ParticipantIdentity& identity = participant.identity();
  return make_local_media(rules, identity.endpoint, identity.conference->name(), identity.session_id,
                          participant.session_version);
}

}  // namespace

void Renegotiation::on_reinvite(sip::DialogId dialog, const std::string& offer) {
  Participant* participant = host_.roster.find(dialog);
  if (participant == nullptr) return host_.dialogs().reject_reinvite(dialog, refuse(481));
  // Before the call is accepted, or while the first answer to our offer is on its way.
  if (!participant->in_call() || participant->plan() == nullptr) {
    return host_.dialogs().reject_reinvite(dialog, refuse(491));
  }
  if (host_.core_of(*participant).behind()) {
    // RFC 3261, 14.2: 500 with Retry-After asks for another try.
    sip::Rejection rejection = refuse(500);
    rejection.retry_after = host_.draw_retry_after();
    return host_.dialogs().reject_reinvite(dialog, rejection);
  }
  if (offer.empty()) return send_offer(*participant);
  const auto theirs = sdp::parse(offer);
  if (!theirs) return host_.dialogs().reject_reinvite(dialog, refuse_sdp(theirs.error()));
  auto answer = sdp::answer(*theirs, local_media_of(*participant, host_.config.media));
  if (!answer) return host_.dialogs().reject_reinvite(dialog, refuse_sdp(answer.error()));
  set_local_description(*participant, std::move(answer->description));
  agree(*participant, std::move(answer->plan));
  host_.dialogs().accept_reinvite(dialog, participant->local_description);
}

void Renegotiation::send_offer(Participant& participant) {
  set_local_description(participant, sdp::offer(local_media_of(participant, host_.config.media)));
  host_.dialogs().accept_reinvite(participant.identity().dialog, participant.local_description);
}

void Renegotiation::on_answer(sip::DialogId dialog, const std::string& sdp) {
  Participant* participant = host_.roster.find(dialog);
  if (participant == nullptr || !participant->in_call()) return;
  const auto ours = sdp::parse(participant->local_description);
  const auto theirs = sdp::parse(sdp);
  using Plan = base::Result<sdp::MediaPlan, sdp::SdpError>;
  auto plan = !ours     ? Plan(base::unexpected(ours.error()))
              : !theirs ? Plan(base::unexpected(theirs.error()))
                        : sdp::apply_answer(*ours, *theirs);
  if (plan) return agree(*participant, std::move(*plan));
  // Nothing was agreed before: there is no session to go on with.
  if (participant->plan() == nullptr) {
    leaving_.dismiss(*participant, std::string(sdp::to_string(plan.error().what)));
  }
}

void Renegotiation::on_established(sip::DialogId dialog) {
  Participant* participant = host_.roster.find(dialog);
  if (participant == nullptr || participant->plan() != nullptr) return;
  leaving_.dismiss(*participant, "No answer to our offer");
}

void Renegotiation::agree(Participant& participant, sdp::MediaPlan plan) {
  const sdp::MediaPlan* before = participant.plan();
  if (before != nullptr && *before == plan) return;  // a refresh
  const mailbox::MediaParameters media =
      to_media_parameters(plan, participant.identity().endpoint, host_.config.media);
  participant.set_plan(std::move(plan));
  host_.core_of(participant).post(mailbox::UpdateMedia{participant.identity().handle, media});
}

}  // namespace tutti::conference
