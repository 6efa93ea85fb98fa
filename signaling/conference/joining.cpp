#include "signaling/conference/joining.h"

#include <memory>
#include <utility>

#include "dataplane/base/check.h"
#include "signaling/conference/conference_name.h"
#include "signaling/conference/local_media.h"
#include "signaling/conference/media_mapping.h"
#include "signaling/conference/random_start.h"
#include "signaling/conference/refusal.h"
#include "signaling/conference/seating.h"

namespace tutti::conference {

// What is settled of a caller on the way in. Each step adds to it, and gives back what it took if it fails.
struct Joining::Agreement {
  std::optional<sdp::SessionDescription> offer;  // empty: ours goes into the 200
  std::optional<sdp::MediaPlan> plan;
  ParticipantId id{};
  std::size_t core = 0;
  mailbox::ParticipantHandle handle;
  MediaEndpoint endpoint;
  std::uint64_t session_id = 0;
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

base::Result<Joining::Agreement, sip::Rejection> Joining::try_join(const sip::IncomingInvite& invite) {
  if (auto refusal = admit(invite.user)) return base::unexpected(std::move(*refusal));
  // Before the SDP is looked at: a refusal must cost less than a call.
  const auto core = host_.choose_core(host_.roster.find(invite.user));
  if (!core) {
    ++host_.refused_for_load;
    return base::unexpected(refuse_full(host_.draw_retry_after()));
  }
  auto agreement = read_offer(invite);
  if (!agreement) return agreement;
  agreement->core = *core;
  if (auto refusal = take_place(*agreement, invite)) return base::unexpected(std::move(*refusal));
  return agreement;
}

std::optional<sip::Rejection> Joining::admit(const std::string& name) const {
  if (host_.draining) return refuse_full(host_.draw_retry_after());
  const RoomRules& rules = host_.config.rooms;
  if (const Conference* conference = host_.roster.find(name)) {
    if (conference->state() == ConferenceState::kTerminating) return refuse(480, "Conference Is Ending");
    if (conference->state() == ConferenceState::kLocked) return refuse(403, "Conference Is Locked");
    if (conference->full()) return refuse(486, "Conference Is Full");
    return std::nullopt;
  }
  if (!rules.create_on_dial || !is_conference_name(name)) return refuse(404);
  const std::size_t dialled = host_.roster.conferences().size() - rules.rooms.size();
  if (rules.max_rooms != 0 && dialled >= rules.max_rooms) {
    return refuse_full(host_.draw_retry_after());
  }
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

std::optional<sip::Rejection> Joining::take_place(Agreement& agreement, const sip::IncomingInvite& invite) {
  agreement.id = host_.roster.next_participant_id();
  auto& slots = host_.cores[agreement.core]->participants;
  const auto handle =
      slots.try_take(agreement.id, next_neighbour(host_, host_.roster.find(invite.user), agreement.core));
  if (!handle) return refuse_full(host_.draw_retry_after());
  agreement.handle = *handle;

  const bool mux = agreement.plan && agreement.plan->rtcp_mux;
  const auto endpoint = host_.open_endpoint(!mux);
  if (!endpoint) {
    slots.release(*handle);
    return refuse_full(host_.draw_retry_after());
  }
  agreement.endpoint = *endpoint;

  auto refusal = describe(agreement, invite);
  if (refusal) {
    host_.close_endpoint(*endpoint);
    slots.release(*handle);
  }
  return refusal;
}

std::optional<sip::Rejection> Joining::describe(Agreement& agreement,
                                                const sip::IncomingInvite& invite) const {
  agreement.session_id = draw_session_id();
  const sdp::LocalMedia local =
      make_local_media(host_.config.media, agreement.endpoint, invite.user, agreement.session_id, 1);
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
  if (conference == nullptr) conference = &host_.create_conference(invite.user);
  conference->add(agreement.id);
  const std::uint32_t seat = take_seat(host_, *conference, agreement.core, agreement.handle.slot);

  Participant& participant = host_.roster.add(
      std::make_unique<Participant>(ParticipantIdentity{.id = agreement.id,
                                                        .dialog = invite.dialog,
                                                        .uri = invite.from_uri,
                                                        .display_name = invite.from_display,
                                                        .conference = conference,
                                                        .core = agreement.core,
                                                        .seat = seat,
                                                        .handle = agreement.handle,
                                                        .endpoint = agreement.endpoint,
                                                        .session_id = agreement.session_id,
                                                        .joined_at = std::chrono::system_clock::now()}));
  participant.local_description = sdp::write(agreement.description);
  const MediaRules& rules = host_.config.media;
  const RandomStart start = draw_random_start();
  mailbox::AttachParticipant attach;
  attach.participant = agreement.handle;
  attach.conference = conference->seats.at(seat).share;
  attach.endpoint = agreement.endpoint.handles;
  attach.media = agreement.plan ? to_media_parameters(*agreement.plan, agreement.endpoint, rules)
                                : listening_parameters(agreement.endpoint, rules);
  attach.ssrc = start.ssrc;
  attach.first_sequence_number = start.sequence_number;
  attach.first_timestamp = start.timestamp;
  attach.cname = start.cname;
  if (agreement.plan) participant.set_plan(std::move(*agreement.plan));
  host_.core_of(participant).post(attach);
  host_.core_of(participant).recent.add(host_.now);
}

void Joining::on_attached(Participant& participant) {
  if (participant.status() != ParticipantStatus::kJoining) return;  // it left meanwhile
  participant.begin_call();
  host_.dialogs().accept(participant.identity().dialog, participant.local_description);
}

}  // namespace tutti::conference
