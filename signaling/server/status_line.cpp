#include "signaling/server/status_line.h"

#include <algorithm>
#include <chrono>

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "signaling/server/log.h"

namespace tutti::server {
namespace {

constexpr const char* kClearLine = "\r\x1b[2K";  // to the first column, erase the line (ECMA-48)

void put(int fd, std::string_view text) {
  // A terminal that has gone is no reason to do anything.
  static_cast<void>(!::write(fd, text.data(), text.size()));
}

}  // namespace

std::string status_text(const StatusSample& before, const StatusSample& now, const CpuSet& media_cpus) {
  const double seconds = std::max(1e-3, std::chrono::duration<double>(now.taken - before.taken).count());
  const auto rate = [&](std::uint64_t from, std::uint64_t to) {
    return static_cast<double>(to - from) / seconds;
  };
  std::string text = fmt::format(
      "calls {}  rooms {}  refused {}  in {:.0f}/s  out {:.0f}/s  dropped {}  late ticks {}  load", now.calls,
      now.rooms, now.refused, rate(before.packets_received, now.packets_received),
      rate(before.packets_sent, now.packets_sent), now.drops, now.late_ticks);
  for (std::size_t i = 0; i < now.load_permille.size() && i < media_cpus.size(); ++i) {
    text += fmt::format(" {}:{:.1f}%", media_cpus[i], static_cast<double>(now.load_permille[i]) / 10);
  }
  return text;
}

StatusLine::StatusLine(int fd) : fd_(fd), lives_(isatty(fd) == 1) {
  if (lives_) log::set_prefix(kClearLine);
}

StatusLine::~StatusLine() {
  if (!lives_) return;
  log::set_prefix("");
  put(fd_, "\n");
}

void StatusLine::show(std::string text) {
  if (!lives_) return;
  winsize size{};
  if (ioctl(fd_, TIOCGWINSZ, &size) == 0 && size.ws_col > 1) {
    text.resize(std::min<std::size_t>(text.size(), size.ws_col - 1U));  // the last column would wrap
  }
  put(fd_, kClearLine + text);
}

}  // namespace tutti::server
