// What MediaCore does with the commands that change what is heard of those who are there.

#include <type_traits>
#include <variant>

#include "dataplane/base/check.h"
#include "dataplane/core/media_core.h"

namespace tutti::core {

void MediaCore::obey(const mailbox::UpdateConference& command, base::Instant) TUTTI_REALTIME {
  Conference* conference = state_.find(command.conference);
  CHECK(conference != nullptr);
  conference->max_talkers = command.max_talkers;
  conference->mixing = command.mixing;
}

void MediaCore::obey(const mailbox::UpdateListening& command, base::Instant) TUTTI_REALTIME {
  state_.jitter_delay = std::chrono::milliseconds(command.listening.jitter_ms);
  state_.gate.threshold = command.listening.gate_peak;
  state_.quiet.wake_all();
}

// Of participants that the network refused signaling may still speak: it did not know yet.
void MediaCore::obey(const mailbox::UpdateMix& command, base::Instant) TUTTI_REALTIME {
  Participant* participant = state_.find(command.participant);
  if (participant == nullptr) return;
  state_.quiet.wake(*participant);
  participant->control(command.mix);
  if (participant->silenced) reporting_.end_talk(*participant);
}

void MediaCore::obey(const mailbox::MoveParticipant& command, base::Instant) TUTTI_REALTIME {
  Participant* participant = state_.find(command.participant);
  if (participant == nullptr) return;
  const Conference* to = state_.find(command.conference);
  CHECK(to != nullptr);
  state_.coachings.stop(*participant, state_.conference_of(*participant));
  state_.coachings.end_hearing(*participant);
  moves_.begin(*participant, *to);
  reporting_.end_talk(*participant);
}

void MediaCore::obey(const mailbox::PlayTone& command, base::Instant) TUTTI_REALTIME {
  if (const auto* handle = std::get_if<mailbox::ConferenceHandle>(&command.to)) {
    Conference* conference = state_.find(*handle);
    CHECK(conference != nullptr);
    state_.tones.play(conference->tones, command.lane, command.tone);
  } else if (Participant* participant = state_.find(std::get<mailbox::ParticipantHandle>(command.to))) {
    state_.tones.play(participant->tones, command.lane, command.tone);
    participant->settle();
  }
}

void MediaCore::obey(const mailbox::StopTone& command, base::Instant) TUTTI_REALTIME {
  if (const auto* handle = std::get_if<mailbox::ConferenceHandle>(&command.to)) {
    Conference* conference = state_.find(*handle);
    CHECK(conference != nullptr);
    state_.tones.stop(conference->tones, command.lane);
  } else if (const Participant* participant = state_.find(std::get<mailbox::ParticipantHandle>(command.to))) {
    state_.tones.stop(participant->tones, command.lane);
  }
}

void MediaCore::obey(const mailbox::StartCoaching& command, base::Instant) TUTTI_REALTIME {
  Participant* coach = state_.find(command.coach);
  if (coach != nullptr) state_.coachings.start(command.voice, *coach, state_.conference_of(*coach));
}

void MediaCore::obey(const mailbox::StopCoaching& command, base::Instant) TUTTI_REALTIME {
  if (const auto handle = state_.coachings.coach_of(command.voice)) {
    Participant* coach = state_.find(*handle);
    CHECK(coach != nullptr);
    state_.coachings.stop(*coach, state_.conference_of(*coach));
  }
  state_.outbox.put(mailbox::ConferenceClosed{command.voice});
}

void MediaCore::obey(const mailbox::HearCoach& command, base::Instant) TUTTI_REALTIME {
  Participant* participant = state_.find(command.participant);
  if (participant != nullptr) state_.coachings.hear(*participant, command.core, command.voice);
}

void MediaCore::obey(const mailbox::EndHearingCoach& command, base::Instant) TUTTI_REALTIME {
  Participant* participant = state_.find(command.participant);
  if (participant != nullptr) state_.coachings.end_hearing(*participant, command.core, command.voice);
}

}  // namespace tutti::core
