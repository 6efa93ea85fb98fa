#include "dataplane/base/secret.h"

#include <cstddef>

namespace tutti::base {

bool equal_in_constant_time(std::string_view given, std::string_view secret) {
  if (secret.empty()) return given.empty();
  volatile unsigned char difference = given.size() == secret.size() ? 0 : 1;
  for (std::size_t i = 0; i < given.size(); ++i) {
    const auto wrong = static_cast<unsigned char>(given[i] ^ secret[i % secret.size()]);
    difference = static_cast<unsigned char>(difference | wrong);
  }
  return difference == 0;
}

}  // namespace tutti::base
