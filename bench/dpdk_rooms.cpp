// A media core over DPDK's port and a cable of memory, its callers at the other end: one try, told as JSON.
//
//   --real-time SECS   as production has it: the core's thread on one CPU by the clock, the callers on
//                      another. Whether so many are held is read from packets, late ticks and sound; a
//                      canary on the core's CPU tells how far the host was in its way.
//   --lock-step SECS   in virtual time: in each step the callers send what is due, and then the core takes
//                      its turns. Only these are measured, by the thread's CPU time, so that a figure comes
//                      of any number of participants, and what else the machine does is not in it. What is
//                      sent is taken meanwhile by the callers' CPU, as a card would.
//   --echo             with --lock-step: instead of the core a loop that sends each packet back, no more.
//   --cable memif      the callers are a process of their own, behind DPDK's shared memory interface.
// The callers' packets are spread over the 20 ms in no order. Sums are in software both ways.

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <thread>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "bench/canary.h"
#include "bench/dpdk_world.h"
#include "bench/far_end.h"
#include "dataplane/base/check.h"
#include "dataplane/core/core_thread.h"
#include "dataplane/dpdk/host_facts.h"
#include "tests/support/frame_echo.h"

namespace {

using namespace tutti;
using bench::Phase;
using nlohmann::json;

struct Options {
  std::uint32_t participants = 1'000;
  bool one_room = false;
  double real_time = 0;
  double lock_step = 0;
  bool echo = false;
  std::string cable = "rings";
  int core_cpu = 1;
  int callers_cpu = 0;
  std::string pool = "stack";
  bool plain_pages = false;

