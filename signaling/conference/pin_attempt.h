// PinAttempt: a caller who has yet to give its PIN, and what it has given.
#pragma once

#include <map>
#include <string>

#include "signaling/conference/lockouts.h"
#include "signaling/conference/participant_id.h"

namespace tutti::conference {

struct PinAttempt {
  std::string digits;
  PinCaller caller;
};

using PinAttempts = std::map<ParticipantId, PinAttempt>;

}  // namespace tutti::conference
