#include "tests/support/checkout.h"

namespace tutti::test_support {

std::string in_checkout(std::string_view path) {
  return std::string(TUTTI_SOURCE_DIR "/").append(path);
}

const char* const kTuttid = TUTTI_TUTTID;
const char* const kOtherBypass = TUTTI_OTHER_BYPASS;
const char* const kOldBypass = TUTTI_OLD_BYPASS;

}  // namespace tutti::test_support
