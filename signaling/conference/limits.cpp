#include "signaling/conference/limits.h"

#include "signaling/conference/clocks.h"
#include "signaling/conference/statistics.h"

namespace tutti::conference {

void Limits::poll() {
  while (const auto due = host_.deadlines.take(host_.now)) {
    if (due->kind <= DeadlineKind::kModeratorGrace) {
      if (Conference* conference = host_.roster.find(ConferenceId{due->id})) act(*conference, due->kind);
    } else {
      Participant* participant = host_.roster.find(ParticipantId{due->id});
      if (participant != nullptr && participant->present()) act(*participant, due->kind);
    }
  }
}

void Limits::act(Conference& conference, DeadlineKind kind) {
  switch (kind) {
    case DeadlineKind::kStatistics:
      host_.announcer.tell(conference, StatsUpdated{statistics_of(host_, conference)});
      host_.deadlines.set(kind, conference.id(), host_.now + kStatisticsPeriod);
      return;
    case DeadlineKind::kIdle:
      leaving_.terminate(conference, "Nobody talked");
      return;
    case DeadlineKind::kDuration:
      leaving_.terminate(conference, "Its time is over");
      return;
    case DeadlineKind::kLinger:
      leaving_.terminate(conference, conference.end_reason);
      return;
    case DeadlineKind::kModeratorGrace:
      leaving_.terminate(conference, "The last moderator left");
      return;
    default:
      return;
  }
}

void Limits::act(Participant& participant, DeadlineKind kind) {
  switch (kind) {
    case DeadlineKind::kStay:
      // Of all at one time, where it was set for all.
      return leaving_.dismiss_in_turn(participant, "Your time is over");
    case DeadlineKind::kPin:
      return pins_.on_timeout(participant);
    case DeadlineKind::kRing:
      return dial_out_.on_ring_timeout(participant);
    case DeadlineKind::kOffer:
      return renegotiation_.offer_again(participant);
    default:
      return;
  }
}

}  // namespace tutti::conference
