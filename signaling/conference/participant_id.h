// ConferenceId and ParticipantId: never used twice in a process's life; 0 is nobody's.
#pragma once

#include <cstdint>

namespace tutti::conference {

enum class ConferenceId : std::uint64_t {};
enum class ParticipantId : std::uint64_t {};

}  // namespace tutti::conference
