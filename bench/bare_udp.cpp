// bare-udp: what the kernel's UDP path costs a core that does nothing else: the yardstick of tuttid.
//
// As tuttid under tutti-load: N sockets on loopback, a peer for each on another CPU that sends 172 bytes
// every 20 ms at a place of its own in the tick and reads what it gets, by tutti-load's own load::Wire; the
// loop wakes each 2.5 ms, takes what has come, and sends one packet for each. A *participant-frame* is one
// packet taken and one sent.
//
//   ns_per_frame   CPU time of the loop's thread (CLOCK_THREAD_CPUTIME_ID: wake-ups and the kernel's work in
//   its
//                  calls, which over loopback includes the peer's half of a send) / participant-frames
//   packets_per_s  2 x 10^9 / ns_per_frame: what the thread moves, both ways, when it fills its core
//
// server.ratio_to_bare_udp = packets a second of a full core, tuttid's / the fastest loop's on as many
// connected sockets = bare_udp.fastest.ns_per_frame / (CPU time of tuttid's media-core thread / packets it
// sent), both in one run on one host, the media core and the loop on the same CPU, the callers and the peers
// on the other.

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <exception>
#include <fstream>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <pthread.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "bench/bare_udp_loops.h"
#include "dataplane/base/clock.h"
#include "dataplane/base/socket_address.h"
#include "dataplane/base/tick.h"
#include "tools/load/wire.h"

namespace {

using namespace tutti;
using bare::BareLoop;
using bare::BareLoopKind;

constexpr std::size_t kPeerSlots = 40;  // a tick is cut into so many for the peers
constexpr std::size_t kPeerReads = 3;   // a peer reads each third tick
constexpr auto kWarmUp = std::chrono::milliseconds(300);

[[noreturn]] void fail(const char* what) {
  throw std::system_error(errno, std::generic_category(), what);
}

void sleep_until(base::Instant instant) {
  const auto since = instant.time_since_epoch().count();
  const timespec when{.tv_sec = since / 1'000'000'000, .tv_nsec = since % 1'000'000'000};
  while (::clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &when, nullptr) == EINTR) {
  }
}

double thread_cpu_ns() {
  timespec time{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return 1e9 * static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec);
}

// As tuttid and tutti-load place themselves: SCHED_FIFO where that is allowed.
void place(int cpu, int priority) {
  cpu_set_t one;
  CPU_ZERO(&one);
  CPU_SET(static_cast<std::size_t>(cpu), &one);
  if (::pthread_setaffinity_np(::pthread_self(), sizeof one, &one) != 0)
    fmt::print(stderr, "no CPU {}\n", cpu);
  sched_param parameters{};
  parameters.sched_priority = priority;
  static_cast<void>(::pthread_setschedparam(::pthread_self(), SCHED_FIFO, &parameters));
  ::prctl(PR_SET_TIMERSLACK, 1UL);
}

// The loop's sockets, connected with the peers', which are a wire's.
class Sockets {
 public:
  Sockets(const base::SocketAddress& ip, load::Wire& peers, std::size_t count, BareLoopKind::Sockets kind) {
    const bool each = kind == BareLoopKind::Sockets::kEach;
    for (std::size_t i = 0; i < count; ++i) {
      if (each || i == 0) open(loop, ip);
      if (each) connect(loop.back(), peers.address(i));
      const base::SocketAddress own = address_of(loop.back());
      const bool steered = kind == BareLoopKind::Sockets::kSteered;
      peers.set_remote(i, steered ? own.with_port(static_cast<std::uint16_t>(bare::kSteeredPorts + i)) : own);
    }
    const int bytes = each ? 64 << 10 : 16 << 20;
    for (const int socket : loop) {
      if (::setsockopt(socket, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof bytes) != 0) {
        ::setsockopt(socket, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes);
      }
    }
  }
  ~Sockets() {
    for (const int socket : loop) ::close(socket);
  }
  Sockets(const Sockets&) = delete;
  Sockets& operator=(const Sockets&) = delete;

  std::vector<int> loop;

 private:
  static int open(std::vector<int>& into, const base::SocketAddress& ip) {
    sockaddr_storage address{};
    const socklen_t length = base::to_sockaddr(ip, address);
    const int socket = ::socket(address.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (socket < 0) fail("socket");
    into.push_back(socket);
    if (::bind(socket, reinterpret_cast<const sockaddr*>(&address), length) != 0) fail("bind");
    return socket;
  }
  static base::SocketAddress address_of(int socket) {
    sockaddr_storage address{};
    socklen_t length = sizeof address;
    if (::getsockname(socket, reinterpret_cast<sockaddr*>(&address), &length) != 0) fail("getsockname");
    return base::from_sockaddr(reinterpret_cast<const sockaddr*>(&address), length);
  }
  static void connect(int socket, const base::SocketAddress& to) {
    sockaddr_storage address{};
    const socklen_t length = base::to_sockaddr(to, address);
    if (::connect(socket, reinterpret_cast<const sockaddr*>(&address), length) != 0) fail("connect");
  }
};

struct Outcome {
  double ns_per_frame = 0;
  double cpu_share = 0;   // of the loop's CPU
  double peer_share = 0;  // of the peers'
  std::uint64_t sent = 0;
  std::uint64_t received = 0;  // by the loop
  std::uint64_t returned = 0;  // to the peers
  std::uint64_t refused = 0;
};

// All the peers, on one thread.
class Peers final : load::ArrivedSink {
 public:
  Peers(load::Wire& wire, std::size_t count, int cpu)
      : wire_(wire), count_(count), thread_([this, cpu] { run(cpu); }) {}
  void finish() {
    stop_ = true;
    if (thread_.joinable()) thread_.join();
  }
  ~Peers() { finish(); }
  Peers(const Peers&) = delete;
  Peers& operator=(const Peers&) = delete;

