// Log: one line a thing on standard error, for people; never from a media core.
#pragma once

#include <string_view>

namespace tutti::server::log {

enum class Level { kError, kWarning, kInfo };

// What is told; kWarning at first. Thread: before other threads start.
void set_level(Level level);

// Has each line begin with `prefix`, which must live on; a living status line clears itself so.
// Thread: any.
void set_prefix(const char* prefix);

// One whole write(2) each. Thread: any but a media core's.
void error(std::string_view line);
void warning(std::string_view line);
void info(std::string_view line);

}  // namespace tutti::server::log
