// A media core over DPDK's port and a cable of memory, its callers at the other end: one try, told as JSON.
//
//   --real-time SECS   as production has it: the core's thread on one CPU by the clock, the callers on
//   another.
//                      Whether so many are held is read from packets, late ticks and sound.
//   --lock-step SECS   in virtual time: in each step the callers send what is due, and then the core takes
//   its
//                      turns. Only these are measured, by the thread's CPU time, so that a figure comes of
//                      any number of participants, and what else the machine does is not in it. What is sent
//                      is taken meanwhile by the callers' CPU, as a card would.
// The callers' packets are spread over the 20 ms in no order. Sums are in software both ways.

#include <atomic>
#include <chrono>
#include <cstdio>
#include <string>
#include <thread>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>
#include <pthread.h>
#include <sched.h>

#include "bench/dpdk_world.h"
#include "bench/heard_check.h"
#include "dataplane/base/check.h"
#include "dataplane/core/core_thread.h"
#include "dataplane/dpdk/host_facts.h"

namespace {

using namespace tutti;
using nlohmann::json;

struct Options {
  std::uint32_t participants = 1'000;
  bool one_room = false;
  double real_time = 0;
  double lock_step = 0;
  int core_cpu = 1;
  int callers_cpu = 0;
  std::string pool = "stack";
};

// Before anything is measured: jitter buffers settle, gates open, sources are latched.
constexpr auto kSettling = std::chrono::milliseconds(1'000);
constexpr auto kSettlingInSteps = std::chrono::milliseconds(400);  // 131,072 callers' take seconds

void pin(int cpu) {
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(static_cast<unsigned>(cpu), &set);
  ::pthread_setaffinity_np(::pthread_self(), sizeof(set), &set);
}

std::uint64_t due(base::Duration since, std::uint32_t participants) {
  return static_cast<std::uint64_t>(since.count()) * participants /
         static_cast<std::uint64_t>(base::kTick.count());
}

json told(const bench::DpdkWorld& world, const dpdk::CableCallers& callers) {
  bench::HeardCheck check;
  std::map<std::uint32_t, std::vector<dpdk::CableCallers::Heard>> heard;
  for (const auto& one : callers.heard()) heard[one.caller].push_back(one);
  for (const std::uint32_t caller : world.sample()) {
    check.add(heard[caller], world.talkers_beside(caller), world.voices());
  }
  const auto& counts = callers.counts();
  return {{"packets_out", counts.rtp},         {"rtcp_out", counts.rtcp},
          {"packets_in", counts.sent},         {"packets_refused", counts.refused},
          {"strange", counts.strange},         {"audio_packets", check.packets},
          {"audio_wrong", check.wrong},        {"audio_shifts", check.shifts},
          {"listeners", world.sample().size()}};
}

std::atomic<std::int64_t> virtual_now{1'000'000'000};
base::Instant tell_virtual_now() noexcept {
  return base::Instant(base::Duration(virtual_now.load(std::memory_order_relaxed)));
}

// The callers' thread takes what the core sends all the time, and sends when it is told to.
class StepCallers {
 public:
  StepCallers(dpdk::CableCallers& callers, int cpu) : callers_(callers), thread_([this, cpu] { run(cpu); }) {}
  ~StepCallers() {
    stop_.store(true);
    thread_.join();
  }
  StepCallers(const StepCallers&) = delete;
  StepCallers& operator=(const StepCallers&) = delete;

  // Returns when the callers have sent so many packets, and taken all that the core has sent.
  void send_until(std::uint64_t packets) {
    wanted_.store(packets, std::memory_order_release);
    while (done_.load(std::memory_order_acquire) != packets) __builtin_ia32_pause();
  }
  void measure() { measure_.store(true); }

 private:
  void run(int cpu) {
    pin(cpu);
    const dpdk::EalThread known;
    while (!stop_.load(std::memory_order_relaxed)) {
      if (const std::size_t count = callers_.receive(); count != 0) {
        // Who asks all the time takes the ring's line from the core that writes it.
        for (int i = 0; count < 32 && i < 20; ++i) __builtin_ia32_pause();
        continue;
      }
      const std::uint64_t wanted = wanted_.load(std::memory_order_acquire);
      if (wanted == done_.load(std::memory_order_relaxed)) continue;
      if (measure_.exchange(false)) callers_.measure();
      callers_.send_until(wanted);
      done_.store(wanted, std::memory_order_release);
    }
    while (callers_.receive() != 0) {
    }
  }

  dpdk::CableCallers& callers_;
  std::atomic<std::uint64_t> wanted_{0};
  std::atomic<std::uint64_t> done_{0};
  std::atomic<bool> measure_{false};
  std::atomic<bool> stop_{false};
  std::thread thread_;
};

// As many packets at once as production's sleep between turns lets come: a quarter of a queue of 2,048.
base::Duration step_of(std::uint32_t participants) {
  base::Duration step = core::kSubSlot;
  while (step > std::chrono::microseconds(50) && due(step, participants) > 512) step /= 2;
  return step;
}

json lock_step(const Options& options) {
  bench::DpdkWorld world({.participants = options.participants,
                          .one_room = options.one_room,
                          .clock = &tell_virtual_now,
                          .ring = options.participants > 32'768 ? 32'768U : 16'384U});
  pin(options.core_cpu);
  const dpdk::EalThread known;
  const auto port = world.make_port();
  core::MediaCore core(world.core_options(), *port, world.mailbox());
  base::Duration receiving{0}, ticking{0};
  std::uint64_t turns = 0;
  json out;
  {
    StepCallers callers(world.callers(), options.callers_cpu);
    const base::Duration step = step_of(options.participants);
    base::Instant now = tell_virtual_now();
    base::Instant tick_at = now;
    const auto turn = [&] {
      const base::Duration began = base::thread_cpu_time();
      const auto polled_empty = port->queue_counters().empty_polls.value();
      // No sub-slot is due yet; until nothing more is there.
      for (; port->queue_counters().empty_polls.value() == polled_empty; ++turns) {
        core.run_once(now - base::Duration(1));
      }
      const base::Duration received = base::thread_cpu_time();
      if (now >= tick_at) {
        core.run_once(now);
        ++turns;
        port->flush();
        tick_at += core::kSubSlot;
      }
      const base::Duration end = base::thread_cpu_time();
      receiving += received - began;
      ticking += end - received;
      world.drain_events();
      now += step;
      virtual_now.store(now.time_since_epoch().count());
    };
    while (core.counters().participants.value() < options.participants) turn();
    const base::Instant begun = now;
    const auto until = [&](base::Instant end) {
      while (now < end) {
        callers.send_until(due(now + step - begun, options.participants));
        turn();
      }
    };
    until(now + kSettlingInSteps);
    callers.measure();
    callers.send_until(due(now + step - begun, options.participants));
    receiving = ticking = base::Duration{0};
    turns = 0;
    const std::uint64_t mixed = core.counters().packets_sent.value();
    const std::uint64_t drops = core.counters().drops.total();
    const auto secs = std::chrono::round<base::Duration>(std::chrono::duration<double>(options.lock_step));
    until(now + secs / base::kTick * base::kTick);
    const double frames = static_cast<double>(secs / base::kTick) * options.participants;
    out = {{"ns_per_frame", static_cast<double>((receiving + ticking).count()) / frames},
           {"reception_ns", static_cast<double>(receiving.count()) / frames},
           {"tick_ns", static_cast<double>(ticking.count()) / frames},
           {"turns", turns},
           {"step_us", static_cast<double>(step.count()) / 1e3},
           {"expected", frames},
           {"core_sent", core.counters().packets_sent.value() - mixed},
           {"core_drops", core.counters().drops.total() - drops}};
  }
  out.update(told(world, world.callers()));
  world.end();
  return out;
}

json real_time(const Options& options) {
  bench::DpdkWorld world({.participants = options.participants, .one_room = options.one_room});
  core::CoreThread::Options thread;
  thread.cpu = options.core_cpu;
  thread.core = world.core_options();
  thread.core.clock = &base::monotonic_now;
  thread.core.work_clock = &base::thread_cpu_time;
  auto core = core::CoreThread::start(thread, world.make_port(), world.mailbox());
  CHECK(core.has_value());
  const auto& counters = (*core)->counters();
  pin(options.callers_cpu);
  const dpdk::EalThread known;
  auto& callers = world.callers();
  while (counters.participants.value() < options.participants) {
    while (callers.receive() != 0) {
    }
    world.drain_events();
  }
  const base::Instant begun = base::monotonic_now();
  base::Duration lag_max{0};
  base::Instant now = begun;
  base::Instant drained = begun;
  const auto until = [&](base::Instant end) {
    while (now < end) {
      // In pieces, so that what comes back is taken between them.
      const std::uint64_t wanted = due(now - begun, options.participants);
      const std::uint64_t sent = callers.packets();
      callers.send_until(std::min(wanted, sent + 128));
      lag_max = std::max(lag_max, base::Duration(static_cast<std::int64_t>(wanted - callers.packets()) *
                                                 base::kTick.count() / options.participants));
      for (int i = 0; i < 4 && callers.receive() != 0; ++i) {
      }
      now = base::monotonic_now();
      if (now - drained > std::chrono::milliseconds(5)) {
        drained = now;
        world.drain_events();
      }
    }
  };
  until(begun + kSettling);
  callers.measure();
  lag_max = {};
  const std::uint64_t ticks = counters.ticks.value();
  const std::uint64_t late = counters.late_ticks.value();
  const std::uint64_t drops = counters.drops.total();
  const auto secs = std::chrono::round<base::Duration>(std::chrono::duration<double>(options.real_time));
  const base::Instant first = now;
  std::uint64_t loads = 0;
  std::uint64_t load_sum = 0;
  for (base::Instant at = now + std::chrono::seconds(1); at <= first + secs; at += std::chrono::seconds(1)) {
    until(at);
    load_sum += static_cast<std::uint64_t>(counters.load_permille.value());
    ++loads;
  }
  until(first + secs);
  const double passed = std::chrono::duration<double>(now - first).count();
  callers.keep_no_more();
  json out{{"expected", passed * 50 * options.participants},
           {"ticks", counters.ticks.value() - ticks},
           {"late_ticks", counters.late_ticks.value() - late},
           {"load", loads == 0 ? 0.0 : static_cast<double>(load_sum) / 1e3 / static_cast<double>(loads)},
           {"used_p99", static_cast<double>(counters.used_p99_permille.value()) / 1e3},
           {"core_drops", counters.drops.total() - drops},
           {"callers_lag_ms", static_cast<double>(lag_max.count()) / 1e6},
           {"fifo", (*core)->realtime()}};
  out.update(told(world, callers));
  core->reset();
  world.end();
  return out;
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  CLI::App app("A media core over DPDK's port and a cable of memory: one try");
  app.add_option("--participants", options.participants, "a multiple of 8, from 32 on");
  app.add_flag("--one-room", options.one_room, "one room with 4 talkers; else rooms of 8, all talking");
  auto* const real = app.add_option("--real-time", options.real_time, "seconds, by the clock");
  app.add_option("--lock-step", options.lock_step, "seconds, in virtual time")->excludes(real);
  app.add_option("--core-cpu", options.core_cpu);
  app.add_option("--callers-cpu", options.callers_cpu);
  app.add_option("--pool", options.pool, "DPDK's kind of pool for packets: stack, ring_mp_mc");
  CLI11_PARSE(app, argc, argv);
  if (options.participants < 32 || options.participants % 8 != 0 || options.participants > 131'072) {
    std::fprintf(stderr, "participants: a multiple of 8, from 32 to 131,072\n");
    return 2;
  }
  dpdk::EalOptions eal;
  eal.memory_mb = 768;
  eal.huge_pages = dpdk::free_huge_bytes() >> 20 >= eal.memory_mb;
  eal.arguments = {"--mbuf-pool-ops-name=" + options.pool};
  dpdk::test_eal(eal);
  json out = options.real_time > 0 ? real_time(options) : lock_step(options);
  out["participants"] = options.participants;
  out["one_room"] = options.one_room;
  out["huge_pages"] = eal.huge_pages;
  out["pool"] = options.pool;
  std::printf("%s\n", out.dump().c_str());
}
