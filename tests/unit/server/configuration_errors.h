// errors_of(): what is wrong in a text of configuration.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "signaling/server/configuration.h"

namespace tutti::server {

// The errors as people read them.
inline std::vector<std::string> errors_of(std::string_view text) {
  const auto parsed = parse_configuration(text, "t.toml");
  std::vector<std::string> lines;
  if (parsed) return lines;
  for (const auto& error : parsed.error()) lines.push_back(to_string(error));
  return lines;
}

}  // namespace tutti::server
