// ConsoleFiles: what signaling/api/console/ holds, as the build put it into the program.
#pragma once

#include <span>
#include <string_view>

namespace tutti::api {

struct ConsoleFile {
  std::string_view name;          // "main.js"
  std::string_view content_type;  // "text/javascript; charset=utf-8"
  std::string_view etag;          // of its bytes, with the quotes
  std::string_view body;
};

// By name. The source is made by tools/cmake/ConsoleFiles.cmake.
std::span<const ConsoleFile> console_files();

}  // namespace tutti::api
