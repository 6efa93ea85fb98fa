#include "signaling/conference/joining.h"

#include <utility>

#include "dataplane/base/check.h"
#include "signaling/conference/conference_name.h"
#include "signaling/conference/local_media.h"
#include "signaling/conference/refusal.h"

namespace tutti::conference {
namespace {

// Whether it is a moderator shows when it gives its PIN; PinEntry looks at the lock and the size again.
bool may_moderate(const ConferenceSettings& settings) {
  return !settings.moderator_pin.empty();
}

std::optional<sip::Rejection> admit_past_lock(bool locked, const ConferenceSettings& settings) {
  if (!locked || (may_moderate(settings) && settings.moderators_pass_lock)) return std::nullopt;
  return refuse(403, "Conference Is Locked");
}

}  // namespace

// What is settled of a caller on the way in. Each step adds to it, and gives back what it took if it fails.
struct Joining::Agreement {
  std::optional<sdp::SessionDescription> offer;  // empty: ours goes into the 200
  std::optional<sdp::MediaPlan> plan;
  Arrival arrival;
  sdp::SessionDescription description;
};

void Joining::on_invite(const sip::IncomingInvite& invite) {
  auto agreement = try_join(invite);
  if (!agreement) {
    host_.dialogs().reject(invite.dialog, agreement.error());
    return;
  }
  attach(std::move(*agreement), invite);
}

std::optional<sip::Rejection> Joining::refuses(const sip::IncomingInvite& invite) {
  auto agreement = consider(invite, host_.roster.find(invite.user));
  return agreement ? std::nullopt : std::optional(std::move(agreement.error()));
}

base::Result<Joining::Agreement, sip::Rejection> Joining::consider(const sip::IncomingInvite& invite,
                                                                   Conference* conference) {
  if (auto refusal = admit(invite, conference)) return base::unexpected(std::move(*refusal));
  // Before the SDP is looked at: a refusal must cost less than a call.
  const auto core = host_.choose_core(conference);
  if (!core) {
    ++host_.refused_for_load;
    return base::unexpected(refuse_for_load(conference, "no core has room and headroom for a caller"));
  }
  auto agreement = read_offer(invite);
  if (agreement) agreement->arrival.core = *core;
  return agreement;
}

base::Result<Joining::Agreement, sip::Rejection> Joining::try_join(const sip::IncomingInvite& invite) {
  Conference* conference = host_.roster.find(invite.user);
  auto agreement = consider(invite, conference);
  if (!agreement) return agreement;
  const bool mux = agreement->plan && agreement->plan->rtcp_mux;
  const ConferenceSettings& settings =
      conference != nullptr ? conference->settings() : host_.pattern_of(invite.user).settings;
  const auto remote = agreement->plan ? agreement->plan->remote_rtp : base::SocketAddress{};
  const auto arrival = take_place(host_, conference, settings, agreement->arrival.core, !mux, remote);
  if (!arrival) return base::unexpected(refuse_for_load(conference, "no ports are left for a caller"));
  agreement->arrival = *arrival;
  if (auto refusal = describe(*agreement, conference != nullptr ? conference->name() : invite.user)) {
    give_back(host_, *arrival);
    return base::unexpected(std::move(*refusal));
  }
  return agreement;
}

sip::Rejection Joining::refuse_for_load(Conference* conference, const char* detail) {
  if (conference != nullptr) host_.complain(*conference, ConferenceError::kCapacityExceeded, detail);
  return refuse_full(host_.draw_retry_after());
}

std::optional<sip::Rejection> Joining::admit(const sip::IncomingInvite& invite,
                                             const Conference* conference) const {
  if (host_.draining) return refuse_full(host_.draw_retry_after());
  if (conference != nullptr) {
    if (auto refusal = admit_to(*conference)) return refusal;
    return refuse_guesser(conference->settings(), conference->name(), invite);
  }
  if (!host_.config.rooms.create_on_dial || !is_conference_name(invite.user)) return refuse(404);
  if (host_.too_many_rooms()) return refuse_full(host_.draw_retry_after());
  const Host::Pattern pattern = host_.pattern_of(invite.user);
  if (auto refusal = admit_past_lock(pattern.locked, pattern.settings)) return refusal;
  return refuse_guesser(pattern.settings, invite.user, invite);
}

std::optional<sip::Rejection> Joining::refuse_guesser(const ConferenceSettings& settings,
                                                      const std::string& name,
                                                      const sip::IncomingInvite& invite) const {
  return PinEntry::asked(settings) ? pins_.refuse(name, invite) : std::nullopt;
}

std::optional<sip::Rejection> Joining::admit_to(const Conference& conference) const {
  if (conference.ending()) return refuse(480, "Conference Is Ending");
  const bool locked = conference.state() == ConferenceState::kLocked;
  if (auto refusal = admit_past_lock(locked, conference.settings())) return refusal;
  if (conference.full() && !may_moderate(conference.settings())) return refuse(486, "Conference Is Full");
  return std::nullopt;
}

base::Result<Joining::Agreement, sip::Rejection> Joining::read_offer(
    const sip::IncomingInvite& invite) const {
  Agreement agreement;
  if (invite.offer.empty()) return agreement;
  auto offer = sdp::parse(invite.offer);
  if (!offer) return base::unexpected(refuse_sdp(offer.error()));
  auto plan = sdp::plan_answer(*offer, make_local_media(host_.config.media));
  if (!plan) return base::unexpected(refuse_sdp(plan.error()));
  agreement.offer = std::move(*offer);
  agreement.plan = std::move(*plan);
  return agreement;
}

std::optional<sip::Rejection> Joining::describe(Agreement& agreement, const std::string& conference) const {
  const Arrival& arrival = agreement.arrival;
  const sdp::LocalMedia local =
      make_local_media(host_.config.media, arrival.endpoint, conference, arrival.session_id, 1);
  if (!agreement.offer) {
    agreement.description = sdp::offer(local);
    return std::nullopt;
  }
  auto answer = sdp::answer(*agreement.offer, local);
  if (!answer) return refuse_sdp(answer.error());  // its address is of the other family than ours
  agreement.description = std::move(answer->description);
  agreement.plan = std::move(answer->plan);
  return std::nullopt;
}

void Joining::attach(Agreement agreement, const sip::IncomingInvite& invite) {
  Conference* conference = host_.roster.find(invite.user);
  if (conference == nullptr) {
    const Host::Pattern pattern = host_.pattern_of(invite.user);
    conference = &host_.create_conference(invite.user, pattern.settings, pattern.locked);
  }
  const bool asked = PinEntry::asked(conference->settings());
  Participant& participant = conference::attach(host_, *conference, agreement.arrival,
                                                {.dialog = invite.dialog,
                                                 .uri = invite.from_uri,
                                                 .display_name = invite.from_display,
                                                 .counted = !conference->full(),
                                                 .inside = !asked,
                                                 .description = sdp::write(agreement.description),
                                                 .plan = std::move(agreement.plan)});
  if (asked) pins_.expect(participant, invite);
}

void Joining::on_attached(Participant& participant) {
  participant.attached = true;
  if (participant.status() != ParticipantStatus::kJoining) return;  // it left meanwhile
  participant.begin_call();
  host_.dialogs().accept(participant.identity().dialog, participant.local_description);
  if (participant.entering_pin) {
    pins_.begin(participant);
  } else {
    moderation_.enter(participant);
  }
}

}  // namespace tutti::conference
