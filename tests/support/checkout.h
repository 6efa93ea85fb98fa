// This checkout, and what was built of it. Its paths stand in one source: all others are the same in every
// checkout, so that ccache has them for each.
#pragma once

#include <string>
#include <string_view>

namespace tutti::test_support {

// The path of a file or folder in it, as "docs/openapi.json".
std::string in_checkout(std::string_view path);

extern const char* const kTuttid;       // the server
extern const char* const kOtherBypass;  // a library of the bypass, of another build
extern const char* const kOldBypass;    // and one that does not say of which it is

}  // namespace tutti::test_support
