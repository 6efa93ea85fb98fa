// SilenceReport and HearingMatrix: why somebody is not heard, and who is sent whose voice: routing as the
// server knows it, not as anybody heard it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "signaling/conference/participant_id.h"

namespace tutti::conference {

// The stages of a voice's way, in order; the first that stops it is the cause.
enum class SilenceCause : std::uint8_t {
  kNone,  // it is in the mix
  kJoining,
  kOnHold,        // the agreed direction takes nothing from it
  kNoPackets,     // no RTP came for a second
  kWrongSource,   // packets come from where they may not
  kNotDecodable,  // packets come and are dropped: unknown payload type, broken, late
  kMuted,         // by itself, by a moderator, or as a listener
  kWaiting,       // for a moderator, or for its PIN
  kBelowGate,     // it is silent, or too soft
  kNotAmongLoudest,
  kMixingOff,
  kCoaching,  // heard by its coachee alone
};
std::string_view to_string(SilenceCause cause);

struct SilenceStage {
  std::string name;  // "packets", "source", "decoder", "mute", "gate", "talkers", "mix"
  bool passed = false;
  std::string
      detail;  // with the counts of the stage: "312 packets dropped: late 300, unknown payload type 12"
};

struct SilenceReport {
  ParticipantId participant{};
  SilenceCause cause = SilenceCause::kNone;
  std::string advice;  // one sentence for people
  std::vector<SilenceStage> stages;
};

struct HearingMatrix {
  std::vector<ParticipantId> participants;  // rows hear, columns are heard; at most 64, the rest is left out
  std::size_t left_out = 0;
  std::vector<std::vector<bool>> hears;  // routing: not muted, deaf, held...; whether or not they talk now
};

}  // namespace tutti::conference
