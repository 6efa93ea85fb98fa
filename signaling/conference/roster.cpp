#include "signaling/conference/roster.h"

#include <utility>

#include "dataplane/base/check.h"

namespace tutti::conference {

Conference& Roster::add(std::unique_ptr<Conference> conference) {
  const auto [place, added] = conferences_.emplace(conference->name(), std::move(conference));
  CHECK(added);
  Conference& here = *place->second;
  by_public_id_.emplace(here.public_id(), &here);
  by_id_.emplace(here.id(), &here);
  return here;
}

Conference* Roster::find(std::string_view name) const {
  if (const auto named = conferences_.find(name); named != conferences_.end()) return named->second.get();
  const auto known = by_public_id_.find(std::string(name));
  return known == by_public_id_.end() ? nullptr : known->second;
}

Conference* Roster::find(ConferenceId conference) const {
  const auto found = by_id_.find(conference);
  return found == by_id_.end() ? nullptr : found->second;
}

void Roster::erase(const Conference& conference) {
  CHECK(conference.participants().empty());
  const auto found = conferences_.find(conference.name());
  CHECK(found != conferences_.end() && found->second.get() == &conference);
  by_public_id_.erase(conference.public_id());
  by_id_.erase(conference.id());
  conferences_.erase(found);
}

Participant& Roster::add(std::unique_ptr<Participant> participant) {
  Participant& added = *participant;
  CHECK(by_dialog_.emplace(added.identity().dialog, &added).second);
  CHECK(participants_.emplace(added.identity().id, std::move(participant)).second);
  return added;
}

Participant* Roster::find(ParticipantId participant) const {
  const auto found = participants_.find(participant);
  return found == participants_.end() ? nullptr : found->second.get();
}

Participant* Roster::find(sip::DialogId dialog) const {
  const auto found = by_dialog_.find(dialog);
  return found == by_dialog_.end() ? nullptr : found->second;
}

void Roster::forget_dialog(const Participant& participant) {
  by_dialog_.erase(participant.identity().dialog);
}

void Roster::erase(const Participant& participant) {
  forget_dialog(participant);
  CHECK(participants_.erase(participant.identity().id) == 1);
}

}  // namespace tutti::conference
