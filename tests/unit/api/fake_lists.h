// What FakeControl tells and takes down: lists as long as a test wants them, arguments as text.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "signaling/conference/conference_info.h"

namespace tutti::api {

// `info` again and again under other names.
inline std::vector<conference::ConferenceInfo> fake_rooms(const conference::ConferenceInfo& info,
                                                          std::size_t count, std::string_view after,
                                                          std::size_t limit) {
  std::vector<conference::ConferenceInfo> list;
  for (std::size_t i = 0; i < count && list.size() < limit; ++i) {
    conference::ConferenceInfo one = info;
    if (i > 0) one.name += std::to_string(1'000 + i);
    if (one.name > after) list.push_back(std::move(one));
  }
  return list;
}

// Likewise, with the ids that follow.
inline std::vector<conference::ParticipantInfo> fake_people(const conference::ParticipantInfo& first,
                                                            std::size_t count,
                                                            conference::ParticipantId after,
                                                            std::size_t limit) {
  std::vector<conference::ParticipantInfo> list;
  for (std::size_t i = 0; i < count && list.size() < limit; ++i) {
    conference::ParticipantInfo one = first;
    one.id = conference::ParticipantId{static_cast<std::uint64_t>(first.id) + i};
    if (one.id > after) list.push_back(std::move(one));
  }
  return list;
}

inline std::string text_of(std::string_view value) {
  return std::string(value);
}
inline std::string text_of(const std::string& value) {
  return value;
}
inline std::string text_of(conference::ParticipantId id) {
  return std::to_string(static_cast<std::uint64_t>(id));
}
inline std::string text_of(bool value) {
  return value ? "true" : "false";
}
template <typename Number>
std::string text_of(Number value) {
  return std::to_string(value);
}

}  // namespace tutti::api
