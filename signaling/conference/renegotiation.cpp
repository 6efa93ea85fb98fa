#include "signaling/conference/renegotiation.h"

#include <algorithm>
#include <chrono>
#include <string>
#include <utility>

#include "signaling/conference/local_media.h"
#include "signaling/conference/media_mapping.h"
#include "signaling/conference/refusal.h"

namespace tutti::conference {
namespace {

// RFC 3261, 14.1: who owns the Call-ID waits 2.1 to 4 s after a 491, the other one up to 2 s; no matter how
// often, for the operator's wish stands.
constexpr std::chrono::milliseconds kGlareWaitOwner{2'100};
constexpr std::chrono::milliseconds kGlareWaitOther{10};
constexpr int kGlareSpreadMs = 1'900;

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
  auto answer = sdp::answer(*theirs, make_local_media(*participant));
  if (!answer) return host_.dialogs().reject_reinvite(dialog, refuse_sdp(answer.error()));
  set_local_description(*participant, std::move(answer->description));
  participant->told = wished_direction(*participant);
  agree(*participant, std::move(answer->plan));
  host_.dialogs().accept_reinvite(dialog, participant->local_description);
}

void Renegotiation::send_offer(Participant& participant) {
  const sip::DialogId dialog = participant.identity().dialog;
  if (!describe_offer(participant)) return host_.dialogs().reject_reinvite(dialog, refuse(500));
  host_.dialogs().accept_reinvite(dialog, participant.local_description);
}

bool Renegotiation::describe_offer(Participant& participant) {
  const auto session = sdp::parse(participant.local_description.str());
  // The answer to an offer just within the bounds of what is read may lie beyond them.
  if (!session) return false;
  participant.told = wished_direction(participant);
  set_local_description(participant,
                        sdp::offer_within(*session, *participant.plan(), make_local_media(participant)));
  return true;
}

void Renegotiation::on_answer(Participant& participant, const std::string& sdp) {
  if (!participant.in_call()) return;
  const auto ours = sdp::parse(participant.local_description.str());
  const auto theirs = sdp::parse(sdp);
  using Plan = base::Result<sdp::MediaPlan, sdp::SdpError>;
  auto plan = !ours     ? Plan(base::unexpected(ours.error()))
              : !theirs ? Plan(base::unexpected(theirs.error()))
                        : sdp::apply_answer(*ours, *theirs);
  host_.pending_offers.erase(participant.identity().id);
  if (plan) {
    agree(participant, std::move(*plan));
    return offer_again(participant);
  }
  const std::string detail(sdp::to_string(plan.error().what));
  // Nothing was agreed before: there is no session to go on with.
  const bool first = participant.plan() == nullptr;
  host_.announcer.tell(participant, ParticipantFailed{ConferenceError::kMediaFailed,
                                                      first ? detail : "Its answer to our offer: " + detail});
  if (first) return leaving_.dismiss(participant, detail);
  // Its media go on as they were. It took the offer, which is what was said last.
  offer_again(participant);
}

void Renegotiation::on_established(Participant& participant) {
  participant.established = true;
  if (participant.plan() != nullptr) return offer_again(participant);
  host_.announcer.tell(participant,
                       ParticipantFailed{ConferenceError::kMediaFailed, "No answer to our offer"});
  leaving_.dismiss(participant, "No answer to our offer");
}

void Renegotiation::set_held(Participant& participant, bool held) {
  Switches switches = participant.switches();
  switches.held = held;
  participant.set_switches(switches);
  moderation_.apply(participant);
  offer_again(participant);
}

void Renegotiation::offer_again(Participant& participant) {
  // What it was told last and what it shall be told: where they differ an offer is due, once nothing is under
  // way.
  if (!participant.in_call() || !participant.established || participant.plan() == nullptr) return;
  if (wished_direction(participant) == participant.told) return;
  if (host_.pending_offers.count(participant.identity().id) > 0) return;
  host_.deadlines.cancel(DeadlineKind::kOffer, participant.identity().id);
  offer_change(participant);
}

void Renegotiation::offer_change(Participant& participant) {
  const PendingOffer pending{participant.local_description, participant.told};
  const std::uint64_t version = participant.session_version;
  if (!describe_offer(participant)) return;  // it holds in the mix all the same
  if (host_.dialogs().reinvite(participant.identity().dialog, participant.local_description)) {
    host_.pending_offers[participant.identity().id] = pending;
    return;
  }
  // Nobody has heard of it.
  participant.local_description = pending.before;
  participant.told = pending.told;
  participant.session_version = version;
  offer_later(participant);
}

void Renegotiation::offer_later(const Participant& participant, std::chrono::seconds wait) {
  const auto least = participant.identity().dialled_out ? kGlareWaitOwner : kGlareWaitOther;
  host_.deadlines.set(DeadlineKind::kOffer, participant.identity().id,
                      host_.now + std::max<std::chrono::milliseconds>(wait, least) +
                          std::chrono::milliseconds(host_.draw_below(kGlareSpreadMs)));
}

void Renegotiation::on_rejected(Participant& participant, int status,
                                std::optional<std::chrono::seconds> retry_after) {
  const auto pending = host_.pending_offers.find(participant.identity().id);
  if (pending == host_.pending_offers.end()) return;
  // The session goes on as it was (RFC 3261, 14.1): later refreshes say what was said before.
  participant.local_description = std::move(pending->second.before);
  const sdp::Direction told_before = pending->second.told;
  host_.pending_offers.erase(pending);
  // With Retry-After it is not this offer that displeases (RFC 3261, 14.2 and 21.5.4).
  if (status == 491 || retry_after) {
    participant.told = told_before;
    return offer_later(participant, retry_after.value_or(std::chrono::seconds(0)));
  }
  // It holds in the mix all the same: what was refused is only to be told of it.
  const std::string detail = status < 300 ? "It answered a re-INVITE without SDP"
                                          : "It refused a re-INVITE with " + std::to_string(status);
  host_.announcer.tell(participant, ParticipantFailed{ConferenceError::kMediaFailed, detail});
  // Where the operator thought better of it meanwhile: who refused it does what is wished now, and who took
  // it may not.
  if (status >= 300 && wished_direction(participant) == told_before) participant.told = told_before;
  offer_again(participant);
}

void Renegotiation::agree(Participant& participant, sdp::MediaPlan plan) {
  const sdp::MediaPlan* before = participant.plan();
  if (before != nullptr && *before == plan) return;  // a refresh
  const ParticipantIdentity& identity = participant.identity();
  const mailbox::MediaParameters media = to_media_parameters(plan, identity.endpoint, *identity.media_rules);
  participant.set_plan(std::move(plan));
  host_.core_of(participant).post(mailbox::UpdateMedia{identity.handle, media});
}

}  // namespace tutti::conference
