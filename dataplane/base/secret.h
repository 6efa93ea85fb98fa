// Comparing what a stranger gives with a secret.
#pragma once

#include <string_view>

namespace tutti::base {

// Whether both are the same, in a time that tells nothing but the length of `given`.
bool equal_in_constant_time(std::string_view given, std::string_view secret);

}  // namespace tutti::base
