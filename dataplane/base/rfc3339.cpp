#include "dataplane/base/rfc3339.h"

#include <array>
#include <cstdio>
#include <ctime>

namespace tutti::base {

std::string rfc3339(std::chrono::system_clock::time_point at) {
  using std::chrono::milliseconds;
  const auto whole = std::chrono::floor<std::chrono::seconds>(at);
  const std::time_t seconds = std::chrono::system_clock::to_time_t(whole);
  std::tm utc{};
  gmtime_r(&seconds, &utc);
  std::array<char, 64> text;
  const std::size_t length = std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%S", &utc);
  std::array<char, 8> fraction;
  std::snprintf(fraction.data(), fraction.size(), ".%03dZ",
                static_cast<int>(std::chrono::floor<milliseconds>(at - whole).count()) % 1'000);
  return std::string(text.data(), length) + fraction.data();
}

}  // namespace tutti::base
