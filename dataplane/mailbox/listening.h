// Listening: how a core listens to everybody, whatever the conference.
#pragma once

#include <cstdint>

namespace tutti::mailbox {

struct Listening {
  std::uint16_t jitter_ms = 60;  // see core::CoreOptions::jitter_delay
  std::uint16_t gate_peak = 65;  // see dsp::SpeechGateOptions::threshold
  bool operator==(const Listening&) const = default;
};

// The gate is another for all from the next tick on, the jitter buffer for those who come: to change one that
// plays would be heard.
struct UpdateListening {
  Listening listening;
};

}  // namespace tutti::mailbox
