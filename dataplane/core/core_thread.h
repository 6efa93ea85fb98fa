// CoreThread: the pinned thread of one media core. All it does is to ask the clock, let the core take a
// turn, and sleep until the next is due.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <thread>

#include "dataplane/base/huge_page_tally.h"
#include "dataplane/base/result.h"
#include "dataplane/core/media_core.h"
#include "dataplane/mailbox/mailbox.h"
#include "dataplane/net/packet_port.h"

namespace tutti::core {

enum class Realtime : std::uint8_t {
  kOff,   // the ordinary scheduler
  kAuto,  // SCHED_FIFO where the process may, else the ordinary scheduler
  kOn,    // SCHED_FIFO or an error
};

enum class ThreadError : std::uint8_t {
  kNoSuchCpu,     // not among those that this process may use
  kNotPermitted,  // SCHED_FIFO needs CAP_SYS_NICE or RLIMIT_RTPRIO
  kNoThread,      // the system has no thread left
};

// One sentence for people.
std::string_view to_string(ThreadError error);

// Thread: made and ended by one that is not the core's.
class CoreThread {
 public:
  struct Options {
    int cpu = 0;
    Realtime realtime = Realtime::kAuto;
    MediaCore::Options core;
  };

  // Returns when the thread is pinned, has made the core there, so that its memory is of that CPU's node, and
  // is about to take its first turn. Owns the port; the mailbox outlives it.
  static base::Result<std::unique_ptr<CoreThread>, ThreadError> start(const Options& options,
                                                                      std::unique_ptr<net::PacketPort> port,
                                                                      mailbox::Mailbox& mailbox);

  // Ends the thread after the turn it is in: participants that are still attached fall silent.
  ~CoreThread();
  CoreThread(const CoreThread&) = delete;
  CoreThread& operator=(const CoreThread&) = delete;

  // MediaCore's.
  void make_ready(std::uint32_t slot) { core_->make_ready(slot); }

  const mailbox::CoreCounters& counters() const { return core_->counters(); }
  const mailbox::ParticipantReports& reports() const { return core_->reports(); }
  // Whether SCHED_FIFO was had.
  bool realtime() const { return realtime_; }
  int cpu() const { return cpu_; }
  // Of its slabs.
  const base::HugePageTally& huge_pages() const { return huge_pages_; }

 private:
  CoreThread(int cpu, std::unique_ptr<net::PacketPort> port, mailbox::Mailbox& mailbox);
  void run();

  const std::unique_ptr<net::PacketPort> port_;
  mailbox::Mailbox& mailbox_;
  std::optional<MediaCore> core_;  // from start() on
  const int cpu_;
  bool realtime_ = false;
  base::HugePageTally huge_pages_;
  std::atomic<bool> stop_{false};
  std::thread thread_;
};

}  // namespace tutti::core
