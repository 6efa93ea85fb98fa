#include "signaling/conference/hearing.h"

namespace tutti::conference {

std::string_view to_string(SilenceCause cause) {
  switch (cause) {
    case SilenceCause::kNone:
      return "None";
    case SilenceCause::kJoining:
      return "Joining";
    case SilenceCause::kOnHold:
      return "OnHold";
    case SilenceCause::kNoPackets:
      return "NoPackets";
    case SilenceCause::kWrongSource:
      return "WrongSource";
    case SilenceCause::kNotDecodable:
      return "NotDecodable";
    case SilenceCause::kMuted:
      return "Muted";
    case SilenceCause::kWaiting:
      return "Waiting";
    case SilenceCause::kBelowGate:
      return "BelowGate";
    case SilenceCause::kNotAmongLoudest:
      return "NotAmongLoudest";
    case SilenceCause::kMixingOff:
      return "MixingOff";
    case SilenceCause::kCoaching:
      return "Coaching";
  }
  return "Unknown";
}

}  // namespace tutti::conference
