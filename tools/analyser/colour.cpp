#include "tools/analyser/colour.h"

#include <cstdlib>
#include <string_view>

#include <unistd.h>

namespace tutti::analyser {
namespace {

std::string_view variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string_view() : std::string_view(value);
}

}  // namespace

bool wants_colour(int descriptor) {
  return ::isatty(descriptor) != 0 && variable("NO_COLOR").empty() && variable("TERM") != "dumb";
}

}  // namespace tutti::analyser
