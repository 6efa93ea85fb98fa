#include "signaling/conference/settings.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "dataplane/base/ascii.h"

namespace tutti::conference {
namespace {

constexpr std::size_t kDisplayNameBytesMax = 128;
constexpr std::size_t kLanguageBytesMax = 35;  // RFC 5646, 4.4.1
constexpr std::chrono::seconds kTimeMax{365 * 86'400};

std::optional<Failure> invalid(std::string detail) {
  return Failure{ConferenceError::kInvalidArgument, std::move(detail)};
}

bool is_pin(std::string_view pin) {
  return pin.size() <= kPinDigitsMax && std::all_of(pin.begin(), pin.end(), base::is_digit);
}

bool is_time(std::chrono::seconds time) {
  return time >= std::chrono::seconds{0} && time <= kTimeMax;
}

// Text that goes into SDP, JSON, a log line: no control characters.
bool is_line(std::string_view text) {
  return std::none_of(text.begin(), text.end(),
                      [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; });
}

bool is_language(std::string_view tag) {
  return !tag.empty() && tag.size() <= kLanguageBytesMax && std::all_of(tag.begin(), tag.end(), [](char c) {
    return base::is_letter(c) || base::is_digit(c) || c == '-';
  });
}

}  // namespace

std::optional<Failure> find_fault(const ConferenceSettings& settings) {
  if (settings.display_name.size() > kDisplayNameBytesMax || !is_line(settings.display_name)) {
    return invalid("display_name takes up to 128 bytes without control characters");
  }
  switch (settings.sample_rate_hz) {
    case 0:
    case 8'000:
      break;
    case 16'000:
    case 24'000:
    case 32'000:
    case 48'000:
      return Failure{ConferenceError::kNotSupported,
                     "no codec has this sample_rate_hz yet: take 0 (auto) or 8000"};
    default:
      return invalid("sample_rate_hz takes 0 (auto), 8000, 16000, 24000, 32000 or 48000");
  }
  if (!is_pin(settings.pin)) return invalid("pin takes up to 16 digits");
  if (!is_pin(settings.moderator_pin)) return invalid("moderator_pin takes up to 16 digits");
  if (!settings.pin.empty() && settings.pin == settings.moderator_pin) {
    return invalid("pin and moderator_pin are the same: choose another for moderators");
  }
  const std::pair<std::string_view, std::chrono::seconds> times[] = {
      {"moderator_grace", settings.moderator_grace},
      {"linger", settings.linger},
      {"idle", settings.idle},
      {"duration", settings.duration},
      {"participant_limit", settings.participant_limit},
  };
  for (const auto& [name, time] : times) {
    if (!is_time(time)) return invalid(std::string(name) + " takes 0 s to a year");
  }
  if (settings.max_participants > 65'535) return invalid("max_participants takes 0 (none) to 65535");
  if (settings.max_talkers > 65'535) return invalid("max_talkers takes 0 (all) to 65535");
  if (settings.rtp_port_high < settings.rtp_port_low + settings.rtp_port_low % 2 + 1) {
    return invalid("rtp_port_low to rtp_port_high holds no pair of an even port and the next one");
  }
  if (!is_language(settings.language))
    return invalid("language takes a BCP 47 tag such as \"en\" or \"de-CH\"");
  if (settings.record) {
    return Failure{ConferenceError::kNotSupported, "there are no recordings yet: leave record off"};
  }
  return std::nullopt;
}

std::vector<std::string> changed_keys(const ConferenceSettings& before, const ConferenceSettings& after) {
  std::vector<std::string> keys;
  const auto compare = [&](std::string_view name, const auto& member) {
    if (before.*member != after.*member) keys.emplace_back(name);
  };
  compare("display_name", &ConferenceSettings::display_name);
  compare("max_participants", &ConferenceSettings::max_participants);
  compare("max_talkers", &ConferenceSettings::max_talkers);
  compare("sample_rate_hz", &ConferenceSettings::sample_rate_hz);
  compare("rtp_port_low", &ConferenceSettings::rtp_port_low);
  compare("rtp_port_high", &ConferenceSettings::rtp_port_high);
  compare("mixing", &ConferenceSettings::mixing);
  compare("entry_tone", &ConferenceSettings::entry_tone);
  compare("exit_tone", &ConferenceSettings::exit_tone);
  compare("hold_music", &ConferenceSettings::hold_music);
  compare("wait_for_moderator", &ConferenceSettings::wait_for_moderator);
  compare("end_with_last_moderator", &ConferenceSettings::end_with_last_moderator);
  compare("moderator_grace", &ConferenceSettings::moderator_grace);
  compare("moderators_pass_lock", &ConferenceSettings::moderators_pass_lock);
  compare("start_muted", &ConferenceSettings::start_muted);
  compare("pin", &ConferenceSettings::pin);
  compare("moderator_pin", &ConferenceSettings::moderator_pin);
  compare("permanent", &ConferenceSettings::permanent);
  compare("linger", &ConferenceSettings::linger);
  compare("idle", &ConferenceSettings::idle);
  compare("duration", &ConferenceSettings::duration);
  compare("participant_limit", &ConferenceSettings::participant_limit);
  compare("language", &ConferenceSettings::language);
  compare("record", &ConferenceSettings::record);
  return keys;
}

}  // namespace tutti::conference
