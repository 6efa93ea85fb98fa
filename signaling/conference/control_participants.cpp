// The operations on participants.
#include "signaling/conference/control_impl.h"
#include "signaling/conference/hearing_query.h"
#include "signaling/conference/statistics.h"

namespace tutti::conference {

Outcome<Participant*> ControlImpl::find(ParticipantId id) const {
  Participant* participant = host_.roster.find(id);
  if (participant != nullptr) return participant;
  return fail(ConferenceError::kNotFound, "there is no participant of this id");
}

Outcome<Participant*> ControlImpl::find_present(ParticipantId id) const {
  auto participant = find(id);
  if (participant && !(*participant)->present()) {
    return fail(ConferenceError::kInvalidState, "the participant is leaving");
  }
  return participant;
}

Outcome<ParticipantInfo> ControlImpl::find_participant(ParticipantId id) const {
  return find(id).map([this](const Participant* participant) { return info_of(host_, *participant); });
}

Outcome<std::string> ControlImpl::session_description(ParticipantId id) const {
  return find(id).map([](const Participant* participant) { return participant->local_description.str(); });
}

Outcome<> ControlImpl::kick(ParticipantId id, const std::string& reason) {
  const auto participant = find_present(id);
  if (!participant) return base::unexpected(participant.error());
  parts_.leaving.dismiss(**participant, reason);
  return {};
}

template <typename Change>
Outcome<> ControlImpl::change_switches(ParticipantId id, Change change) {
  const auto participant = find_present(id);
  if (!participant) return base::unexpected(participant.error());
  Switches switches = (*participant)->switches();
  change(switches);
  (*participant)->set_switches(switches);
  parts_.moderation.apply(**participant);
  return {};
}

Outcome<> ControlImpl::set_muted(ParticipantId id, bool muted) {
  return change_switches(id, [=](Switches& switches) { switches.muted = muted; });
}

Outcome<> ControlImpl::set_deaf(ParticipantId id, bool deaf) {
  return change_switches(id, [=](Switches& switches) { switches.deaf = deaf; });
}

Outcome<> ControlImpl::set_gain(ParticipantId id, int in_db, int out_db) {
  const auto possible = [](int db) { return db >= mailbox::kGainDbMin && db <= mailbox::kGainDbMax; };
  if (const auto participant = find_present(id); !participant) return base::unexpected(participant.error());
  if (!possible(in_db) || !possible(out_db)) {
    return fail(ConferenceError::kInvalidArgument, "a gain takes " + std::to_string(mailbox::kGainDbMin) +
                                                       " to " + std::to_string(mailbox::kGainDbMax) + " dB");
  }
  return change_switches(id, [=](Switches& switches) {
    switches.gain_in_db = static_cast<std::int8_t>(in_db);
    switches.gain_out_db = static_cast<std::int8_t>(out_db);
  });
}

Outcome<> ControlImpl::set_hold(ParticipantId id, bool hold) {
  const auto participant = find_present(id);
  if (!participant) return base::unexpected(participant.error());
  if (!(*participant)->in_call()) {
    return fail(ConferenceError::kInvalidState, "the participant is Joining: there is no call to hold yet");
  }
  if ((*participant)->switches().held != hold) parts_.renegotiation.set_held(**participant, hold);
  return {};
}

Outcome<> ControlImpl::set_role(ParticipantId id, ParticipantRole role) {
  const auto participant = find_present(id);
  if (!participant) return base::unexpected(participant.error());
  parts_.moderation.set_role(**participant, role);
  return {};
}

Outcome<> ControlImpl::set_status(ParticipantId id, ParticipantStatus status) {
  const auto participant = find_present(id);
  if (!participant) return base::unexpected(participant.error());
  switch (status) {
    case ParticipantStatus::kActive:
      if ((*participant)->switches().held)
        return set_hold(id, false).and_then([&] { return set_muted(id, false); });
      return set_muted(id, false);
    case ParticipantStatus::kMuted:
      if ((*participant)->switches().held)
        return set_hold(id, false).and_then([&] { return set_muted(id, true); });
      return set_muted(id, true);
    case ParticipantStatus::kOnHold:
      return set_hold(id, true);
    default:
      return fail(ConferenceError::kInvalidArgument, "status takes Active, Muted or OnHold");
  }
}

Outcome<SilenceReport> ControlImpl::why_silent(ParticipantId id) const {
  return find(id).map([this](const Participant* participant) { return silence_of(host_, *participant); });
}

}  // namespace tutti::conference
