#include "dataplane/net/uring_ring.h"

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cstdint>

#include <sys/syscall.h>
#include <unistd.h>

#include "dataplane/base/check.h"
#include "dataplane/net/net_error.h"

namespace tutti::net {
namespace {

constexpr std::uint32_t kEntriesMax = 32'768;  // the kernel's IORING_MAX_ENTRIES

// SINGLE_ISSUER and DEFER_TASKRUN: packets are taken when this thread asks, not by interrupting it.
// TASKRUN_FLAG: a bit in shared memory says whether asking is worth a system call.
// R_DISABLED: the thread that enables the ring is its single issuer, not the one that makes it.
// SUBMIT_ALL: one entry in error does not hold up those behind it.
constexpr std::uint32_t kSetupFlags = IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN |
                                      IORING_SETUP_TASKRUN_FLAG | IORING_SETUP_R_DISABLED |
                                      IORING_SETUP_SUBMIT_ALL | IORING_SETUP_CQSIZE | IORING_SETUP_CLAMP;

}  // namespace

base::Result<std::unique_ptr<UringRing>, NetError> UringRing::make(const Sizes& sizes) {
  std::unique_ptr<UringRing> ring(new UringRing);
  io_uring_params parameters{};
  parameters.flags = kSetupFlags;
  parameters.cq_entries = std::bit_ceil(std::min(sizes.completions, 2 * kEntriesMax));
  const std::uint32_t entries = std::bit_ceil(std::min(sizes.submissions, kEntriesMax));
  const int made =
      ::io_uring_queue_init_params(std::min(entries, parameters.cq_entries), &ring->ring_, &parameters);
  // EINVAL: a flag the kernel does not know. EPERM: kernel.io_uring_disabled, or a seccomp filter.
  if (made == -EINVAL || made == -EPERM) return base::unexpected(NetError::kNotSupported);
  if (made < 0) return base::unexpected(net_error_from_errno(-made));
  ring->made_ = true;
  // Raises the soft limit of open files where that is too low for the table.
  const int registered = ::io_uring_register_files_sparse(&ring->ring_, sizes.files);
  if (registered < 0) return base::unexpected(net_error_from_errno(-registered));
  return ring;
}

UringRing::~UringRing() {
  if (made_) ::io_uring_queue_exit(&ring_);
}

void UringRing::enable_here() TUTTI_REALTIME {
  // By hand: the shared library of liburing 2.3 lacks io_uring_enable_rings().
  const long enabled =
      ::syscall(SYS_io_uring_register, ring_.ring_fd, IORING_REGISTER_ENABLE_RINGS, nullptr, 0);
  CHECK(enabled == 0);
  // Saves looking the descriptor up in each call; without it all works the same.
  static_cast<void>(::io_uring_register_ring_fd(&ring_));
  enabled_ = true;
}

io_uring_sqe* UringRing::next_entry() TUTTI_REALTIME {
  io_uring_sqe* entry = ::io_uring_get_sqe(&ring_);
  if (entry != nullptr) return entry;
  submit();
  return ::io_uring_get_sqe(&ring_);
}

void UringRing::submit() TUTTI_REALTIME {
  // More than one round only when the kernel was short of memory or interrupted.
  for (int round = 0; round < 4 && !all_submitted(); ++round) ::io_uring_submit(&ring_);
}

bool UringRing::kernel_has_work() const TUTTI_REALTIME {
  constexpr std::uint32_t kWork = IORING_SQ_TASKRUN | IORING_SQ_CQ_OVERFLOW;
  return !all_submitted() || (IO_URING_READ_ONCE(*ring_.sq.kflags) & kWork) != 0;
}

void UringRing::run_kernel_work() TUTTI_REALTIME {
  ::io_uring_submit_and_get_events(&ring_);
}

void UringRing::wait(base::Instant deadline, std::uint32_t completions) TUTTI_REALTIME {
  submit();
  const base::Duration left = deadline - base::monotonic_now();
  if (left <= base::Duration::zero()) return;
  constexpr auto kSecond = base::Duration(std::chrono::seconds(1)).count();
  __kernel_timespec timeout{.tv_sec = left.count() / kSecond, .tv_nsec = left.count() % kSecond};
  io_uring_getevents_arg argument{};
  argument.ts = reinterpret_cast<std::uintptr_t>(&timeout);
  std::uint32_t flags = IORING_ENTER_GETEVENTS | IORING_ENTER_EXT_ARG;
  if (ring_.enter_ring_fd != ring_.ring_fd) flags |= IORING_ENTER_REGISTERED_RING;
  // Every outcome, ETIME and EINTR among them, means: look again.
  static_cast<void>(::io_uring_enter2(static_cast<unsigned>(ring_.enter_ring_fd), 0, completions, flags,
                                      reinterpret_cast<sigset_t*>(&argument), sizeof(argument)));
}

bool UringRing::set_file(std::uint32_t slot, int fd) TUTTI_REALTIME {
  return ::io_uring_register_files_update(&ring_, slot, &fd, 1) == 1;
}

}  // namespace tutti::net
