// ParticipantStatus and ConferenceState: where each is in its life, and which steps there are.
#pragma once

#include <cstdint>
#include <string_view>

namespace tutti::conference {

// Joining until the core has it and its call is accepted; Left is final. OnHold outranks Muted: who is on
// hold hears nothing of us, muted or not.
enum class ParticipantStatus : std::uint8_t { kJoining, kActive, kOnHold, kMuted, kLeaving, kLeft };

// Creating -> Active <-> Locked, Active | Locked -> Terminating -> Terminated.
enum class ConferenceState : std::uint8_t { kCreating, kActive, kLocked, kTerminating, kTerminated };

std::string_view to_string(ParticipantStatus status);
std::string_view to_string(ConferenceState state);

// Whether there is a step between the two; to itself there is none.
bool may_follow(ParticipantStatus from, ParticipantStatus to);
bool may_follow(ConferenceState from, ConferenceState to);

}  // namespace tutti::conference
