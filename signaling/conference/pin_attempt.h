// PinAttempt: a caller who has yet to give its PIN, and what it has given.
#pragma once

#include <map>
#include <string>

#include "signaling/conference/participant_id.h"

namespace tutti::conference {

struct PinAttempt {
  std::string digits;
  std::string caller;  // Lockouts::key
};

using PinAttempts = std::map<ParticipantId, PinAttempt>;

}  // namespace tutti::conference
