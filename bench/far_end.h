// FarEnd: a cable, and a RoomPlan's callers at its other end: over crossed rings a thread of this process,
// over memif another process.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <thread>

#include <sys/types.h>

#include "bench/orders.h"
#include "bench/room_callers.h"
#include "bench/room_plan.h"
#include "dataplane/base/socket_address.h"
#include "dataplane/dpdk/eal.h"
#include "tests/support/crossed_rings.h"

namespace tutti::bench {

enum class Cable : std::uint8_t {
  kRings,  // two ports of one process: a packet is a pointer
  kMemif,  // two processes: each packet is copied into memory that both have, and out of it
};

// Thread: that which makes it.
class FarEnd {
 public:
  struct Options {
    RoomPlan plan;
    Cable cable = Cable::kRings;
    Pace pace = Pace::kSteps;
    Answer answer = Answer::kMix;
    int cpu = 0;             // the callers'
    std::uint32_t ring = 0;  // packets under way each way; a power of two
    dpdk::EalOptions eal;    // of the other process
  };

  // Over memif it makes the other process: DPDK has not begun, and no thread. If that one ends before its
  // time, so does this.
  explicit FarEnd(const Options& options);
  // The near end's device is closed. Returns when nothing is left of the other process.
  ~FarEnd();
  FarEnd(const FarEnd&) = delete;
  FarEnd& operator=(const FarEnd&) = delete;

  // The device of the near end, to be opened. DPDK has begun.
  std::string lay();
  // It is open. Returns when the callers are connected to it; `servers`: whom each calls.
  void connect(std::span<const base::SocketAddress> servers);
  // Returns when they do so.
  void enter(Phase phase);
  // By the clock: Orders' stalled_ns.
  const std::atomic<std::uint64_t>& callers_stalled_ns() const { return orders_->stalled_ns; }
  // In steps: returns when they have sent so many packets, and taken all that had come.
  void send_until(std::uint64_t packets);
  // After kRest.
  const CallersReport& report() const { return orders_->report; }
  // Lets go of the near end's buffers. After the core, before its device.
  void let_go();

 private:
  [[noreturn]] void run_process();
  RoomCallers::Options callers(const std::string& port, std::uint32_t buffers) const;
  base::SocketAddress* servers() const;  // behind the orders

  const Options options_;
  const std::size_t shared_bytes_;
  Orders* orders_ = nullptr;
  std::string folder_;  // the socket's
  pid_t process_ = -1;
  std::unique_ptr<dpdk::CrossedRings> rings_;
  std::unique_ptr<RoomCallers> callers_;
  std::thread thread_;
};

// This thread on one CPU; or on any but those two, where there are more.
void pin(int cpu);
void pin_beside(int core_cpu, int callers_cpu);

}  // namespace tutti::bench
