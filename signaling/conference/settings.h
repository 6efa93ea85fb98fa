// ConferenceSettings: what may be set of a conference, and changed while people are in it.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "signaling/conference/failure.h"

namespace tutti::conference {

inline constexpr std::size_t kPinDigitsMax = 16;

struct ConferenceSettings {
  std::string display_name;
  std::uint32_t max_participants = 0;  // 0 = none: the host's admission bounds it; moderators are exempt
  std::uint32_t max_talkers = 0;       // the loudest so many are in the mix; 0 = all who speak
  std::uint32_t sample_rate_hz = 0;  // 0 = auto; 8, 16, 24, 32 or 48 kHz: NotSupported where no codec has it
  // Who comes gets ports between these, of media.rtp_ports; who is here keeps its own.
  std::uint16_t rtp_port_low = 0;
  std::uint16_t rtp_port_high = 65'535;
  bool mixing = true;  // false: everyone hears silence, nobody is dropped for it

  bool entry_tone = false;  // heard by all when one comes
  bool exit_tone = false;   // or goes
  bool hold_music = false;  // for who is alone, on our hold or waits for a moderator

  bool wait_for_moderator = false;       // nobody hears anybody until one is there
  bool end_with_last_moderator = false;  // terminate, `moderator_grace` after the last one left
  std::chrono::seconds moderator_grace{0};
  bool moderators_pass_lock = false;
  bool start_muted = false;   // who comes is muted by a moderator, moderators are not
  std::string pin;            // 1 to 16 digits asked of everyone, by RFC 4733; empty = none
  std::string moderator_pin;  // who gives this one is a moderator; empty = none

  bool permanent = false;            // stays when the last one leaves
  std::chrono::seconds linger{0};    // else it stays so long
  std::chrono::seconds idle{0};      // with nobody talking for so long it is terminated; 0 = never
  std::chrono::seconds duration{0};  // terminated so long after its creation; 0 = never
  std::chrono::seconds participant_limit{
      0};  // each one's stay; 0 = as long as it likes; moderators are exempt

  std::string language = "en";  // of prompts, once there are files; BCP 47
  bool record = false;          // NotSupported until recordings come

  bool operator==(const ConferenceSettings&) const = default;
};

// Why these cannot be; empty where they can.
std::optional<Failure> find_fault(const ConferenceSettings& settings);

// The names of the members that differ, for ConfigurationChanged.
std::vector<std::string> changed_keys(const ConferenceSettings& before, const ConferenceSettings& after);

}  // namespace tutti::conference
