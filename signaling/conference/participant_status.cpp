#include "signaling/conference/participant_status.h"

namespace tutti::conference {

std::string_view to_string(ParticipantStatus status) {
  switch (status) {
    case ParticipantStatus::kJoining:
      return "Joining";
    case ParticipantStatus::kActive:
      return "Active";
    case ParticipantStatus::kOnHold:
      return "OnHold";
    case ParticipantStatus::kMuted:
      return "Muted";
    case ParticipantStatus::kLeaving:
      return "Leaving";
    case ParticipantStatus::kLeft:
      return "Left";
  }
  return "Unknown";
}

std::string_view to_string(ConferenceState state) {
  switch (state) {
    case ConferenceState::kCreating:
      return "Creating";
    case ConferenceState::kActive:
      return "Active";
    case ConferenceState::kLocked:
      return "Locked";
    case ConferenceState::kTerminating:
      return "Terminating";
    case ConferenceState::kTerminated:
      return "Terminated";
  }
  return "Unknown";
}

bool may_follow(ParticipantStatus from, ParticipantStatus to) {
  switch (from) {
    case ParticipantStatus::kJoining:
    case ParticipantStatus::kActive:
    case ParticipantStatus::kOnHold:
    case ParticipantStatus::kMuted:
      return to != from && to != ParticipantStatus::kJoining && to != ParticipantStatus::kLeft;
    case ParticipantStatus::kLeaving:
      return to == ParticipantStatus::kLeft;
    case ParticipantStatus::kLeft:
      return false;
  }
  return false;
}

bool may_follow(ConferenceState from, ConferenceState to) {
  switch (from) {
    case ConferenceState::kCreating:
      return to == ConferenceState::kActive;
    case ConferenceState::kActive:
      return to == ConferenceState::kLocked || to == ConferenceState::kTerminating;
    case ConferenceState::kLocked:
      return to == ConferenceState::kActive || to == ConferenceState::kTerminating;
    case ConferenceState::kTerminating:
      return to == ConferenceState::kTerminated;
    case ConferenceState::kTerminated:
      return false;
  }
  return false;
}

}  // namespace tutti::conference
