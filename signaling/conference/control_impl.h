// ControlImpl: the operations, each over the part of the focus that does it.
#pragma once

#include "signaling/conference/control.h"
#include "signaling/conference/parts.h"

namespace tutti::conference {

class ControlImpl final : public Control {
 public:
  explicit ControlImpl(Parts& parts) : parts_(parts), host_(parts.host) {}

  Outcome<ConferenceInfo> create(std::string_view name, const ConferenceSettings& settings) override;
  bool exists(std::string_view name) const override;
  std::vector<ConferenceInfo> list_conferences(std::string_view after, std::size_t limit) const override;
  Outcome<ConferenceInfo> find_conference(std::string_view name) const override;
  Outcome<ConferenceSettings> settings(std::string_view name) const override;
  Outcome<> update_settings(std::string_view name, const ConferenceSettings& settings) override;
  Outcome<ConferenceStatistics> statistics(std::string_view name) const override;
  Outcome<> terminate(std::string_view name, const std::string& reason) override;
  Outcome<> lock(std::string_view name) override;
  Outcome<> unlock(std::string_view name) override;

  Outcome<std::vector<ParticipantInfo>> list_participants(std::string_view name, ParticipantId after,
                                                          std::size_t limit) const override;
  Outcome<ParticipantInfo> find_participant(ParticipantId participant) const override;
  Outcome<ParticipantInfo> invite(std::string_view name, const Invitation& invitation) override;
  Outcome<std::string> session_description(ParticipantId participant) const override;
  Outcome<> kick(ParticipantId participant, const std::string& reason) override;
  Outcome<> kick_all(std::string_view name, const std::string& reason) override;

  Outcome<> set_muted(ParticipantId participant, bool muted) override;
  Outcome<std::size_t> set_all_muted(std::string_view name, bool muted, bool but_moderators) override;
  Outcome<> set_deaf(ParticipantId participant, bool deaf) override;
  Outcome<> set_hold(ParticipantId participant, bool hold) override;
  Outcome<> set_gain(ParticipantId participant, int in_db, int out_db) override;
  Outcome<> set_role(ParticipantId participant, ParticipantRole role) override;
  Outcome<> set_status(ParticipantId participant, ParticipantStatus status) override;
  Outcome<> move(ParticipantId participant, std::string_view conference) override;
  Outcome<> coach(ParticipantId coach, ParticipantId coachee) override;
  Outcome<> stop_coaching(ParticipantId coach) override;

  Outcome<> play_tone(std::string_view name, const Tone& tone) override;
  Outcome<> play_tone(ParticipantId participant, const Tone& tone) override;
  Outcome<> stop_play(std::string_view name) override;
  Outcome<> stop_play(ParticipantId participant) override;
  Outcome<> play_file(std::string_view name, const std::string& file) override;
  Outcome<> play_file(ParticipantId participant, const std::string& file) override;
  Outcome<> start_recording(std::string_view name, const std::string& file) override;
  Outcome<> pause_recording(std::string_view name) override;
  Outcome<> stop_recording(std::string_view name) override;

  Outcome<SilenceReport> why_silent(ParticipantId participant) const override;
  Outcome<HearingMatrix> who_hears_whom(std::string_view name) const override;

 private:
  Outcome<Conference*> find(std::string_view name) const;
  Outcome<Conference*> find_open(std::string_view name) const;  // not one that is ending
  Outcome<Participant*> find(ParticipantId participant) const;
  Outcome<Participant*> find_present(ParticipantId participant) const;
  // Of somebody who is present: its switches as `change` makes them, in its status and in the mix.
  template <typename Change>
  Outcome<> change_switches(ParticipantId participant, Change change);

  Parts& parts_;
  Host& host_;
};

}  // namespace tutti::conference