  bool memif() const { return cable == "memif"; }
  // Of packets, each way: a sub-slot's, for the cable has no card that takes them away meanwhile.
  std::uint32_t ring() const { return participants > 32'768 && !memif() ? 32'768 : 16'384; }
  bench::RoomPlan plan() const { return {participants, one_room}; }
};

// Before anything is measured: jitter buffers settle, gates open, sources are latched.
constexpr auto kSettling = std::chrono::milliseconds(1'000);
// Behind the leap of the ticks, 0.6 s after somebody has come, and until where nothing can be won it is asked
// seldom.
constexpr auto kSettlingInSteps = std::chrono::milliseconds(2'200);
constexpr auto kCanaryMost = std::chrono::seconds(30);  // that all take to be attached, and to settle
constexpr auto kDrainEvery = std::chrono::milliseconds(5);

double seconds(base::Duration time) {
  return std::chrono::duration<double>(time).count();
}

void add(const bench::CallersReport& report, json& out) {
  out.update({{"packets_in", report.packets_in},
              {"packets_refused", report.refused},
              {"packets_out", report.packets_out},
              {"rtcp_out", report.rtcp_out},
              {"strange", report.strange},
              {"audio_packets", report.audio_packets},
              {"audio_wrong", report.audio_wrong},
              {"audio_shifts", report.audio_shifts},
              {"listeners", report.listeners}});
}

json told_of(const bench::Disturbance& disturbance) {
  return {{"work_least_ns", disturbance.work_least.count()},
          {"slow", disturbance.slow},
          {"stolen", disturbance.stolen},
          {"disturbed", disturbance.disturbed},
          {"waited", disturbance.waited},
          {"callers_stalled", disturbance.callers_stalled},
          {"late_disturbed", disturbance.late_disturbed},
          {"late_undisturbed", disturbance.late_undisturbed}};
}

std::atomic<std::int64_t> virtual_now{1'000'000'000};
base::Instant tell_virtual_now() noexcept {
  return base::Instant(base::Duration(virtual_now.load(std::memory_order_relaxed)));
}

// As many packets at once as production's sleep between turns lets come: a quarter of a queue of 2,048.
base::Duration step_of(std::uint32_t participants) {
  base::Duration step = core::kSubSlot;
  while (step > std::chrono::microseconds(50) && bench::packets_due(step, participants) > 512) step /= 2;
  return step;
}

// What is between two looks at the CPU time besides what is measured: one look, a call of the kernel's, at
// the least.
base::Duration cost_of_a_look() {
  base::Duration least = base::Duration::max();
  for (int i = 0; i < 1'000; ++i) {
    const base::Duration began = base::thread_cpu_time();
    least = std::min(least, base::thread_cpu_time() - began);
  }
  return least;
}

// Who is at the near end in steps, and the CPU time that it has taken.
class NearEnd {
 public:
  virtual ~NearEnd() = default;
  // Everyone is there.
  virtual bool ready() const = 0;
  // Takes what has come, and then does what is due at `now`.
  virtual void take_turns(base::Instant now) = 0;
  virtual void begin_counting() = 0;
  virtual void tell(double frames, json& out) const = 0;

 protected:
  // Between so many pairs of looks, without those. What a look costs is tried at both ends of the run: the
  // host may be slow at one.
  double without_looks(base::Duration time, std::uint64_t pairs) const {
    const base::Duration look = std::min(look_, cost_of_a_look());
    return static_cast<double>((time - static_cast<std::int64_t>(pairs) * look).count());
  }

  const base::Duration look_ = cost_of_a_look();
  base::Duration receiving_{0};  // these two with a look for each time
  base::Duration ticking_{0};
  std::uint64_t receptions_ = 0;
  std::uint64_t ticks_ = 0;
  std::uint64_t turns_ = 0;
};

class SteppedCore final : public NearEnd {
 public:
  explicit SteppedCore(bench::DpdkWorld& world)
      : world_(world), port_(world.make_port()), core_(world.core_options(), *port_, world.mailbox()) {}

  bool ready() const override {
    return core_.counters().participants.value() == static_cast<std::int64_t>(world_.servers().size());
  }
  void take_turns(base::Instant now) override {
    const base::Duration began = base::thread_cpu_time();
    const auto& empty_polls = port_->queue_counters().empty_polls;
    // No sub-slot is due yet; until nothing more is there.
    for (const auto before = empty_polls.value(); empty_polls.value() == before; ++turns_) {
      core_.run_once(now - base::Duration(1));
    }
    const base::Duration received = base::thread_cpu_time();
    receiving_ += received - began;
    ++receptions_;
    if (!tick_at_) tick_at_ = now;
    if (now >= *tick_at_) {
      core_.run_once(now);
      ++turns_;
      port_->flush();
      *tick_at_ += core::kSubSlot;
      ticking_ += base::thread_cpu_time() - received;
      ++ticks_;
    }
    world_.drain_events();
  }
  void begin_counting() override {
    receiving_ = ticking_ = base::Duration{0};
    turns_ = receptions_ = ticks_ = 0;
    sent_ = core_.counters().packets_sent.value();
    drops_ = core_.counters().drops.total();
  }
  void tell(double frames, json& out) const override {
    const double reception = without_looks(receiving_, receptions_) / frames;
    const double tick = without_looks(ticking_, ticks_) / frames;
    out = {{"ns_per_frame", reception + tick},
           {"reception_ns", reception},
           {"tick_ns", tick},
           {"turns", turns_},
           {"core_sent", core_.counters().packets_sent.value() - sent_},
           {"core_drops", core_.counters().drops.total() - drops_}};
  }

 private:
  bench::DpdkWorld& world_;
  const std::unique_ptr<dpdk::DpdkPort> port_;
  core::MediaCore core_;
  std::optional<base::Instant> tick_at_;
  std::uint64_t sent_ = 0;
  std::uint64_t drops_ = 0;
};

class SteppedEcho final : public NearEnd {
 public:
  explicit SteppedEcho(const dpdk::Device& device) : echo_(device) {}

  bool ready() const override { return true; }
  void take_turns(base::Instant) override {
    const base::Duration began = base::thread_cpu_time();
    for (++turns_; echo_.run_once() != 0; ++turns_) {
    }
    receiving_ += base::thread_cpu_time() - began;
    ++receptions_;
  }
  void begin_counting() override {
    receiving_ = base::Duration{0};
    turns_ = receptions_ = 0;
  }
  void tell(double frames, json& out) const override {
    out = {{"ns_per_frame", without_looks(receiving_, receptions_) / frames}, {"turns", turns_}};
  }

 private:
  dpdk::FrameEcho echo_;
};

void step_through(NearEnd& near, bench::FarEnd& far, const Options& options, json& out) {
  const base::Duration step = step_of(options.participants);
  base::Instant now = tell_virtual_now();
  const auto turn = [&] {
    near.take_turns(now);
    now += step;
    virtual_now.store(now.time_since_epoch().count());
  };
  while (!near.ready()) turn();
  far.enter(Phase::kSend);
  const base::Instant begun = now;
  const auto until = [&](base::Instant end) {
    while (now < end) {
      far.send_until(bench::packets_due(now + step - begun, options.participants));
      turn();
    }
  };
  until(now + kSettlingInSteps);
  far.enter(Phase::kMeasure);
  near.begin_counting();
  const auto ticks =
      std::chrono::round<base::Duration>(std::chrono::duration<double>(options.lock_step)) / base::kTick;
  until(now + ticks * base::kTick);
  far.enter(Phase::kRest);
  const double frames = static_cast<double>(ticks) * options.participants;
  near.tell(frames, out);
  out["expected"] = frames;
  out["step_us"] = seconds(step) * 1e6;
}

void lock_step(const Options& options, bench::FarEnd& far, json& out) {
  bench::DpdkWorld world(
      {.plan = options.plan(), .device = far.lay(), .ring = options.ring(), .clock = &tell_virtual_now});
  far.connect(world.servers());
  bench::pin(options.core_cpu);
  const dpdk::EalThread known;
  if (options.echo) {
    SteppedEcho near(world.device());
    step_through(near, far, options, out);
  } else {
    SteppedCore near(world);
    step_through(near, far, options, out);
  }
  far.let_go();
}

void real_time(const Options& options, bench::FarEnd& far, json& out) {
  bench::DpdkWorld world({.plan = options.plan(), .device = far.lay(), .ring = options.ring()});
  far.connect(world.servers());
  core::CoreThread::Options thread;
  thread.cpu = options.core_cpu;
  thread.core = world.core_options();
  thread.core.clock = &base::monotonic_now;
  thread.core.work_clock = &base::thread_cpu_time;
  auto core = core::CoreThread::start(thread, world.make_port(), world.mailbox());
  CHECK(core.has_value());
  const auto& counters = (*core)->counters();
  bench::pin_beside(options.core_cpu, options.callers_cpu);
  const auto drain_until = [&](base::Instant end) {
    for (base::Instant now = base::monotonic_now(); now < end; now = base::monotonic_now()) {
      world.drain_events();
      std::this_thread::sleep_for(std::min<base::Duration>(end - now, kDrainEvery));
    }
  };
  const auto measured = std::chrono::round<base::Duration>(std::chrono::duration<double>(options.real_time));
  bench::Canary canary(options.core_cpu, counters, far.callers_stalled_ns(), kCanaryMost + measured);
  while (counters.participants.value() < options.participants) {
    drain_until(base::monotonic_now() + kDrainEvery);
  }
  far.enter(Phase::kSend);
  drain_until(base::monotonic_now() + kSettling);
  far.enter(Phase::kMeasure);
  const auto counted = [&] {
    return std::array{counters.ticks.value(), counters.late_ticks.value(), counters.drops.total()};
  };
  const auto before = counted();
  canary.begin_counting();
  const base::Instant end = base::monotonic_now() + measured;
  std::uint64_t loads = 0;
  std::uint64_t load_sum = 0;
  for (base::Instant at = base::monotonic_now(); at < end; ++loads) {
    at = std::min(end, at + std::chrono::seconds(1));
    drain_until(at);
    load_sum += static_cast<std::uint64_t>(counters.load_permille.value());
  }
  const auto after = counted();  // what comes is taken no more while the report is made
  const bench::Disturbance disturbance = canary.end();
  far.enter(Phase::kRest);
  const bench::CallersReport& report = far.report();
  out = {{"expected", report.seconds * 50 * options.participants},
         {"ticks", after[0] - before[0]},
         {"late_ticks", after[1] - before[1]},
         {"load", static_cast<double>(load_sum) / 1e3 / static_cast<double>(loads)},
         {"used_p99", static_cast<double>(counters.used_p99_permille.value()) / 1e3},
         {"core_drops", after[2] - before[2]},
         {"callers_lag_ms", report.lag_ms_max},
         {"callers_stall_ms", report.stall_ms_max},
         {"callers_busy", report.busy},
         {"canary", told_of(disturbance)},
         {"fifo", (*core)->realtime()}};
  core->reset();
  far.let_go();
}

dpdk::EalOptions eal_options(const Options& options) {
  dpdk::EalOptions eal;
  eal.memory_mb = 384;
  const std::uint64_t processes = options.memif() ? 2 : 1;
  eal.huge_pages = !options.plain_pages && dpdk::free_huge_bytes() >> 20 >= processes * eal.memory_mb;
  eal.arguments = {"--mbuf-pool-ops-name=" + options.pool};
  return eal;
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  CLI::App app("A media core over DPDK's port and a cable of memory: one try");
  app.add_option("--participants", options.participants, "a multiple of 8, from 32 on");
  app.add_flag("--one-room", options.one_room, "one room with 4 talkers; else rooms of 8, all talking");
  auto* const real = app.add_option("--real-time", options.real_time, "seconds, by the clock");
  auto* const steps = app.add_option("--lock-step", options.lock_step, "seconds, in virtual time");
  steps->excludes(real);
  app.add_flag("--echo", options.echo, "no core: each packet is sent back")->needs(steps);
  app.add_option("--cable", options.cable, "rings, or memif: the callers are another process")
      ->check(CLI::IsMember({"rings", "memif"}));
  app.add_option("--core-cpu", options.core_cpu);
  app.add_option("--callers-cpu", options.callers_cpu);
  app.add_option("--pool", options.pool, "DPDK's kind of pool for packets: stack, ring_mp_mc");
  app.add_flag("--plain-pages", options.plain_pages, "DPDK's memory not in huge pages, though some are free");
  CLI11_PARSE(app, argc, argv);
  if (options.participants < 32 || options.participants % 8 != 0 || options.participants > 131'072) {
    std::fprintf(stderr, "participants: a multiple of 8, from 32 to 131,072\n");
    return 2;
  }
  if (options.real_time <= 0 && options.lock_step <= 0) {
    std::fprintf(stderr, "--real-time or --lock-step, for how many seconds\n");
    return 2;
  }
  const dpdk::EalOptions eal = eal_options(options);
  json out;
  bench::FarEnd far({.plan = options.plan(),
                     .cable = options.memif() ? bench::Cable::kMemif : bench::Cable::kRings,
                     .pace = options.real_time > 0 ? bench::Pace::kClock : bench::Pace::kSteps,
                     .answer = options.echo ? bench::Answer::kEcho : bench::Answer::kMix,
                     .cpu = options.callers_cpu,
                     .ring = options.ring(),
                     .eal = eal});
  dpdk::test_eal(eal);
  if (options.real_time > 0) {
    real_time(options, far, out);
  } else {
    lock_step(options, far, out);
  }
  add(far.report(), out);
  out["participants"] = options.participants;
  out["one_room"] = options.one_room;
  out["echo"] = options.echo;
  out["cable"] = options.cable;
  out["huge_pages"] = eal.huge_pages;
  out["pool"] = options.pool;
  std::printf("%s\n", out.dump().c_str());
}
