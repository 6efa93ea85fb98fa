// The operations that need more of the cores than a mix: moves, coaching and tones.
#include "signaling/conference/control_impl.h"

namespace tutti::conference {
namespace {

Outcome<> not_by_the_cores() {
  return fail(ConferenceError::kNotSupported, "the media cores cannot do this yet");
}

}  // namespace

Outcome<> ControlImpl::move(ParticipantId id, std::string_view name) {
  const auto participant = find_present(id);
  if (!participant) return base::unexpected(participant.error());
  const auto conference = find(name);
  if (!conference) return base::unexpected(conference.error());
  return not_by_the_cores();
}

Outcome<> ControlImpl::coach(ParticipantId coach, ParticipantId coachee) {
  for (const ParticipantId id : {coach, coachee}) {
    if (const auto participant = find_present(id); !participant) return base::unexpected(participant.error());
  }
  return not_by_the_cores();
}

Outcome<> ControlImpl::stop_coaching(ParticipantId id) {
  const auto participant = find_present(id);
  return participant ? not_by_the_cores() : base::unexpected(participant.error());
}

Outcome<> ControlImpl::play_tone(std::string_view name, const Tone& /*tone*/) {
  const auto conference = find(name);
  return conference ? not_by_the_cores() : base::unexpected(conference.error());
}

Outcome<> ControlImpl::play_tone(ParticipantId id, const Tone& /*tone*/) {
  const auto participant = find_present(id);
  return participant ? not_by_the_cores() : base::unexpected(participant.error());
}

Outcome<> ControlImpl::stop_play(std::string_view name) {
  const auto conference = find(name);
  return conference ? not_by_the_cores() : base::unexpected(conference.error());
}

Outcome<> ControlImpl::stop_play(ParticipantId id) {
  const auto participant = find_present(id);
  return participant ? not_by_the_cores() : base::unexpected(participant.error());
}

}  // namespace tutti::conference
