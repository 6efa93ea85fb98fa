// UringRing: one io_uring instance, made anywhere and then run by one thread only.
//
// Private to this module: it shows liburing.
#pragma once

#include <cstdint>
#include <memory>

#include <liburing.h>

#include "dataplane/base/clock.h"
#include "dataplane/base/realtime.h"
#include "dataplane/base/result.h"
#include "dataplane/net/endpoint_factory.h"

namespace tutti::net {

// Thread: make() by anyone; the first call of enable() chooses the thread of everything else. Destroyed
// on that thread, or after it has ended.
class UringRing {
 public:
  struct Sizes {
    std::uint32_t submissions = 0;  // more than that are submitted in between
    std::uint32_t completions = 0;  // that may wait between two turns
    std::uint32_t files = 0;        // slots of the registered table
  };

  // Errors: kNotSupported (kernel older than 6.1, or io_uring switched off), kNoDescriptors (the limit of
  // open files bounds the table of registered ones too), kOther.
  static base::Result<std::unique_ptr<UringRing>, NetError> make(const Sizes& sizes);
  ~UringRing();
  UringRing(const UringRing&) = delete;
  UringRing& operator=(const UringRing&) = delete;

  // Makes the calling thread the ring's only one, once.
  void enable() TUTTI_REALTIME {
    if (!enabled_) enable_here();
  }

  // An entry to fill, submitting what waits if there is no room; null when the kernel takes none.
  io_uring_sqe* next_entry() TUTTI_REALTIME;
  // Lets the kernel take the entries. Requests run within this call until they would block.
  void submit() TUTTI_REALTIME;
  // Whether the kernel has taken all entries: what they point to is free again.
  bool all_submitted() const TUTTI_REALTIME { return ::io_uring_sq_ready(&ring_) == 0; }

  // Whether entering the kernel would bring completions.
  bool kernel_has_work() const TUTTI_REALTIME;
  // Submits, and lets the kernel do the work that waits for this thread. Source: IORING_SETUP_DEFER_TASKRUN.
  void run_kernel_work() TUTTI_REALTIME;
  // Sleeps until `deadline` or until `completions` wait.
  void wait(base::Instant deadline, std::uint32_t completions) TUTTI_REALTIME;

  // Puts a descriptor into a slot of the registered table, -1 to empty it. False when refused.
  bool set_file(std::uint32_t slot, int fd) TUTTI_REALTIME;

  io_uring& raw() TUTTI_REALTIME { return ring_; }

 private:
  UringRing() = default;
  void enable_here() TUTTI_REALTIME;

  io_uring ring_{};
  bool made_ = false;
  bool enabled_ = false;
};

}  // namespace tutti::net
