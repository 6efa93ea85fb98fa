#include "signaling/conference/coaching.h"

#include <vector>

namespace tutti::conference {
namespace {

Coached* find(Host& host, const Participant& coach) {
  const auto found = host.coachings.find(coach.identity().id);
  return found == host.coachings.end() ? nullptr : &found->second;
}

// On that core, as far as it has room for either.
bool has_room(const Host& host, std::size_t core, bool for_voice) {
  std::size_t voices = 0;
  std::size_t ears = 0;
  for (const auto& [id, coached] : host.coachings) {
    if (host.roster.find(id)->identity().core == core) ++voices;
    for (const ParticipantId ear : coached.ears) {
      if (host.roster.find(ear)->identity().core == core) ++ears;
    }
  }
  return (for_voice ? voices : ears) < mailbox::kCoachingsMax;
}

void end_hearing(Host& host, const Participant& coach, const Coached& coached, const Participant& coachee) {
  host.core_of(coachee).post(mailbox::EndHearingCoach{
      coachee.identity().handle, static_cast<std::uint32_t>(coach.identity().core), coached.voice});
}

// Nobody hears it any more.
void end_voice(Host& host, Participant& coach, const Coached& coached) {
  host.core_of(coach).post(mailbox::StopCoaching{coached.voice});
  coach.coaches = false;
  host.coachings.erase(coach.identity().id);
}

void end(Host& host, Participant& coach) {
  const Coached coached = *find(host, coach);
  for (const ParticipantId ear : coached.ears) end_hearing(host, coach, coached, *host.roster.find(ear));
  end_voice(host, coach, coached);
}

}  // namespace

Outcome<> start_coaching(Host& host, Participant& coach, Participant& coachee) {
  if (&coach == &coachee || &coach.conference() != &coachee.conference()) {
    return fail(ConferenceError::kInvalidArgument, "coach and coachee are two of one conference");
  }
  if (!coach.in_call() || !coachee.in_call()) {
    return fail(ConferenceError::kInvalidState, "a participant is Joining: wait until its call is up");
  }
  if (coaches(host, coach, coachee)) return {};
  Coached* coached = find(host, coach);
  const std::size_t core = coach.identity().core;
  const bool room =
      has_room(host, coachee.identity().core, false) && (coached != nullptr || has_room(host, core, true));
  if (!room) return fail(ConferenceError::kCapacityExceeded, "its core has as many coachings as it can");
  if (coached == nullptr) {
    const auto voice = host.cores[core]->conferences.try_take(coach.conference().id());
    if (!voice) return fail(ConferenceError::kCapacityExceeded, "its core has no room for a coaching");
    coached = &host.coachings.emplace(coach.identity().id, Coached{*voice, {}}).first->second;
    coach.coaches = true;
    host.cores[core]->post(mailbox::StartCoaching{coach.identity().handle, *voice});
  }
  coached->ears.insert(coachee.identity().id);
  host.core_of(coachee).post(
      mailbox::HearCoach{coachee.identity().handle, static_cast<std::uint32_t>(core), coached->voice});
  return {};
}

Outcome<> stop_coaching(Host& host, Participant& coach) {
  if (!coach.coaches) return fail(ConferenceError::kInvalidState, "the participant coaches nobody");
  end(host, coach);
  return {};
}

void end_coachings(Host& host, const Participant& participant) {
  const ParticipantId id = participant.identity().id;
  std::vector<Participant*> by;
  for (const auto& [coach, coached] : host.coachings) {
    if (coach == id || coached.ears.count(id) > 0) by.push_back(host.roster.find(coach));
  }
  for (Participant* coach : by) {
    Coached& coached = *find(host, *coach);
    if (coach == &participant || coached.ears.size() == 1) {
      end(host, *coach);
    } else {
      end_hearing(host, *coach, coached, participant);
      coached.ears.erase(id);
    }
  }
}

bool coaches(const Host& host, const Participant& coach, const Participant& coachee) {
  const auto found = host.coachings.find(coach.identity().id);
  return found != host.coachings.end() && found->second.ears.count(coachee.identity().id) > 0;
}

}  // namespace tutti::conference
