#include "signaling/conference/moderation.h"

#include "dataplane/base/check.h"
#include "signaling/conference/clocks.h"
#include "signaling/conference/room_tones.h"

namespace tutti::conference {

Moderation::Stand Moderation::stand_of(const Conference& conference) {
  return {conference.waiting(), conference.inside() == 1};
}

mailbox::MixControls Moderation::controls_for(const Participant& participant, bool inside) {
  const Conference& conference = participant.conference();
  const Switches& switches = participant.switches();
  const bool alone = conference.inside() == (participant.inside ? 1 : 0);
  const bool waits = inside && (conference.waiting() || switches.held);
  const bool music = conference.settings().hold_music && inside && !switches.deaf && (waits || alone);
  mailbox::MixControls controls;
  controls.muted = !inside || waits || switches.muted || participant.role() == ParticipantRole::kListener;
  controls.deaf = !inside || (waits && !music) || switches.deaf;
  controls.waiting = music;
  controls.gain_in_db = switches.gain_in_db;
  controls.gain_out_db = switches.gain_out_db;
  return controls;
}

void Moderation::apply(Participant& participant) {
  const mailbox::MixControls controls = controls_for(participant, participant.inside);
  if (!participant.present() || controls == participant.controls) return;
  participant.controls = controls;
  host_.core_of(participant).post(mailbox::UpdateMix{participant.identity().handle, controls});
}

void Moderation::apply_all(Conference& conference) {
  for (const ParticipantId id : conference.participants()) {
    Participant& participant = *host_.roster.find(id);
    if (participant.inside) apply(participant);
  }
}

void Moderation::set_counted(Participant& participant, bool counted) {
  if (participant.counted == counted) return;
  participant.counted = counted;
  participant.conference().count_place(counted ? 1 : -1);
}

void Moderation::count(Participant& participant, int change) {
  Conference& conference = participant.conference();
  const Stand before = stand_of(conference);
  const std::size_t moderators = conference.moderators();
  const bool empty = conference.inside() == 0;
  conference.count_inside(change);
  if (empty || conference.inside() == 0) watch_idle(host_, conference);
  if (participant.moderates()) conference.count_moderator(change);
  watch_moderators(conference, moderators);
  // While a conference ends its rules are nobody's business.
  if (stand_of(conference) != before && !conference.ending()) apply_all(conference);
}

void Moderation::watch_moderators(Conference& conference, std::size_t before) {
  if (before == 0 && conference.moderators() > 0) {
    host_.deadlines.cancel(DeadlineKind::kModeratorGrace, conference.id());
  } else if (before > 0 && conference.moderators() == 0 && conference.settings().end_with_last_moderator) {
    host_.deadlines.set(DeadlineKind::kModeratorGrace, conference.id(),
                        host_.now + conference.settings().moderator_grace);
  }
}

void Moderation::signal(Conference& conference, const mailbox::Tone& tone) {
  constexpr std::chrono::milliseconds kApart{300};
  if (host_.now < conference.signal_after) return;
  conference.signal_after = host_.now + kApart;
  play(host_, conference, mailbox::ToneLane::kSignal, tone);
}

void Moderation::enter(Participant& participant) {
  if (participant.inside) return;
  CHECK(participant.in_call());
  participant.inside = true;
  participant.conference().reserved = false;
  const ConferenceSettings& settings = participant.conference().settings();
  if (settings.participant_limit.count() > 0 && !participant.moderates()) {
    host_.deadlines.set(DeadlineKind::kStay, participant.identity().id,
                        host_.now + settings.participant_limit);
  }
  count(participant, 1);
  apply(participant);
  if (settings.entry_tone) signal(participant.conference(), entry_tone());
}

void Moderation::exit(Participant& participant) {
  set_counted(participant, false);
  if (!participant.inside) return;
  participant.inside = false;
  host_.deadlines.cancel(DeadlineKind::kStay, participant.identity().id);
  count(participant, -1);
  Conference& conference = participant.conference();
  if (conference.settings().exit_tone && !conference.ending() && conference.inside() > 0) {
    signal(conference, exit_tone());
  }
}

void Moderation::set_role(Participant& participant, ParticipantRole role) {
  if (participant.role() == role) return;
  Conference& conference = participant.conference();
  const Stand before = stand_of(conference);
  const std::size_t moderators = conference.moderators();
  if (participant.inside && participant.moderates()) conference.count_moderator(-1);
  participant.set_role(role);
  if (participant.inside && participant.moderates()) conference.count_moderator(1);
  // Who enters a PIN is counted, or refused, when it is let in.
  if (participant.moderates() || !participant.entering_pin) {
    set_counted(participant, !participant.moderates());
  }
  watch_moderators(conference, moderators);
  const std::chrono::seconds limit = conference.settings().participant_limit;
  if (participant.moderates()) {
    host_.deadlines.cancel(DeadlineKind::kStay, participant.identity().id);
  } else if (participant.inside && limit.count() > 0 && moderators != conference.moderators()) {
    host_.deadlines.set(DeadlineKind::kStay, participant.identity().id, host_.now + limit);
  }
  if (stand_of(conference) != before) apply_all(conference);
  apply(participant);
}

}  // namespace tutti::conference
