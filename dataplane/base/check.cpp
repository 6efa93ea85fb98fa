#include "dataplane/base/check.h"

#include <cstdio>
#include <cstdlib>

namespace tutti::base {

void check_failed(const char* file, int line, const char* condition) noexcept {
  std::fprintf(stderr, "%s:%d: CHECK failed: %s\n", file, line, condition);
  std::abort();
}

}  // namespace tutti::base
