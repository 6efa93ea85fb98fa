#include "signaling/conference/participant_role.h"

namespace tutti::conference {

std::string_view to_string(ParticipantRole role) {
  switch (role) {
    case ParticipantRole::kModerator:
      return "moderator";
    case ParticipantRole::kSpeaker:
      return "speaker";
    case ParticipantRole::kListener:
      return "listener";
  }
  return "unknown";
}

}  // namespace tutti::conference
