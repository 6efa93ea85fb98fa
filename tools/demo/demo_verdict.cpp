#include "tools/demo/demo_verdict.h"

#include <algorithm>
#include <filesystem>
#include <fstream>

#include <fmt/format.h>

#include "tools/analyser/voice_hearing.h"
#include "tools/analyser/wav.h"

namespace tutti::demo {
namespace {

constexpr double kPacketShareLeast = 0.95;  // of 50 a second
constexpr double kPacketShareMost = 1.05;
constexpr double kUnexplainedShareMax = 0.05;
constexpr double kLateAfterByeMsMax = 200.0;

struct Loaded {
  std::vector<analyser::Samples> said;
  std::vector<analyser::Samples> heard;
};

base::Result<Loaded, std::string> read_back(const TrialResult& trial) {
  Loaded loaded;
  for (const CallerResult& one : trial.callers) {
    auto said = analyser::read_wav(one.said_file);
    if (!said) return base::unexpected(said.error());
    auto heard = analyser::read_wav(one.heard_file);
    if (!heard) return base::unexpected(heard.error());
    loaded.said.push_back(std::move(*said));
    loaded.heard.push_back(std::move(*heard));
  }
  return loaded;
}

std::string unsteady(const DemoPlan& plan, const CallerResult& one, const analyser::VoiceReport& voices) {
  std::string why;
  const auto add = [&](std::string text) { why += (why.empty() ? "" : ", ") + std::move(text); };
  if (one.stream.packets == 0) return "no packets at all";
  if (!one.stream.continuous()) add(one.stream.faults());
  const double packets = static_cast<double>(one.stream.packets);
  if (packets < kPacketShareLeast * one.packets_expected ||
      packets > kPacketShareMost * one.packets_expected) {
    add(fmt::format("{} packets where {:.0f} were due", one.stream.packets, one.packets_expected));
  }
  if (one.stream.spacing_ms_max > plan.wait_ms_max)
    add(fmt::format("a wait of {:.0f} ms", one.stream.spacing_ms_max));
  if (static_cast<double>(voices.unexplained.size()) >
      kUnexplainedShareMax * static_cast<double>(voices.frames)) {
    add(fmt::format("{} of {} frames are not what was said", voices.unexplained.size(), voices.frames));
  }
  if (one.malformed + one.other_payloads != 0) {
    add(fmt::format("{} packets that are not its audio", one.malformed + one.other_payloads));
  }
  if (one.late_after_bye_ms > kLateAfterByeMsMax) {
    add(fmt::format("packets until {:.0f} ms after the BYE", one.late_after_bye_ms));
  }
  return why;
}

// Of the others' voices, from the moment said to the moment heard; both ends are this process.
double mean_delay_ms(const analyser::VoiceReport& report, std::size_t self) {
  double sum = 0.0;
  std::size_t count = 0;
  for (std::size_t i = 0; i < report.voices.size(); ++i) {
    if (i == self || report.voices[i].level_db < -20.0) continue;
    sum += static_cast<double>(report.voices[i].delay) / analyser::kSamplesPerMs;
    ++count;
  }
  return count == 0 ? 0.0 : sum / static_cast<double>(count);
}

}  // namespace

base::Result<bool, std::string> print_verdict(const TrialResult& trial, const DemoPlan& plan, bool colour) {
  const auto loaded = read_back(trial);
  if (!loaded) return base::unexpected(loaded.error());
  std::vector<std::string> names;
  std::vector<analyser::Track> heard;
  std::vector<analyser::Track> said;
  for (std::size_t i = 0; i < trial.callers.size(); ++i) {
    names.push_back(trial.callers[i].name);
    heard.push_back({loaded->heard[i], 0});
    said.push_back({loaded->said[i], 0});
  }
  const analyser::VoiceHearing hearing =
      analyser::voice_matrix(names, heard, said, trial.judge_from, trial.judge_to);

  fmt::print("\nwho hears whom, from the recordings in {} (level relative to what was said):\n\n{}\n",
             plan.out, analyser::to_text(hearing.matrix, colour));
  fmt::print("{:<9} {:>8} {:>6} {:>6} {:>11} {:>13} {:>14} {:>9}\n", "stream to", "packets", "lost", "gaps",
             "jitter ms", "longest wait", "broken frames", "delay ms");
  bool steady = true;
  std::vector<std::string> faults = hearing.matrix.wrong_cells();
  for (std::size_t i = 0; i < trial.callers.size(); ++i) {
    const CallerResult& one = trial.callers[i];
    const analyser::VoiceReport& report = hearing.reports[i];
    fmt::print("{:<9} {:>8} {:>6} {:>6} {:>11.2f} {:>10.1f} ms {:>14} {:>9.1f}\n", one.name,
               one.stream.packets, one.stream.lost, one.stream.gaps, one.stream.jitter_ms,
               one.stream.spacing_ms_max, report.unexplained.size(), mean_delay_ms(report, i));
    const std::string why = unsteady(plan, one, report);
    if (!why.empty()) {
      steady = false;
      faults.push_back(fmt::format("the stream to {} is not steady: {}", one.name, why));
    }
  }
  base::Duration late{};
  for (const CallerResult& one : trial.callers) late = std::max(late, one.counters.late_max);
  if (late > base::kTick) {
    fmt::print("(this machine was busy: the callers themselves sent up to {:.0f} ms late)\n",
               std::chrono::duration<double, std::milli>(late).count());
  }

  std::ofstream json(std::filesystem::path(plan.out) / "matrix.json");
  json << analyser::to_json(hearing.matrix) << '\n';

  fmt::print("\n");
  for (const std::string& fault : faults) fmt::print("wrong: {}\n", fault);
  const bool right = hearing.matrix.right() && steady;
  if (right) {
    fmt::print("right: each of the {} callers hears {} and not their own voice; all streams are steady\n",
               names.size(),
               names.size() == 2 ? std::string("the other") : fmt::format("the {} others", names.size() - 1));
  }
  return right;
}

}  // namespace tutti::demo
