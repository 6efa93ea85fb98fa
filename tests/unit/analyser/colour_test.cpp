#include "tools/analyser/colour.h"

#include <cstdlib>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

namespace tutti::analyser {
namespace {

TEST(Colour, IsForATerminalWhoseUserWantsIt) {
  const int terminal = ::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
  const int file = ::open("/dev/null", O_RDWR | O_CLOEXEC);
  if (::isatty(terminal) == 0) GTEST_SKIP() << "no terminal can be had here";
  ::setenv("TERM", "xterm", 1);
  ::unsetenv("NO_COLOR");
  EXPECT_TRUE(wants_colour(terminal));
  EXPECT_FALSE(wants_colour(file));
  ::setenv("NO_COLOR", "", 1);
  EXPECT_TRUE(wants_colour(terminal));
  ::setenv("NO_COLOR", "1", 1);
  EXPECT_FALSE(wants_colour(terminal));
  ::unsetenv("NO_COLOR");
  ::setenv("TERM", "dumb", 1);
  EXPECT_FALSE(wants_colour(terminal));
  ::close(terminal);
  ::close(file);
}

}  // namespace
}  // namespace tutti::analyser
