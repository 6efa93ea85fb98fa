// What MediaCore does with the commands that change what is heard of those who are there.

#include "dataplane/base/check.h"
#include "dataplane/core/media_core.h"

namespace tutti::core {

void MediaCore::obey(const mailbox::UpdateConference& command, base::Instant) TUTTI_REALTIME {
  Conference* conference = state_.find(command.conference);
  CHECK(conference != nullptr);
  conference->max_talkers = command.max_talkers;
  conference->mixing = command.mixing;
}

void MediaCore::obey(const mailbox::MoveParticipant&, base::Instant) TUTTI_REALTIME {}
void MediaCore::obey(const mailbox::PlayTone&, base::Instant) TUTTI_REALTIME {}
void MediaCore::obey(const mailbox::StopTone&, base::Instant) TUTTI_REALTIME {}
void MediaCore::obey(const mailbox::StartCoaching&, base::Instant) TUTTI_REALTIME {}
void MediaCore::obey(const mailbox::StopCoaching&, base::Instant) TUTTI_REALTIME {}
void MediaCore::obey(const mailbox::HearCoach&, base::Instant) TUTTI_REALTIME {}
void MediaCore::obey(const mailbox::EndHearingCoach&, base::Instant) TUTTI_REALTIME {}

}  // namespace tutti::core