  std::uint64_t sent = 0;  // these after finish()
  std::uint64_t returned = 0;
  double share = 0;

 private:
  void take(const load::Arrived& packet) override { returned += packet.stranger ? 0 : 1; }

  void run(int cpu) {
    place(cpu, 1);
    const std::array<std::byte, bare::kPacketBytes> packet{};
    const std::uint64_t refused = wire_.send_errors();
    const base::Instant start = base::monotonic_now();
    for (std::size_t slot = 0; !stop_.load(std::memory_order_relaxed); ++slot) {
      sleep_until(start +
                  base::kTick * static_cast<std::int64_t>(slot) / static_cast<std::int64_t>(kPeerSlots));
      for (std::size_t i = slot % kPeerSlots; i < count_; i += kPeerSlots, ++sent) wire_.send(i, packet);
      wire_.flush();
      // Half a tick after its own slot a peer's turn to read may come.
      wire_.receive((slot + kPeerSlots / 2) % kPeerSlots + kPeerSlots * (slot / kPeerSlots % kPeerReads),
                    kPeerSlots * kPeerReads, *this);
    }
    share = thread_cpu_ns() / static_cast<double>((base::monotonic_now() - start).count());
    sleep_until(base::monotonic_now() + base::kTick);
    wire_.receive(0, 1, *this);
    sent -= wire_.send_errors() - refused;
  }

  load::Wire& wire_;
  const std::size_t count_;
  std::atomic<bool> stop_ = false;
  std::thread thread_;
};

// Of tutti-load's --io. Throws where it cannot be had.
std::unique_ptr<load::Wire> open_wire(const std::string& io, std::size_t count,
                                      const base::SocketAddress& ip) {
  if (io != "sockets") {
    auto wire = load::open_packet_wire(count);
    if (wire) return std::move(*wire);
    if (io == "packet") throw std::runtime_error("--io packet: " + wire.error());
  }
  auto wire = load::open_socket_wire(count, ip);
  if (!wire) throw std::runtime_error(wire.error());
  return std::move(*wire);
}

Outcome run(const BareLoopKind& kind, const Sockets& sockets, load::Wire& wire, std::size_t count,
            base::Duration time, int peer_cpu) {
  const std::unique_ptr<BareLoop> loop = kind.make(sockets.loop);
  if (loop == nullptr) return {};
  loop->begin();
  Peers peers(wire, count, peer_cpu);
  const base::Instant start = base::monotonic_now();
  base::Instant from = start + kWarmUp;
  double cpu_from = -1;
  std::uint64_t received_from = 0;
  unsigned slot = 0;
  for (base::Instant now = start; now < from + time; now = base::monotonic_now(), ++slot) {
    if (cpu_from < 0 && now >= from) {
      from = now;
      cpu_from = thread_cpu_ns();
      received_from = loop->received;
    }
    loop->turn(slot % bare::kSubSlots);
    sleep_until(start + base::kTick * (slot + 1) / bare::kSubSlots);
  }
  const double cpu_ns = thread_cpu_ns() - cpu_from;
  const double wall_ns = static_cast<double>((base::monotonic_now() - from).count());
  peers.finish();
  const std::uint64_t frames = std::max<std::uint64_t>(1, loop->received - received_from);
  return {.ns_per_frame = cpu_ns / static_cast<double>(frames),
          .cpu_share = cpu_ns / wall_ns,
          .peer_share = peers.share,
          .sent = peers.sent,
          .received = loop->received,
          .returned = peers.returned,
          .refused = loop->refused};
}

Outcome measure(const BareLoopKind& kind, const Sockets& sockets, load::Wire& wire, std::size_t count,
                base::Duration time, int cpu, int peer_cpu) {
  Outcome outcome;
  std::exception_ptr failure;
  std::thread thread([&] {
    try {
      place(cpu, 10);
      outcome = run(kind, sockets, wire, count, time, peer_cpu);
    } catch (const std::system_error&) {
      failure = std::current_exception();
    }
  });
  thread.join();
  if (failure) std::rethrow_exception(failure);
  return outcome;
}

void raise_descriptors() {
  rlimit files{};
  ::getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &files);
}

}  // namespace

