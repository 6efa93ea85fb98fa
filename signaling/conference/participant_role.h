// ParticipantRole: what one may do in a conference.
#pragma once

#include <cstdint>
#include <string_view>

namespace tutti::conference {

enum class ParticipantRole : std::uint8_t {
  kModerator,  // passes a lock where so configured, is not counted, holds the conference open
  kSpeaker,
  kListener,  // is never in the mix
};

std::string_view to_string(ParticipantRole role);

}  // namespace tutti::conference
