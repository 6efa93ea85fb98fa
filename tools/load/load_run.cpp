#include "tools/load/load_run.h"

#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "dataplane/base/source_address.h"
#include "tools/load/load_calls.h"
#include "tools/load/load_engine.h"
#include "tools/load/load_judge.h"

namespace tutti::load {
namespace {

using Phase = Progress::Phase;
using std::chrono::milliseconds;

constexpr base::Duration kShowEvery = milliseconds(100);
constexpr base::Duration kNobodyAnswers = std::chrono::seconds(5);  // a server answers in milliseconds
constexpr base::Duration kLastAnswers = std::chrono::seconds(10);
constexpr base::Duration kSettling = std::chrono::seconds(1);  // jitter buffers fill after the last answer
constexpr base::Duration kUntilMeasuring = milliseconds(50);   // the engine must know before it begins
constexpr base::Duration kTail = milliseconds(300);            // for what is under way at the end
constexpr base::Duration kByeAnswers = std::chrono::seconds(5);
constexpr double kHangUpRateLeast = 200.0;  // a second

double seconds(base::Duration time) {
  return std::chrono::duration<double>(time).count();
}

double milliseconds_of(base::Duration time) {
  return 1'000.0 * seconds(time);
}

class Run {
 public:
  Run(const LoadPlan& plan, const std::atomic<bool>& interrupted, const ShowProgress& show,
      LoadEngine& engine, LoadCalls& calls)
      : plan_(plan), interrupted_(interrupted), show_(show), engine_(engine), calls_(calls) {}

  void dial();
  void measure();
  void hang_up();
  bool measured() const { return measured_; }
  const Measurement& measurement() const { return measurement_; }
  double dial_secs() const { return dial_secs_; }
  std::size_t byes_unanswered() const { return calls_.dialogs(); }

 private:
  bool wait_for_place();
  base::Duration patience() const { return answered_ ? kLastAnswers : kNobodyAnswers; }
  // Works and shows the progress. True when `done` said so or the run is interrupted.
  bool work(base::Duration time, const std::function<Progress()>& progress,
            const std::function<bool()>& done = {}) {
    return calls_.work(time, [&] {
      const base::Instant now = base::monotonic_now();
      if (now >= shown_ + kShowEvery) {
        shown_ = now;
        show_(progress());
      }
      return interrupted_.load() || (done && done());
    });
  }
  Progress dialling() const {
    const double decided = static_cast<double>(calls_.placed() - calls_.undecided());
    return {Phase::kDialling, decided / static_cast<double>(plan_.callers()),
            fmt::format("{} of {} calls answered", calls_.talking(), plan_.callers())};
  }

