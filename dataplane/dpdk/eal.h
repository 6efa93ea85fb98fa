// Eal: DPDK's environment (memory, drivers, a log), started once in a process.
//
// It launches no thread for packets: the media cores are ours, and are made known to it (EalThread).
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "dataplane/base/result.h"
#include "dataplane/net/packet_bypass.h"

namespace tutti::dpdk {

// A line of DPDK's, without its end.
using LogLevel = net::BypassLogLevel;
using LogSink = net::BypassLog;

struct EalOptions {
  // PCI addresses, "0000:01:00.0", with a driver's arguments or not; no other card is looked at, but for
  // those that `arguments` allow ("-a"), of a bond.
  std::vector<std::string> cards;
  // Without them it works as an ordinary user, on virtual devices; with them at least so many must be free.
  bool huge_pages = true;
  std::uint32_t memory_mb = 512;       // without huge pages address space, which is used as it is touched
  std::vector<int> cpus;               // for its own few threads; empty: where the caller runs
  std::vector<std::string> arguments;  // further ones, as EAL takes them
};

// Thread: that which starts it, for all of it.
class Eal {
 public:
  // Errors: one sentence that says what to do: no huge page, a card that is not there or is the kernel's,
  // what is not permitted, an argument that EAL does not know. A process cannot start it again once it ended.
  static base::Result<std::unique_ptr<Eal>, std::string> start(const EalOptions& options, LogSink log);
  // All that was made of it is gone.
  ~Eal();
  Eal(const Eal&) = delete;
  Eal& operator=(const Eal&) = delete;

  // The command line that `options` come to, the program's name first.
  static std::vector<std::string> command_line(const EalOptions& options);

 private:
  class Log;
  explicit Eal(std::unique_ptr<Log> log);

  const std::unique_ptr<Log> log_;
  std::vector<std::string> words_;  // EAL points into them
  bool runs_ = false;
};

// While one lives its thread has a place in DPDK's pools of memory (a cache of its own). Without it all
// works, but slower. Thread: the one that makes and ends it. Allocates.
class EalThread {
 public:
  EalThread();
  ~EalThread();
  EalThread(const EalThread&) = delete;
  EalThread& operator=(const EalThread&) = delete;

 private:
  bool registered_ = false;
};

}  // namespace tutti::dpdk
