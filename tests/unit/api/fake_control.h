// FakeControl: takes every operation down as a line, and answers what the test says.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "signaling/conference/control.h"
#include "tests/unit/api/fake_lists.h"

namespace tutti::api {

using conference::Outcome;
using conference::ParticipantId;
using Settings = conference::ConferenceSettings;

class FakeControl final : public conference::Control {
 public:
  std::optional<conference::Failure> failure;  // of every operation
  std::vector<std::string> calls;
  Settings current;
  conference::ParticipantInfo participant;
  conference::ConferenceInfo info;

  FakeControl() {
    info.id = "conf_00000000-0000-4000-8000-000000000000";
    info.name = "lobby";
    participant.id = ParticipantId{7};
    participant.conference = "lobby";
  }

  Outcome<conference::ConferenceInfo> create(std::string_view name, const Settings& settings) override {
    current = settings;
    return tell("create", info, name);
  }
  bool exists(std::string_view name) const override { return name == info.name; }
  std::vector<conference::ConferenceInfo> list_conferences(std::string_view after,
                                                           std::size_t limit) const override {
    return fake_rooms(info, rooms, after, limit);
  }
  Outcome<conference::ConferenceInfo> find_conference(std::string_view name) const override {
    return tell("find", info, name);
  }
  Outcome<Settings> settings(std::string_view name) const override { return tell("settings", current, name); }
  Outcome<> update_settings(std::string_view name, const Settings& settings) override {
    auto done = act("update", name);
    if (done) current = settings;
    return done;
  }
  Outcome<conference::ConferenceStatistics> statistics(std::string_view name) const override {
    return tell("statistics", conference::ConferenceStatistics{}, name);
  }
  Outcome<> terminate(std::string_view name, const std::string& reason) override {
    return act("terminate", name, reason);
  }
  Outcome<> lock(std::string_view name) override { return act("lock", name); }
  Outcome<> unlock(std::string_view name) override { return act("unlock", name); }

  Outcome<std::vector<conference::ParticipantInfo>> list_participants(std::string_view name,
                                                                      ParticipantId after,
                                                                      std::size_t limit) const override {
    return tell("participants", fake_people(participant, people, after, limit), name);
  }
  std::size_t rooms = 1, people = 1;  // that there are said to be
  Outcome<conference::ParticipantInfo> find_participant(ParticipantId id) const override {
    return tell("participant", participant, id);
  }
  Outcome<conference::ParticipantInfo> invite(std::string_view name,
                                              const conference::Invitation& invitation) override {
    return tell("invite", participant, name, invitation.uri, invitation.display_name,
                to_string(invitation.role), invitation.ring_time.count());
  }
  Outcome<std::string> session_description(ParticipantId id) const override {
    return tell("sdp", std::string("v=0\r\n"), id);
  }
  Outcome<> kick(ParticipantId id, const std::string& reason) override { return act("kick", id, reason); }
  Outcome<> kick_all(std::string_view name, const std::string& reason) override {
    return act("kick_all", name, reason);
  }
  Outcome<> set_muted(ParticipantId id, bool muted) override { return act("muted", id, muted); }
  Outcome<std::size_t> set_all_muted(std::string_view name, bool muted, bool but_moderators) override {
    return tell("all_muted", std::size_t{3}, name, muted, but_moderators);
  }
  Outcome<> set_deaf(ParticipantId id, bool deaf) override { return act("deaf", id, deaf); }
  Outcome<> set_hold(ParticipantId id, bool hold) override { return act("hold", id, hold); }
  Outcome<> set_gain(ParticipantId id, int in_db, int out_db) override {
    return act("gain", id, in_db, out_db);
  }
  Outcome<> set_role(ParticipantId id, conference::ParticipantRole role) override {
    return act("role", id, to_string(role));
  }
  Outcome<> set_status(ParticipantId id, conference::ParticipantStatus status) override {
    return act("status", id, to_string(status));
  }
  Outcome<> move(ParticipantId id, std::string_view conference) override {
    return act("move", id, conference);
  }
  Outcome<> coach(ParticipantId id, ParticipantId coachee) override { return act("coach", id, coachee); }
  Outcome<> stop_coaching(ParticipantId id) override { return act("stop_coaching", id); }

  Outcome<> play_tone(std::string_view name, const conference::Tone& tone) override {
    return act("tone", name, tone.frequency_hz, tone.level_dbov, tone.duration.count());
  }
  Outcome<> play_tone(ParticipantId id, const conference::Tone& tone) override {
    return act("tone", id, tone.frequency_hz, tone.level_dbov, tone.duration.count());
  }
  Outcome<> stop_play(std::string_view name) override { return act("stop_play", name); }
  Outcome<> stop_play(ParticipantId id) override { return act("stop_play", id); }
  Outcome<> play_file(std::string_view name, const std::string& file) override {
    return act("file", name, file);
  }
  Outcome<> play_file(ParticipantId id, const std::string& file) override { return act("file", id, file); }
  Outcome<> start_recording(std::string_view name, const std::string& file) override {
    return act("start_recording", name, file);
  }
  Outcome<> pause_recording(std::string_view name) override { return act("pause_recording", name); }
  Outcome<> stop_recording(std::string_view name) override { return act("stop_recording", name); }

  Outcome<conference::SilenceReport> why_silent(ParticipantId id) const override {
    return tell("why_silent", conference::SilenceReport{id, {}, "It is heard.", {{"mix", true, "1 of 2"}}},
                id);
  }
  Outcome<conference::HearingMatrix> who_hears_whom(std::string_view name) const override {
    const conference::HearingMatrix matrix{
        {ParticipantId{7}, ParticipantId{8}}, 0, {{false, true}, {true, false}}};
    return tell("matrix", matrix, name);
  }

 private:
  template <typename... Arguments>
  void take_down(const char* what, const Arguments&... arguments) const {
    std::string line = what;
    ((line += " " + text_of(arguments)), ...);
    const_cast<FakeControl*>(this)->calls.push_back(std::move(line));
  }
  template <typename... Arguments>
  Outcome<> act(const char* what, const Arguments&... arguments) {
    take_down(what, arguments...);
    if (failure) return base::unexpected(*failure);
    return {};
  }
  template <typename T, typename... Arguments>
  Outcome<T> tell(const char* what, T value, const Arguments&... arguments) const {
    take_down(what, arguments...);
    if (failure) return base::unexpected(*failure);
    return value;
  }
};

}  // namespace tutti::api
