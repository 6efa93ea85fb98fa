#include "signaling/conference/clocks.h"

#include "signaling/conference/host.h"

namespace tutti::conference {

void start_clocks(Host& host, Conference& conference) {
  const std::chrono::seconds duration = conference.settings().duration;
  if (duration.count() > 0) {
    host.deadlines.set(DeadlineKind::kDuration, conference.id(), conference.created_at() + duration);
  } else {
    host.deadlines.cancel(DeadlineKind::kDuration, conference.id());
  }
}

void start_occupied_clocks(Host& host, Conference& conference) {
  host.deadlines.cancel(DeadlineKind::kLinger, conference.id());
  host.deadlines.set(DeadlineKind::kStatistics, conference.id(), host.now + kStatisticsPeriod);
}

void stop_occupied_clocks(Host& host, Conference& conference) {
  host.deadlines.cancel(DeadlineKind::kStatistics, conference.id());
  host.deadlines.cancel(DeadlineKind::kModeratorGrace, conference.id());
  if (!conference.stays_empty()) {
    host.deadlines.set(DeadlineKind::kLinger, conference.id(), host.now + conference.settings().linger);
  }
}

void watch_idle(Host& host, Conference& conference) {
  const std::chrono::seconds idle = conference.settings().idle;
  if (idle.count() > 0 && conference.talkers.empty() && conference.inside() > 0) {
    host.deadlines.set(DeadlineKind::kIdle, conference.id(), host.now + idle);
  } else {
    host.deadlines.cancel(DeadlineKind::kIdle, conference.id());
  }
}

void restart_clocks(Host& host, Conference& conference, const ConferenceSettings& before) {
  const ConferenceSettings& after = conference.settings();
  if (after.duration != before.duration) start_clocks(host, conference);
  if (after.idle != before.idle) watch_idle(host, conference);
  if (before.permanent) conference.reserved = false;
  const bool linger_changed = after.linger != before.linger || after.permanent != before.permanent;
  if (linger_changed && conference.participants().empty()) {
    host.deadlines.cancel(DeadlineKind::kLinger, conference.id());
    if (!conference.stays_empty()) {
      host.deadlines.set(DeadlineKind::kLinger, conference.id(), host.now + after.linger);
    }
  }
  const bool running = host.deadlines.is_set(DeadlineKind::kModeratorGrace, conference.id());
  if (!after.end_with_last_moderator) {
    host.deadlines.cancel(DeadlineKind::kModeratorGrace, conference.id());
  } else if (running && after.moderator_grace != before.moderator_grace) {
    host.deadlines.set(DeadlineKind::kModeratorGrace, conference.id(), host.now + after.moderator_grace);
  }
  if (after.participant_limit == before.participant_limit) return;
  for (const ParticipantId id : conference.participants()) {
    const Participant& participant = *host.roster.find(id);
    if (!participant.inside || participant.moderates()) continue;
    if (after.participant_limit.count() > 0) {
      host.deadlines.set(DeadlineKind::kStay, id, host.now + after.participant_limit);
    } else {
      host.deadlines.cancel(DeadlineKind::kStay, id);
    }
  }
}

}  // namespace tutti::conference
