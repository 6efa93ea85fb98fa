#include "signaling/conference/conference_name.h"

#include <algorithm>

#include "dataplane/base/ascii.h"

namespace tutti::conference {
namespace {

bool is_name_character(char c) {
  return base::is_letter(c) || base::is_digit(c) ||
         std::string_view("-_.+!~*'").find(c) != std::string_view::npos;
}

}  // namespace

bool is_conference_name(std::string_view name) {
  return !name.empty() && name.size() <= kConferenceNameBytesMax && name.front() != '.' &&
         std::all_of(name.begin(), name.end(), is_name_character);
}

}  // namespace tutti::conference
