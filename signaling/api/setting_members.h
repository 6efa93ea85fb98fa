// SettingMembers: the settings of a conference with their names and bounds as JSON has them, once.
#pragma once

#include <cstdint>

#include "signaling/conference/settings.h"

namespace tutti::api {

// Calls visit(name, member, low, high) for numbers and seconds, visit(name, member, bytes_max) for texts,
// visit(name, member) for flags; `Settings` is a ConferenceSettings, const or not.
template <typename Settings, typename Visit>
void each_setting(Settings& settings, Visit&& visit) {
  constexpr std::int64_t kYear = 365 * 86'400;
  visit("display_name", settings.display_name, 128);
  visit("max_participants", settings.max_participants, 0, 65'535);
  visit("max_talkers", settings.max_talkers, 0, 65'535);
  visit("sample_rate_hz", settings.sample_rate_hz, 0, 48'000);
  visit("rtp_port_low", settings.rtp_port_low, 0, 65'535);
  visit("rtp_port_high", settings.rtp_port_high, 0, 65'535);
  visit("mixing", settings.mixing);
  visit("entry_tone", settings.entry_tone);
  visit("exit_tone", settings.exit_tone);
  visit("hold_music", settings.hold_music);
  visit("wait_for_moderator", settings.wait_for_moderator);
  visit("end_with_last_moderator", settings.end_with_last_moderator);
  visit("moderator_grace_s", settings.moderator_grace, 0, kYear);
  visit("moderators_pass_lock", settings.moderators_pass_lock);
  visit("start_muted", settings.start_muted);
  visit("pin", settings.pin, 16);
  visit("moderator_pin", settings.moderator_pin, 16);
  visit("permanent", settings.permanent);
  visit("linger_s", settings.linger, 0, kYear);
  visit("idle_s", settings.idle, 0, kYear);
  visit("duration_s", settings.duration, 0, kYear);
  visit("participant_limit_s", settings.participant_limit, 0, kYear);
  visit("language", settings.language, 35);
  visit("record", settings.record);
}

}  // namespace tutti::api
