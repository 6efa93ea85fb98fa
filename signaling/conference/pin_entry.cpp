#include "signaling/conference/pin_entry.h"

#include <algorithm>
#include <utility>

#include "dataplane/base/check.h"
#include "dataplane/base/secret.h"
#include "signaling/conference/refusal.h"
#include "signaling/conference/room_tones.h"

namespace tutti::conference {
namespace {

// An empty PIN is never right.
bool is_pin(const std::string& given, const std::string& pin) {
  return !pin.empty() && base::equal_in_constant_time(given, pin);
}

std::size_t longest(const ConferenceSettings& settings) {
  return std::max(settings.pin.size(), settings.moderator_pin.size());
}

}  // namespace

std::optional<sip::Rejection> PinEntry::refuse(const std::string& conference,
                                               const sip::IncomingInvite& invite) const {
  const auto wait =
      host_.lockouts.remaining(PinCaller(conference, invite.from_uri, invite.source), host_.now);
  if (!wait) return std::nullopt;
  sip::Rejection rejection = conference::refuse(403, "Too Many Wrong PINs");
  rejection.retry_after = *wait;
  return rejection;
}

void PinEntry::expect(Participant& participant, const sip::IncomingInvite& invite) {
  participant.entering_pin = true;
  host_.pin_attempts[participant.identity().id] = {
      {}, PinCaller(participant.conference().name(), invite.from_uri, invite.source)};
}

void PinEntry::begin(Participant& participant) {
  host_.deadlines.set(DeadlineKind::kPin, participant.identity().id,
                      host_.now + host_.config.pins.entry_time);
  // The rule may have gone while its call was set up.
  if (!asked(participant.conference().settings())) return let_in(participant, false);
  play(host_, participant, mailbox::ToneLane::kSignal, pin_prompt());
}

void PinEntry::on_digit(Participant& participant, char digit) {
  if (!participant.in_call()) return;
  std::string& digits = host_.pin_attempts.at(participant.identity().id).digits;
  if (digit == '*') {
    digits.clear();
  } else if (digit == '#') {
    judge(participant);
  } else if (digit >= '0' && digit <= '9') {
    const std::size_t enough = longest(participant.conference().settings());
    DCHECK(enough > 0);  // on_settings(), begin()
    digits += digit;
    if (digits.size() >= enough) judge(participant);
  }
}

void PinEntry::on_settings(const Conference& conference) {
  if (asked(conference.settings())) return;
  for (const ParticipantId id : conference.participants()) {
    Participant& participant = *host_.roster.find(id);
    // One whose call is not up yet is let in by begin().
    if (participant.in_call() && participant.entering_pin) let_in(participant, false);
  }
}

void PinEntry::judge(Participant& participant) {
  const ConferenceSettings& settings = participant.conference().settings();
  PinAttempt& attempt = host_.pin_attempts.at(participant.identity().id);
  const std::string given = std::exchange(attempt.digits, {});
  // Other calls of who waits meanwhile may not go on to guess: right or wrong, it is not told.
  if (host_.lockouts.remaining(attempt.caller, host_.now)) return lock_out(participant);
  const bool as_moderator = is_pin(given, settings.moderator_pin);
  const bool as_speaker = is_pin(given, settings.pin) || (settings.pin.empty() && given.empty());
  if (as_moderator || as_speaker) {
    // Where moderators have their own, who knows the other one has not shown that it does not guess.
    if (as_moderator || settings.moderator_pin.empty()) host_.lockouts.forgive(attempt.caller);
    return let_in(participant, as_moderator);
  }
  if (host_.lockouts.record_failure(attempt.caller, host_.config.pins, host_.now)) {
    return lock_out(participant);
  }
  play(host_, participant, mailbox::ToneLane::kSignal, wrong_pin());
}

void PinEntry::lock_out(Participant& participant) {
  host_.announcer.tell(participant, ParticipantFailed{ConferenceError::kNotAllowed, "Too many wrong PINs"});
  leaving_.dismiss(participant, "Too many wrong PINs");
}

void PinEntry::on_timeout(Participant& participant) {
  if (!participant.entering_pin) return;
  if (participant.conference().settings().pin.empty()) return let_in(participant, false);
  host_.announcer.tell(participant, ParticipantFailed{ConferenceError::kTimeout, "No PIN in time"});
  leaving_.dismiss(participant, "No PIN in time");
}

void PinEntry::let_in(Participant& participant, bool as_moderator) {
  Conference& conference = participant.conference();
  host_.deadlines.cancel(DeadlineKind::kPin, participant.identity().id);
  host_.pin_attempts.erase(participant.identity().id);
  participant.entering_pin = false;
  if (as_moderator) {
    moderation_.set_role(participant, ParticipantRole::kModerator);
    if (conference.settings().start_muted) {
      Switches switches = participant.switches();
      switches.muted = false;
      participant.set_switches(switches);
    }
  }
  const bool passes_lock = participant.moderates() && conference.settings().moderators_pass_lock;
  if (conference.state() == ConferenceState::kLocked && !passes_lock) {
    return leaving_.dismiss(participant, "Conference is locked");
  }
  if (!participant.moderates() && !participant.counted) {
    if (conference.full()) return leaving_.dismiss(participant, "Conference is full");
    Moderation::set_counted(participant, true);
  }
  moderation_.enter(participant);
}

}  // namespace tutti::conference
