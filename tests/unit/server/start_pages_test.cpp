#include "signaling/server/start_pages.h"

#include <fstream>
#include <sstream>
#include <stdexcept>
#include <string>

#include <dlfcn.h>
#include <gtest/gtest.h>

namespace tutti::server {
namespace {

// Of mappings that are only read, and of files: in kB.
std::size_t resident_read_only() {
  std::ifstream maps("/proc/self/smaps");
  std::size_t total = 0;
  bool counts = false;
  for (std::string line; std::getline(maps, line);) {
    if (line.find('-') < line.find(' ')) {
      counts = line.find(" r--p ") != std::string::npos && line.find('/') != std::string::npos;
    } else if (counts && line.rfind("Rss:", 0) == 0) {
      total += std::stoul(line.substr(4));
    }
  }
  return total;
}

TEST(StartPages, AreGivenBackAndComeAgainWhereTheyAreRead) {
  const std::size_t before = resident_read_only();
  give_back_start_pages();
  const std::size_t after = resident_read_only();
  RecordProperty("kb_before", static_cast<int>(before));
  RecordProperty("kb_after", static_cast<int>(after));
  EXPECT_LT(after, before);
  // Tables for exceptions, symbols by name, texts: as before.
  EXPECT_THROW(throw std::runtime_error("x"), std::runtime_error);
  EXPECT_NE(dlsym(RTLD_DEFAULT, "getpid"), nullptr);
  std::ostringstream text;
  text << 1.5;
  EXPECT_EQ(text.str(), "1.5");
}

}  // namespace
}  // namespace tutti::server
