#include "signaling/conference/leaving.h"

#include <vector>

#include "dataplane/base/check.h"
#include "signaling/conference/refusal.h"
#include "signaling/conference/seating.h"

namespace tutti::conference {

void Leaving::leave(Participant& participant) {
  if (!participant.present()) return;
  participant.begin_leave();
  host_.roster.forget_dialog(participant);
  participant.identity().conference->begin_leave(participant.identity().id);
  host_.core_of(participant).post(mailbox::DetachParticipant{participant.identity().handle});
}

void Leaving::dismiss(Participant& participant, const std::string& reason) {
  if (!participant.present()) return;
  const sip::DialogId dialog = participant.identity().dialog;
  leave(participant);
  host_.dialogs().hang_up(dialog, reason);
}

void Leaving::on_detached(Participant& participant, const mailbox::ParticipantDetached& event) {
  const ParticipantIdentity& identity = participant.identity();
  Conference& conference = *identity.conference;
  if (participant.present()) {
    // The core's own doing: the network refused the endpoint.
    const bool in_call = participant.in_call();
    participant.begin_leave();
    host_.roster.forget_dialog(participant);
    conference.begin_leave(identity.id);
    if (in_call || !event.refused) {
      host_.dialogs().hang_up(identity.dialog, "Media failed");
    } else {
      host_.dialogs().reject(identity.dialog, refuse_full(host_.draw_retry_after()));
    }
  }
  participant.end();
  CHECK(host_.core_of(participant).participants.release(identity.handle));
  host_.close_endpoint(identity.endpoint);
  leave_seat(host_, conference, identity.seat);
  conference.remove(identity.id);
  host_.roster.erase(participant);
  if (conference.participants().empty()) close(conference);
}

bool Leaving::terminate(Conference& conference, const std::string& reason) {
  if (!conference.try_enter(ConferenceState::kTerminating)) return false;
  for (const ParticipantId id : conference.participants()) dismiss(*host_.roster.find(id), reason);
  if (conference.participants().empty()) close(conference);
  return true;
}

void Leaving::close(Conference& conference) {
  CHECK(conference.seats.empty());
  if (conference.state() != ConferenceState::kTerminating) {
    if (conference.permanent()) return;
    CHECK(conference.try_enter(ConferenceState::kTerminating));
  }
  CHECK(conference.try_enter(ConferenceState::kTerminated));
  const std::string name = conference.name();
  const bool permanent = conference.permanent();
  host_.roster.erase(conference);
  if (permanent) host_.create_conference(name);
}

}  // namespace tutti::conference
