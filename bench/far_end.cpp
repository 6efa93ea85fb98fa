#include "bench/far_end.h"

#include <algorithm>
#include <bit>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <new>

#include <sched.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "dataplane/base/check.h"

namespace tutti::bench {
namespace {

// What a caller's buffers hold: a slot of memif's is copied into and out of, so that small ones are enough.
constexpr std::uint32_t kMemifSlotBytes = 256;
constexpr std::uint32_t kMemifRingMax = 16'384;  // of the driver
constexpr std::uint32_t kMemifBuffers = 4'096;   // none of them waits in the cable

void wait_for(const std::atomic<Phase>& phase, Phase wanted) {
  while (phase.load(std::memory_order_acquire) < wanted) {
    std::this_thread::sleep_for(std::chrono::microseconds(100));
  }
}

void on_child(int) {
  constexpr char kSaid[] = "the callers' process has ended before its time\n";
  if (::write(STDERR_FILENO, kSaid, sizeof(kSaid) - 1) < 0) ::_exit(4);
  ::_exit(3);
}

}  // namespace

FarEnd::FarEnd(const Options& options)
    : options_(options),
      shared_bytes_(sizeof(Orders) + options.plan.participants() * sizeof(base::SocketAddress)) {
  void* const shared =
      ::mmap(nullptr, shared_bytes_, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  CHECK(shared != MAP_FAILED);
  orders_ = new (shared) Orders;
  if (options_.cable == Cable::kRings) return;
  CHECK(options_.ring <= kMemifRingMax && std::has_single_bit(options_.ring));
  folder_ = (std::filesystem::temp_directory_path() / "tutti-memif-XXXXXX").string();
  CHECK(::mkdtemp(folder_.data()) != nullptr);
  struct sigaction action {};
  action.sa_handler = &on_child;
  action.sa_flags = SA_NOCLDSTOP;
  ::sigaction(SIGCHLD, &action, nullptr);
  process_ = ::fork();
  CHECK(process_ >= 0);
  if (process_ == 0) run_process();
}

FarEnd::~FarEnd() {
  std::signal(SIGCHLD, SIG_DFL);
  orders_->phase.store(Phase::kGone, std::memory_order_release);
  if (process_ > 0) ::waitpid(process_, nullptr, 0);
  if (!folder_.empty()) {
    std::error_code gone;
    std::filesystem::remove_all(folder_, gone);
  }
  ::munmap(orders_, shared_bytes_);
}

base::SocketAddress* FarEnd::servers() const {
  return reinterpret_cast<base::SocketAddress*>(orders_ + 1);
}

RoomCallers::Options FarEnd::callers(const std::string& port, std::uint32_t buffers) const {
  return {.port = port,
          .plan = options_.plan,
          .servers = {servers(), options_.plan.participants()},
          .buffers = buffers,
          .pace = options_.pace,
          .answer = options_.answer};
}

std::string FarEnd::lay() {
  if (options_.cable == Cable::kRings) {
    rings_ = std::make_unique<dpdk::CrossedRings>(1, options_.ring);
    return rings_->near();
  }
  return "net_memif0,role=server,socket-abstract=no,socket=" + folder_ + "/cable";
}

void FarEnd::connect(std::span<const base::SocketAddress> servers) {
  CHECK(servers.size() == options_.plan.participants());
  std::uninitialized_copy(servers.begin(), servers.end(), this->servers());
  if (rings_ != nullptr) {
    callers_ = std::make_unique<RoomCallers>(callers(rings_->far(), options_.ring + 2'048));
    thread_ = std::thread([this] {
      pin(options_.cpu);
      callers_->run(*orders_);
    });
  }
  enter(Phase::kOpen);
}

void FarEnd::enter(Phase phase) {
  orders_->phase.store(phase, std::memory_order_release);
  wait_for(orders_->reached, phase);
}

void FarEnd::send_until(std::uint64_t packets) {
  orders_->wanted.store(packets, std::memory_order_release);
  Patience patience;
  while (orders_->sent.load(std::memory_order_acquire) != packets) patience.wait();
}

void FarEnd::let_go() {
  if (thread_.joinable()) thread_.join();
  callers_.reset();
}

void FarEnd::run_process() {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  std::signal(SIGCHLD, SIG_DFL);
  wait_for(orders_->phase, Phase::kOpen);
  pin(options_.cpu);
  dpdk::test_eal(options_.eal);
  {
    // The client lays the memory, and says how large it is.
    RoomCallers callers(this->callers("net_memif0,role=client,socket-abstract=no,socket=" + folder_ +
                                          "/cable,bsize=" + std::to_string(kMemifSlotBytes) +
                                          ",rsize=" + std::to_string(std::bit_width(options_.ring) - 1),
                                      kMemifBuffers));
    callers.run(*orders_);
    // Whoever closes a port of memif's takes its memory from under the other one's hands.
    wait_for(orders_->phase, Phase::kGone);
  }
  ::_exit(0);
}

void pin(int cpu) {
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(static_cast<unsigned>(cpu), &set);
  ::sched_setaffinity(0, sizeof(set), &set);
}

void pin_beside(int core_cpu, int callers_cpu) {
  cpu_set_t set;
  CPU_ZERO(&set);
  ::sched_getaffinity(0, sizeof(set), &set);
  CPU_CLR(static_cast<unsigned>(core_cpu), &set);
  if (CPU_COUNT(&set) > 1) CPU_CLR(static_cast<unsigned>(callers_cpu), &set);
  ::sched_setaffinity(0, sizeof(set), &set);
}

}  // namespace tutti::bench
