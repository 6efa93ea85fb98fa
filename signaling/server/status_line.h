// StatusLine: one line that lives at the bottom of a terminal: calls, packets, load.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "dataplane/base/clock.h"
#include "signaling/server/cpu_set.h"

namespace tutti::server {

// What is counted at one moment; totals since the start.
struct StatusSample {
  base::Instant taken;
  std::size_t calls = 0;
  std::size_t rooms = 0;
  std::uint64_t refused = 0;  // for want of headroom
  std::uint64_t packets_received = 0;
  std::uint64_t packets_sent = 0;
  std::uint64_t drops = 0;
  std::uint64_t late_ticks = 0;
  std::vector<std::int64_t> load_permille;  // by core
};

// Rates are those between the two samples, the rest is of the later one.
std::string status_text(const StatusSample& before, const StatusSample& now, const CpuSet& media_cpus);

class StatusLine {
 public:
  // Lives if `fd` is a terminal; else all calls do nothing.
  explicit StatusLine(int fd);
  // Leaves the last line behind.
  ~StatusLine();
  StatusLine(const StatusLine&) = delete;
  StatusLine& operator=(const StatusLine&) = delete;

  bool lives() const { return lives_; }
  // Rewrites the line, cut to the terminal's width.
  void show(std::string text);

 private:
  const int fd_;
  const bool lives_;
};

}  // namespace tutti::server