int main(int argc, char** argv) {
  std::string wanted = "all";
  std::string json;
  std::string ip = "127.41.0.1";
  std::string io = "sockets";
  std::size_t count = 4'000;
  double secs = 5;
  int rounds = 3;
  int cpu = 1;
  int peer_cpu = 0;
  CLI::App app(
      "Measures the loops that only receive and send on as many UDP sockets as there are participants.");
  std::string about = "Loops\n";
  for (const auto& kind : bare::bare_loop_kinds())
    about += fmt::format("  {:<16} {}\n", kind.name, kind.about);
  app.footer(about);
  app.add_option("--loop", wanted, "one of the loops, or all (all)")->option_text("NAME");
  app.add_option("--sockets", count, "sockets of the loop, and as many peers (4000)")
      ->check(CLI::Range(8, 9'900));
  app.add_option("--secs", secs, "seconds measured for each loop, all its rounds together (5)")
      ->check(CLI::Range(0.5, 600.0));
  app.add_option("--rounds", rounds, "the loops take turns so often; each one's best round counts (3)")
      ->check(CLI::Range(1, 100));
  app.add_option("--cpu", cpu, "of the loop (1)");
  app.add_option("--peer-cpu", peer_cpu, "of the peers (0)");
  app.add_option("--ip", ip, "loopback address of the sockets (127.41.0.1)");
  app.add_option("--io", io,
                 "how the peers send and receive, as tutti-load's: sockets, packet, auto (sockets)")
      ->check(CLI::IsMember({"sockets", "packet", "auto"}));
  app.add_option("--json", json, R"(writes [{"name","value","unit"}, ...] to this file)");
  CLI11_PARSE(app, argc, argv);
  const auto address = base::parse_ip(ip);
  if (!address) return fmt::print(stderr, "bare-udp: --ip {}: not an address\n", ip), 2;
  const auto& kinds = bare::bare_loop_kinds();
  const bool known =
      std::any_of(kinds.begin(), kinds.end(), [&](const auto& kind) { return wanted == kind.name; });
  if (wanted != "all" && !known) return fmt::print(stderr, "bare-udp: --loop {}: no such loop\n", wanted), 2;
  raise_descriptors();

  std::map<std::string, Outcome> best;
  const auto time = base::Duration(static_cast<std::int64_t>(secs * 1e9 / rounds));
  try {
    for (int round = 0; round < rounds; ++round) {
      for (const auto& kind : bare::bare_loop_kinds()) {
        if (wanted != "all" && wanted != kind.name) continue;
        const std::unique_ptr<load::Wire> wire = open_wire(io, count, *address);
        Sockets sockets(*address, *wire, count, kind.sockets);
        const Outcome outcome = measure(kind, sockets, *wire, count, time, cpu, peer_cpu);
        if (outcome.received == 0) {
          fmt::print("{:<16} not allowed on this host\n", kind.name);
          continue;
        }
        fmt::print(
            "{:<16} {:6.0f} ns a participant-frame, core {:3.0f} %, peers {:3.0f} % ({}); of {} packets {} "
            "came, "
            "{} returned, {} refused\n",
            kind.name, outcome.ns_per_frame, 100 * outcome.cpu_share, 100 * outcome.peer_share, wire->name(),
            outcome.sent, outcome.received, outcome.returned, outcome.refused);
        std::fflush(stdout);
        const auto [entry, first] = best.try_emplace(kind.name, outcome);
        if (!first && outcome.ns_per_frame < entry->second.ns_per_frame) entry->second = outcome;
      }
    }
  } catch (const std::runtime_error& error) {
    fmt::print(stderr, "bare-udp: {}\n", error.what());
    return 1;
  }
  if (best.empty()) return fmt::print(stderr, "bare-udp: nothing could be measured\n"), 1;

  std::string rows;
  const auto row = [&](const std::string& name, double value, const char* unit) {
    rows += fmt::format(R"({}{{"name":"bare_udp.{}","value":{:.1f},"unit":"{}"}})",
                        rows.empty() ? "[\n" : ",\n", name, value, unit);
  };
  const auto rows_of = [&](const std::string& name, const Outcome& outcome) {
    row(name + ".ns_per_frame", outcome.ns_per_frame, "ns");
    row(name + ".packets_per_s", 2e9 / outcome.ns_per_frame, "packets/s");
  };
  const std::pair<const std::string, Outcome>* fastest = nullptr;
  for (const auto& kind : bare::bare_loop_kinds()) {
    const auto found = best.find(kind.name);
    if (found == best.end()) continue;
    rows_of(found->first, found->second);
    if (!kind.connected) continue;
    if (fastest == nullptr || found->second.ns_per_frame < fastest->second.ns_per_frame) fastest = &*found;
  }
  if (fastest != nullptr) {
    rows_of("fastest", fastest->second);
    fmt::print("fastest on connected sockets: {}, {:.0f} ns a participant-frame, {:.0f} packets a second\n",
               fastest->first, fastest->second.ns_per_frame, 2e9 / fastest->second.ns_per_frame);
  }
  if (json.empty()) return 0;
  std::ofstream file(json);
  file << rows << "\n]\n";
  file.close();
  return file ? 0 : (fmt::print(stderr, "bare-udp: --json {}: cannot be written\n", json), 1);
}
