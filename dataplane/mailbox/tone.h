// Tone: a sound that a core makes itself and adds to what is heard: a signal, a prompt, a test tone.
#pragma once

#include <array>
#include <cstdint>
#include <variant>

#include "dataplane/mailbox/handles.h"

namespace tutti::mailbox {

struct ToneStep {
  std::uint16_t frequency_hz = 0;  // 50 to 3 400; 0: a pause
  std::uint32_t duration_ms = 0;   // 0: until it is stopped
  bool operator==(const ToneStep&) const = default;
};

// Steps one after the other, each with soft edges within its time, so that it lasts to the sample.
struct Tone {
  static constexpr std::size_t kStepsMax = 4;

  std::array<ToneStep, kStepsMax> steps{};
  std::uint8_t step_count = 0;
  std::uint8_t level_dbov = 20;  // -dBov (RFC 6464), 6 to 60
  bool operator==(const Tone&) const = default;
};

// To each of whom it is played a tone has one of these, and a second one in it ends the first: an operator's
// tone goes on under the signal that somebody has come.
enum class ToneLane : std::uint8_t {
  kPlay,    // what somebody asked to be played
  kSignal,  // what the server says: who comes and goes, a PIN is wanted
};
inline constexpr std::size_t kToneLanes = 2;

// All who hear a share of a conference, or one participant, whom nothing keeps from hearing it.
using ToneTarget = std::variant<ConferenceHandle, ParticipantHandle>;

// A core plays at most so many tones at once; one more is not heard.
inline constexpr std::uint32_t kTonesMax = 256;

}  // namespace tutti::mailbox
