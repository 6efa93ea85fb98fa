#include "signaling/server/log.h"

#include <atomic>

#include <fmt/format.h>
#include <unistd.h>

namespace tutti::server::log {
namespace {

Level told = Level::kWarning;
std::atomic<const char*> line_prefix{""};

void say(Level level, std::string_view kind, std::string_view line) {
  if (level > told) return;
  const std::string text = fmt::format("{}tuttid: {}{}\n", line_prefix.load(), kind, line);
  // Nothing can be done where nobody listens.
  static_cast<void>(!::write(STDERR_FILENO, text.data(), text.size()));
}

}  // namespace

void set_level(Level level) {
  told = level;
}
void set_prefix(const char* prefix) {
  line_prefix.store(prefix);
}

void error(std::string_view line) {
  say(Level::kError, "", line);
}
void warning(std::string_view line) {
  say(Level::kWarning, "warning: ", line);
}
void info(std::string_view line) {
  say(Level::kInfo, "", line);
}

}  // namespace tutti::server::log
