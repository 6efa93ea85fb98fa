#include "signaling/server/setting_keys.h"

#include <algorithm>
#include <chrono>
#include <string>

namespace tutti::server {
namespace {

using Settings = conference::ConferenceSettings;
using SettingKey = Key<Settings>;

SettingKey flag(std::string_view name, bool Settings::*member, std::string_view meaning) {
  SettingKey key;
  key.name = name;
  key.meaning = meaning;
  key.form = "true or false";
  key.set = [member](Settings& settings, const KeyValue& value) {
    const auto* given = std::get_if<bool>(&value);
    if (given != nullptr) settings.*member = *given;
    return given != nullptr;
  };
  key.get = [member](const Settings& settings) { return KeyValue(settings.*member); };
  return key;
}

constexpr std::int64_t kYear = 365 * 86'400;

// Of whole numbers from 0 to `most`; `number_of` reads one back.
template <typename Value, typename NumberOf>
SettingKey number(std::string_view name, Value Settings::*member, std::int64_t most, NumberOf number_of,
                  std::string_view meaning) {
  SettingKey key;
  key.name = name;
  key.meaning = meaning;
  key.form = "a whole number from 0 to " + std::to_string(most);
  key.set = [member, most](Settings& settings, const KeyValue& value) {
    const auto* given = std::get_if<std::int64_t>(&value);
    if (given == nullptr || *given < 0 || *given > most) return false;
    settings.*member = static_cast<Value>(*given);
    return true;
  };
  key.get = [member, number_of](const Settings& settings) {
    return KeyValue(static_cast<std::int64_t>(number_of(settings.*member)));
  };
  return key;
}

SettingKey time(std::string_view name, std::chrono::seconds Settings::*member, std::string_view meaning) {
  return number(
      name, member, kYear, [](std::chrono::seconds time) { return time.count(); }, meaning);
}

SettingKey port(std::string_view name, std::uint16_t Settings::*member, std::string_view meaning) {
  return number(
      name, member, 65'535, [](std::uint16_t port) { return port; }, meaning);
}

// A text that leaves the settings without a fault (conference::find_fault).
SettingKey line(std::string_view name, std::string Settings::*member, std::string_view form,
                std::string_view meaning) {
  SettingKey key;
  key.name = name;
  key.meaning = meaning;
  key.form = std::string(form);
  key.set = [member](Settings& settings, const KeyValue& value) {
    const auto* given = std::get_if<std::string>(&value);
    if (given == nullptr) return false;
    Settings next;  // alone: whether two of them go together is asked of the whole
    next.*member = *given;
    if (conference::find_fault(next)) return false;
    settings.*member = *given;
    return true;
  };
  key.get = [member](const Settings& settings) { return KeyValue(settings.*member); };
  return key;
}

std::vector<SettingKey> make_setting_table() {
  using S = Settings;
  return {
      line("display_name", &S::display_name, "a text of up to 128 bytes in one line",
           "What people read; empty = the name."),
      number(
          "max_participants", &S::max_participants, 65'535, [](std::uint32_t callers) { return callers; },
          "Callers in a room, moderators not counted; 0 = no limit but the host's."),
      number(
          "max_talkers", &S::max_talkers, 65'535, [](std::uint32_t talkers) { return talkers; },
          "The loudest so many are in the mix of a room, all others listen; 0 = all who speak. "
          "Above 16 a room of several parts (over 256 callers, or on several cores) may have more in "
          "its mix: each part offers the others its 16 loudest."),
      port("rtp_port_low", &S::rtp_port_low,
           "Who comes into a room gets ports of media.rtp_ports from this one on."),
      port("rtp_port_high", &S::rtp_port_high, "And up to this one."),
      flag("mixing", &S::mixing, "Whether voices are mixed; false: everyone hears silence."),
      flag("entry_tone", &S::entry_tone, "Two rising notes for all when somebody comes."),
      flag("exit_tone", &S::exit_tone, "Two falling notes when somebody goes."),
      flag("hold_music", &S::hold_music, "Music for who is alone, on hold by an operator or waits."),
      flag("wait_for_moderator", &S::wait_for_moderator, "Nobody hears anybody until a moderator is there."),
      flag("end_with_last_moderator", &S::end_with_last_moderator,
           "Ends the room moderator_grace_s after the last moderator left."),
      time("moderator_grace_s", &S::moderator_grace,
           "How long a moderator may be away before the room ends."),
      flag("moderators_pass_lock", &S::moderators_pass_lock,
           "Who gives the moderator_pin comes into a locked room."),
      flag("start_muted", &S::start_muted, "Who comes is muted, moderators are not."),
      line("pin", &S::pin, "\"\" or up to 16 digits", "Asked of every caller, by the phone's keys and #."),
      line("moderator_pin", &S::moderator_pin, "\"\" or up to 16 digits",
           "Makes a moderator of who gives it."),
      time("linger_s", &S::linger, "How long a room without a [[room]] stays when the last one has left."),
      time("idle_s", &S::idle, "With nobody talking for so long the room ends; 0 = never."),
      time("duration_s", &S::duration, "The room ends so long after it was made; 0 = never."),
      time("participant_limit_s", &S::participant_limit,
           "Each one's stay, but a moderator's; 0 = as long as it likes."),
      line("language", &S::language, R"(a language tag such as "en" or "de-CH")",
           "Of prompts, once there are files."),
  };
}

}  // namespace

const std::vector<SettingKey>& setting_keys() {
  static const auto table = make_setting_table();
  return table;
}

}  // namespace tutti::server
