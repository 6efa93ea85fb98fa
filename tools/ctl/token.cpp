#include "tools/ctl/token.h"

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <string_view>

#include <fmt/format.h>

#include "dataplane/base/ascii.h"

namespace tutti::ctl {

base::Result<std::string, std::string> read_token(const std::string& file) {
  std::string text;
  if (file.empty()) {
    const char* variable = std::getenv("TUTTI_TOKEN");
    text = variable == nullptr ? "" : variable;
  } else {
    std::ifstream stream(file);
    std::getline(stream, text);
  }
  text = std::string(base::trim(text));
  const std::string where = file.empty() ? "TUTTI_TOKEN" : "--token-file " + file;
  if (text.empty() && !file.empty()) {
    return base::unexpected(fmt::format("{}: there is no token to read", where));
  }
  if (std::any_of(text.begin(), text.end(), [](char c) { return c <= ' ' || c > '~'; })) {
    return base::unexpected(fmt::format("{}: no token has spaces, or other than ASCII, in it", where));
  }
  return text;
}

}  // namespace tutti::ctl
