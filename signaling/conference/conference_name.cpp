#include "signaling/conference/conference_name.h"

#include <algorithm>

namespace tutti::conference {
namespace {

bool is_name_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         std::string_view("-_.+!~*'").find(c) != std::string_view::npos;
}

}  // namespace

bool is_conference_name(std::string_view name) {
  return !name.empty() && name.size() <= kConferenceNameBytesMax && name.front() != '.' &&
         std::all_of(name.begin(), name.end(), is_name_character);
}

}  // namespace tutti::conference
