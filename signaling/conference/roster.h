// Roster: every conference by name, every participant by id and by dialog.
#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include "signaling/conference/conference.h"
#include "signaling/conference/participant.h"

namespace tutti::conference {

// Owns: both. A pointer it gives is good until that one is erased.
class Roster {
 public:
  using Conferences = std::map<std::string, std::unique_ptr<Conference>, std::less<>>;
  using Participants = std::map<ParticipantId, std::unique_ptr<Participant>>;

  ConferenceId next_conference_id() { return ConferenceId{++last_conference_}; }
  ParticipantId next_participant_id() { return ParticipantId{++last_participant_}; }

  Conference& add(std::unique_ptr<Conference> conference);
  // By its name or its id. Null where there is none.
  Conference* find(std::string_view name) const;
  Conference* find(ConferenceId conference) const;
  void erase(const Conference& conference);

  Participant& add(std::unique_ptr<Participant> participant);
  Participant* find(ParticipantId participant) const;
  // Null also for a dialog that was forgotten.
  Participant* find(sip::DialogId dialog) const;
  // The dialog has ended; its participant is still on its way out.
  void forget_dialog(const Participant& participant);
  void erase(const Participant& participant);

  const Conferences& conferences() const { return conferences_; }
  const Participants& participants() const { return participants_; }

 private:
  Conferences conferences_;
  std::unordered_map<std::string, Conference*> by_public_id_;
  std::unordered_map<ConferenceId, Conference*> by_id_;
  Participants participants_;
  std::unordered_map<sip::DialogId, Participant*> by_dialog_;
  std::uint64_t last_conference_ = 0;
  std::uint64_t last_participant_ = 0;
};

}  // namespace tutti::conference
