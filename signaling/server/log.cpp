#include "signaling/server/log.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <string>
#include <thread>
#include <utility>

#include <fmt/format.h>
#include <poll.h>
#include <pthread.h>
#include <unistd.h>

#include "dataplane/base/rfc3339.h"
#include "signaling/api/json_shapes.h"

namespace tutti::server::log {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kLinesWaitingMax = 1'024;
// Warnings and infos that are written in a second; a burst of as many.
constexpr double kLinesPerSecond = 200;

std::atomic<Level> told{Level::kWarning};
std::atomic<Format> format{Format::kText};
std::atomic<const char*> line_prefix{""};
std::atomic<std::uint64_t> written[3];
std::atomic<std::uint64_t> left_out{0};

constexpr std::string_view kLevelNames[] = {"error", "warning", "info"};

bool is_c1(std::string_view text, std::size_t at) {
  const auto next = at + 1 < text.size() ? static_cast<unsigned char>(text[at + 1]) : 0U;
  return static_cast<unsigned char>(text[at]) == 0xC2 && next >= 0x80 && next < 0xA0;
}

// Control characters (C1's too: a terminal obeys them) and what could be taken for an escape or, in a
// quoted value, for its end.
void append_plain(std::string& text, std::string_view value, bool quoted) {
  for (std::size_t i = 0; i < value.size(); ++i) {
    const auto byte = static_cast<unsigned char>(value[i]);
    if (byte < 0x20 || byte == 0x7F || byte == '\\' || (quoted && byte == '"') || is_c1(value, i)) {
      text += fmt::format("\\x{:02x}", byte);
    } else {
      text += value[i];
    }
  }
}

// A JSON string in which a terminal finds nothing to obey either: DEL and C1's are escaped, too.
std::string quoted_json(std::string_view text) {
  const std::string plain = api::json_string(text);
  std::string safe;
  for (std::size_t i = 0; i < plain.size(); ++i) {
    if (plain[i] == 0x7F) {
      safe += "\\u007f";
    } else if (is_c1(plain, i)) {
      safe += fmt::format("\\u{:04x}", static_cast<unsigned char>(plain[++i]));
    } else {
      safe += plain[i];
    }
  }
  return safe;
}

std::int64_t milliseconds_now() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
}

// Nothing can be done where nobody listens.
void write_out(const std::string& line) {
  static_cast<void>(!::write(STDERR_FILENO, line.data(), line.size()));
}

// How many lines may still be written; and how many have been left out since the last that was.
class Budget {
 public:
  // Whether one more may be; `missed` then tells how many before it were not.
  bool take(Level level, std::uint64_t& missed) {
    const std::lock_guard lock(mutex_);
    const auto now = Clock::now();
    const double passed = std::chrono::duration<double>(now - filled_).count();
    filled_ = now;
    lines_ = std::min(kLinesPerSecond, lines_ + passed * kLinesPerSecond);
    if (level != Level::kError && lines_ < 1) {
      ++missed_;
      left_out.fetch_add(1, std::memory_order_relaxed);
      return false;
    }
    if (level != Level::kError) lines_ -= 1;
    missed = std::exchange(missed_, 0);
    return true;
  }

 private:
  std::mutex mutex_;
  double lines_ = kLinesPerSecond;
  Clock::time_point filled_ = Clock::now();
  std::uint64_t missed_ = 0;
};

Budget& budget() {
  static Budget one;
  return one;
}

}  // namespace

class Writer::Impl {
 public:
  Impl() : thread_([this] { run(); }) {}
  ~Impl() {
    {
      const std::lock_guard lock(mutex_);
      ending_ = true;
      deadline_ = Clock::now() + std::chrono::seconds(1);
    }
    more_.notify_one();
    thread_.join();
  }

  void put(std::string line) {
    {
      const std::lock_guard lock(mutex_);
      if (lines_.size() >= kLinesWaitingMax) {
        left_out.fetch_add(1, std::memory_order_relaxed);
        return;
      }
      lines_.push_back(std::move(line));
    }
    more_.notify_one();
  }

