// The operations that ask more of the cores than a mix: moves, coaching and tones.
#include "signaling/conference/coaching.h"
#include "signaling/conference/control_impl.h"
#include "signaling/conference/room_tones.h"

namespace tutti::conference {
namespace {

Outcome<mailbox::Tone> make_tone(const Tone& tone) {
  const bool possible =
      tone.frequency_hz >= 50 && tone.frequency_hz <= 3'400 && tone.level_dbov >= -60 &&
      tone.level_dbov <= -6 &&
      (tone.duration.count() == 0 || (tone.duration.count() >= 20 && tone.duration.count() <= 600'000));
  if (!possible) {
    return fail(ConferenceError::kInvalidArgument,
                "a tone takes 50 to 3400 Hz, -60 to -6 dBov, and 20 to 600000 ms or 0");
  }
  mailbox::Tone made;
  made.steps[0] = {static_cast<std::uint16_t>(tone.frequency_hz),
                   static_cast<std::uint32_t>(tone.duration.count())};
  made.step_count = 1;
  made.level_dbov = static_cast<std::uint8_t>(-tone.level_dbov);
  return made;
}

}  // namespace

Outcome<> ControlImpl::move(ParticipantId id, std::string_view name) {
  const auto participant = find_present(id);
  if (!participant) return base::unexpected(participant.error());
  const auto conference = find(name);
  if (!conference) return base::unexpected(conference.error());
  return parts_.moving.move(**participant, **conference).map([&] {
    parts_.renegotiation.offer_again(**participant);  // held, it may have other music here
  });
}

Outcome<> ControlImpl::coach(ParticipantId coach, ParticipantId coachee) {
  const auto voice = find_present(coach);
  if (!voice) return base::unexpected(voice.error());
  const auto ear = find_present(coachee);
  if (!ear) return base::unexpected(ear.error());
  return start_coaching(host_, **voice, **ear);
}

Outcome<> ControlImpl::stop_coaching(ParticipantId id) {
  const auto participant = find_present(id);
  if (!participant) return base::unexpected(participant.error());
  return conference::stop_coaching(host_, **participant);
}

Outcome<> ControlImpl::play_tone(std::string_view name, const Tone& tone) {
  const auto conference = find_open(name);
  if (!conference) return base::unexpected(conference.error());
  const auto made = make_tone(tone);
  if (!made) return base::unexpected(made.error());
  play(host_, **conference, mailbox::ToneLane::kPlay, *made);
  return {};
}

Outcome<> ControlImpl::play_tone(ParticipantId id, const Tone& tone) {
  const auto participant = find_present(id);
  if (!participant) return base::unexpected(participant.error());
  const auto made = make_tone(tone);
  if (!made) return base::unexpected(made.error());
  play(host_, **participant, mailbox::ToneLane::kPlay, *made);
  return {};
}

Outcome<> ControlImpl::stop_play(std::string_view name) {
  const auto conference = find_open(name);
  if (!conference) return base::unexpected(conference.error());
  stop(host_, **conference, mailbox::ToneLane::kPlay);
  return {};
}

Outcome<> ControlImpl::stop_play(ParticipantId id) {
  const auto participant = find_present(id);
  if (!participant) return base::unexpected(participant.error());
  stop(host_, **participant, mailbox::ToneLane::kPlay);
  return {};
}

}  // namespace tutti::conference