  const LoadPlan& plan_;
  const std::atomic<bool>& interrupted_;
  const ShowProgress& show_;
  LoadEngine& engine_;
  LoadCalls& calls_;
  base::Instant shown_;
  Measurement measurement_;
  double dial_secs_ = 0.0;
  bool answered_ = false;  // somebody was
  bool measured_ = false;
};

// Calls placed faster than they are answered are repeated by SIP's timers, which takes of the time that there
// is for answers. False when nobody is answered any more.
bool Run::wait_for_place() {
  const auto has_place = [&] { return plan_.waiting == 0 || calls_.undecided() < plan_.waiting; };
  return has_place() || work(
                            patience(), [&] { return dialling(); }, has_place);
}

void Run::dial() {
  const base::Instant start = base::monotonic_now();
  const auto due = [&](std::size_t caller) {
    const double wait = static_cast<double>(caller) / plan_.rate;
    return start + std::chrono::duration_cast<base::Duration>(std::chrono::duration<double>(wait));
  };
  for (std::size_t caller = 0; caller < plan_.callers() && !interrupted_.load(); ++caller) {
    work(due(caller) - base::monotonic_now(), [&] { return dialling(); });
    if (!wait_for_place()) break;
    answered_ = answered_ || calls_.talking() != 0;
    if (!answered_ && base::monotonic_now() > start + kNobodyAnswers) break;
    calls_.place_next();
  }
  work(
      patience(), [&] { return dialling(); }, [&] { return calls_.undecided() == 0; });
  dial_secs_ = seconds(base::monotonic_now() - start);
  for (std::size_t caller = 0; caller < calls_.placed(); ++caller) {
    if (calls_.all()[caller].state == CallState::kCalling) calls_.hang_up(caller);
  }
}

void Run::measure() {
  if (calls_.talking() == 0 || interrupted_.load()) return;
  if (work(kSettling, [] { return Progress{Phase::kSettling, 0.0, "jitter buffers fill"}; })) return;
  measurement_.from = base::monotonic_now() + kUntilMeasuring;
  const base::Duration whole = std::chrono::seconds(plan_.secs);
  measurement_.packets = static_cast<std::uint32_t>(whole / base::kTick);
  for (const base::Duration time : probe_times(plan_.secs)) {
    measurement_.probes.push_back(measurement_.from + time);
  }
  engine_.measure(measurement_);
  const base::Instant end = measurement_.from + whole;
  const auto progress = [&] {
    const base::Duration left = std::max(end - base::monotonic_now(), base::Duration::zero());
    return Progress{Phase::kMeasuring, 1.0 - std::min(1.0, left / (1.0 * whole)),
                    fmt::format("{} calls, {} packets said, {} heard", calls_.talking(),
                                engine_.packets_sent(), engine_.packets_received())};
  };
  if (work(end + kTail - base::monotonic_now(), progress, [&] { return calls_.talking() == 0; })) return;
  measured_ = true;
}

void Run::hang_up() {
  const double rate = std::max(kHangUpRateLeast, 2.0 * plan_.rate);
  const base::Instant start = base::monotonic_now();
  const std::size_t all = calls_.placed();
  for (std::size_t caller = 0; caller < all; ++caller) {
    const auto due = std::chrono::duration_cast<base::Duration>(
        std::chrono::duration<double>(static_cast<double>(caller) / rate));
    // Not through work(): who interrupted the run still wants its calls ended.
    calls_.work(start + due - base::monotonic_now());
    if (caller % 16 == 0) {
      show_({Phase::kHangingUp, static_cast<double>(caller) / static_cast<double>(all),
             fmt::format("{} calls left", calls_.talking())});
    }
    calls_.hang_up(caller);
  }
  calls_.work(kByeAnswers, [&] { return calls_.dialogs() == 0; });
}

std::vector<Failure> failures_of(const std::vector<LoadCall>& calls) {
  std::map<std::pair<int, std::string>, std::size_t> counts;
  for (const LoadCall& call : calls) {
    if (!call.answered || call.ended_early) {
      ++counts[{call.status, call.state == CallState::kNotPlaced ? "not dialled" : call.why}];
    }
  }
  std::vector<Failure> failures;
  failures.reserve(counts.size());
  for (const auto& [key, count] : counts) failures.push_back({key.first, key.second, count});
  std::stable_sort(failures.begin(), failures.end(),
                   [](const Failure& one, const Failure& other) { return one.calls > other.calls; });
  return failures;
}

void count_calls(const std::vector<LoadCall>& calls, LoadReport& report) {
  std::vector<double> answer_ms;
  for (const LoadCall& call : calls) {
    if (!call.answered) continue;
    ++report.answered;
    if (call.ended_early) ++report.ended_early;
    if (!call.could_send || !call.could_hear) ++report.held;
    answer_ms.push_back(milliseconds_of(call.answered_at - call.placed));
  }
  report.answer_ms = spread_of(std::move(answer_ms));
  report.failures = failures_of(calls);
}

void count_packets(const LoadPlan& plan, const LoadEngine& engine, const std::vector<LoadCall>& calls,
                   bool measured, LoadReport& report) {
  std::vector<double> jitter_ms;
  base::Duration longest_gap{};
  base::Duration sent_late_max{};
  for (std::size_t caller = 0; caller < plan.callers(); ++caller) {
    const LineCounters& counters = engine.counters(caller);
    report.packets_sent += counters.sent;
    report.strangers += counters.strangers;
    report.malformed += counters.malformed;
    report.generator.sent_late += counters.sent_late;
    report.generator.skipped += counters.skipped;
    sent_late_max = std::max(sent_late_max, counters.sent_late_max);
    if (!measured || !calls[caller].answered) continue;
    const StreamCounter& stream = engine.stream(caller);
    report.packets_expected += static_cast<std::uint64_t>(std::chrono::seconds(plan.secs) / base::kTick);
    report.packets_received += stream.received();
    report.lost += stream.lost();
    report.gaps += stream.gaps();
    report.late += stream.late();
    report.duplicates += stream.duplicates();
    report.reordered += stream.reordered();
    report.restarts += stream.restarts();
    longest_gap = std::max(longest_gap, stream.longest_gap());
    if (stream.received() > 1) jitter_ms.push_back(stream.jitter_ms());
  }
  report.generator.sent_late_ms_max = milliseconds_of(sent_late_max);
  report.generator.cpu_share = engine.load();
  report.generator.realtime = engine.realtime();
  report.generator.io = engine.io();
  report.generator.send_errors = engine.send_errors();
  report.packets_sent -= std::min(report.packets_sent, engine.send_errors());
  report.generator.overruns = engine.overruns();
  report.generator.stalls = engine.stalls().count;
  report.generator.stall_ms_max = milliseconds_of(engine.stalls().longest);
  report.generator.stalled_ms = milliseconds_of(engine.stalls().whole);
  report.longest_gap_ms = milliseconds_of(longest_gap);
  report.jitter_ms = spread_of(std::move(jitter_ms));
  if (measured) report.measured_secs = plan.secs;
}

std::vector<std::string> find_notes(const LoadReport& report) {
  std::vector<std::string> notes;
  if (report.generator.skipped != 0) {
    notes.push_back(
        fmt::format("this program was too late for {} of its own packets: it, or this machine, is "
                    "at its limit, and the listeners miss what it did not send",
                    report.generator.skipped));
  }
  if (report.generator.overruns != 0) {
    notes.push_back(
        fmt::format("{} packets came and were not read in time: they are missing in what was heard",
                    report.generator.overruns));
  }
  if (report.generator.stalls != 0) {
    notes.push_back(
        fmt::format("this program stood still {} times, for {:.0f} ms at most: its packets were late",
                    report.generator.stalls, report.generator.stall_ms_max));
  }
  if (report.generator.send_errors != 0) {
    notes.push_back(fmt::format("the kernel refused to send {} packets", report.generator.send_errors));
  }
  if (report.sweeps_missed != 0) {
    notes.push_back(
        fmt::format("{} of {} sweeps were not found: their delay is more than 680 ms, or they came "
                    "broken",
                    report.sweeps_missed, report.sweeps_missed + report.delay_ms.count));
  }
  if (report.held != 0) {
    notes.push_back(fmt::format(
        "{} calls were not to send, or not to hear, for a time at least: the server held them, and "
        "what they missed is not judged",
        report.held));
  }
  if (report.byes_unanswered != 0) {
    notes.push_back(fmt::format("{} BYEs were not answered", report.byes_unanswered));
  }
  if (report.strangers + report.malformed != 0) {
    notes.push_back(
        fmt::format("{} packets came from an address that no answer named, {} were not the audio "
                    "agreed on",
                    report.strangers, report.malformed));
  }
  return notes;
}

}  // namespace

base::Result<LoadReport, std::string> run_load(const LoadPlan& plan, const std::atomic<bool>& interrupted,
                                               const ShowProgress& show) {
  const auto server = target_address(plan.uri);
  if (!server) return base::unexpected(server.error());
  const base::SocketAddress local_ip = base::source_address(*server);
  if (!local_ip.valid()) {
    return base::unexpected(fmt::format("this host has no route to {}", base::ip_to_string(*server)));
  }
  const VoiceBank bank(plan);
  auto engine = LoadEngine::start(plan, bank, local_ip, choose_sample(plan));
  if (!engine) return base::unexpected(engine.error());
  auto calls = LoadCalls::start(plan, **engine, local_ip);
  if (!calls) return base::unexpected(calls.error());

  Run run(plan, interrupted, show, **engine, **calls);
  run.dial();
  run.measure();
  // Who is still here was here all the time.
  std::vector<bool> could_send;
  std::vector<bool> could_hear;
  for (const LoadCall& call : (*calls)->all()) {
    could_send.push_back(call.state == CallState::kTalking && call.could_send);
    could_hear.push_back(call.state == CallState::kTalking && call.could_hear);
  }
  run.hang_up();
  (*engine)->finish();

  show({Progress::Phase::kJudging, 0.0, "the recordings are judged"});
  LoadReport report;
  report.plan = plan;
  report.callers = plan.callers();
  report.dial_secs = run.dial_secs();
  report.byes_unanswered = run.byes_unanswered();
  count_calls((*calls)->all(), report);
  count_packets(plan, **engine, (*calls)->all(), run.measured(), report);
  if (run.measured()) {
    Judgement judgement =
        judge({plan, bank, (*engine)->recordings(), run.measurement().probes.size(), could_send, could_hear,
               [&](std::size_t room, std::size_t probe) { return (*engine)->sweep_sent(room, probe); }});
    report.measured_from_s = seconds(run.measurement().from.time_since_epoch());
    report.matrix = std::move(judgement.matrix);
    report.delay_ms = spread_of(std::move(judgement.delays_ms));
    report.sweeps_missed = judgement.sweeps_missed;
  }
  report.reasons = find_reasons(report);
  if (interrupted.load()) report.reasons.emplace_back("interrupted");
  report.notes = find_notes(report);
  if (!(*engine)->why_sockets().empty()) {
    report.notes.push_back("packets went through a socket each; the cheaper way was not to be had: " +
                           (*engine)->why_sockets());
  }
  return report;
}

}  // namespace tutti::load