 private:
  void run() {
    pthread_setname_np(pthread_self(), "log");
    std::unique_lock lock(mutex_);
    while (true) {
      more_.wait(lock, [this] { return ending_ || !lines_.empty(); });
      if (lines_.empty()) return;
      const std::string line = std::move(lines_.front());
      lines_.pop_front();
      lock.unlock();
      const bool taken = may_write();
      if (taken) write_out(line);
      lock.lock();
      if (!taken) return;  // the end came while nobody read
    }
  }

  // Waits until somebody reads; false when the end came meanwhile and has waited long enough.
  bool may_write() {
    while (true) {
      pollfd polled{STDERR_FILENO, POLLOUT, 0};
      if (::poll(&polled, 1, 100) != 0) return true;
      const std::lock_guard lock(mutex_);
      if (ending_ && Clock::now() > deadline_) return false;
    }
  }

  std::mutex mutex_;
  std::condition_variable more_;
  std::deque<std::string> lines_;
  bool ending_ = false;
  Clock::time_point deadline_;
  std::thread thread_;
};

namespace {

std::mutex writer_mutex;
Writer::Impl* writer = nullptr;

void put(std::string line) {
  const std::lock_guard lock(writer_mutex);
  writer != nullptr ? writer->put(std::move(line)) : write_out(line);
}

void say(Level level, std::string_view line, Fields fields) {
  if (level > told.load(std::memory_order_relaxed)) return;
  std::uint64_t missed = 0;
  if (!budget().take(level, missed)) return;
  const Format how = format.load(std::memory_order_relaxed);
  if (missed > 0) {
    put(line_prefix.load() + format_line(how, Level::kWarning, fmt::format("{} lines were left out", missed),
                                         {}, milliseconds_now()));
  }
  put(line_prefix.load() + format_line(how, level, line, fields, milliseconds_now()));
  written[static_cast<std::size_t>(level)].fetch_add(1, std::memory_order_relaxed);
}

}  // namespace

Writer::Writer() : impl_(std::make_unique<Impl>()) {
  const std::lock_guard lock(writer_mutex);
  writer = impl_.get();
}

Writer::~Writer() {
  const std::lock_guard lock(writer_mutex);
  writer = nullptr;
}

std::string format_line(Format how, Level level, std::string_view line, Fields fields, std::int64_t now_ms) {
  const std::string_view name = kLevelNames[static_cast<std::size_t>(level)];
  if (how == Format::kJson) {
    const std::chrono::system_clock::time_point at{std::chrono::milliseconds(now_ms)};
    std::string text =
        fmt::format(R"({{"time":"{}","level":"{}","message":{})", base::rfc3339(at), name, quoted_json(line));
    for (const Field& field : fields) {
      text += fmt::format(",{}:{}", quoted_json(field.name), quoted_json(field.value));
    }
    return text + "}\n";
  }
  std::string text = "tuttid: ";
  if (level == Level::kWarning) text += "warning: ";
  append_plain(text, line, false);
  for (const Field& field : fields) {
    text += fmt::format(" {}=\"", field.name);
    append_plain(text, field.value, true);
    text += '"';
  }
  return text + '\n';
}

void set_level(Level level) {
  told.store(level);
}
void set_format(Format how) {
  format.store(how);
}
void set_prefix(const char* prefix) {
  line_prefix.store(prefix);
}

void error(std::string_view line, Fields fields) {
  say(Level::kError, line, fields);
}
void warning(std::string_view line, Fields fields) {
  say(Level::kWarning, line, fields);
}
void info(std::string_view line, Fields fields) {
  say(Level::kInfo, line, fields);
}

Counts counts() {
  return {written[0].load(), written[1].load(), written[2].load(), left_out.load()};
}

}  // namespace tutti::server::log
