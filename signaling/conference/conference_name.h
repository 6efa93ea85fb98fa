// A conference's name: the user part of the URI that is dialled.
#pragma once

#include <cstddef>
#include <string_view>

namespace tutti::conference {

inline constexpr std::size_t kConferenceNameBytesMax = 64;

// 1 to kConferenceNameBytesMax ASCII letters, digits and -_.+!~*' and no dot in front: so a name can go into
// SDP's s=, a path, a log line or JSON as it is.
bool is_conference_name(std::string_view name);

}  // namespace tutti::conference
