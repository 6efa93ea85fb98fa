// Log: one line a thing on standard error, for people or for programs; never from a media core.
//
// Whatever a line quotes is escaped: nobody who is quoted can end a line or begin another. Lines come from
// one writer, in their order; where more come than it may write (a stranger can make them come), they are
// counted and left out, and the number is told. Errors never are.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>

namespace tutti::server::log {

enum class Level : std::uint8_t { kError, kWarning, kInfo };
enum class Format : std::uint8_t { kText, kJson };

// What is told (kWarning at first) and how. Thread: any.
void set_level(Level level);
void set_format(Format format);

// Has each line begin with `prefix`, which must live on; a living status line clears itself so.
// Thread: any.
void set_prefix(const char* prefix);

// What belongs to a line, for programs: ` name=value` in text, a member in JSON.
struct Field {
  std::string_view name;
  std::string_view value;
};
using Fields = std::initializer_list<Field>;

// One whole write(2) each. Thread: any but a media core's.
void error(std::string_view line, Fields fields = {});
void warning(std::string_view line, Fields fields = {});
void info(std::string_view line, Fields fields = {});

// Since the start; suppressed: left out, as there were too many. Thread: any.
struct Counts {
  std::uint64_t errors = 0;
  std::uint64_t warnings = 0;
  std::uint64_t infos = 0;
  std::uint64_t suppressed = 0;
};
Counts counts();

// While one lives, a thread of its own writes, so that a reader of standard error who stops reading stops
// nobody; without, whoever tells a line writes it. At most one. Its thread keeps to its maker's CPUs.
class Writer {
 public:
  Writer();
  // Writes what waits, as long as that takes no longer than a second.
  ~Writer();
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;

  class Impl;

 private:
  const std::unique_ptr<Impl> impl_;
};

// As the log writes it; `now_ms` is the time of day since 1970. For the writer and its tests.
std::string format_line(Format format, Level level, std::string_view line, Fields fields,
                        std::int64_t now_ms);

}  // namespace tutti::server::log
