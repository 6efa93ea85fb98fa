#include "tools/load/load_report.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace tutti::load {
namespace {

constexpr double kReceivedShareLeast = 0.999;
constexpr std::size_t kSentencesMax = 8;  // on the terminal; the JSON has them all

double share(std::uint64_t part, std::uint64_t whole) {
  return whole == 0 ? 0.0 : static_cast<double>(part) / static_cast<double>(whole);
}

nlohmann::json to_json(const Spread& spread) {
  return {{"count", spread.count}, {"p50", spread.p50}, {"p99", spread.p99}, {"max", spread.max}};
}

nlohmann::json to_json(const LoadPlan& plan) {
  return {{"uri", plan.uri},
          {"rooms", plan.rooms},
          {"per_room", plan.per_room},
          {"talkers", plan.talkers},
          {"rate", plan.rate},
          {"waiting", plan.waiting},
          {"codec", to_string(plan.codec)},
          {"secs", plan.secs},
          {"sample", plan.sample},
          {"io", to_string(plan.io)}};
}

nlohmann::json to_json(const MatrixReport& matrix) {
  nlohmann::json cells = nlohmann::json::array();
  for (const Cell& cell : matrix.cells) {
    cells.push_back({{"listener", cell.listener},
                     {"talker", cell.talker},
                     {"level_db", cell.level_db},
                     {"hearing", analyser::to_string(cell.hearing)},
                     {"expected", analyser::to_string(cell.expected)},
                     {"wrong", cell.wrong}});
  }
  return {{"listeners", matrix.listeners},     {"rooms", matrix.rooms},
          {"judged", matrix.judged},           {"wrong", matrix.wrong},
          {"wrong_cells", matrix.wrong_cells}, {"cells", std::move(cells)}};
}

std::string line(const char* name, const std::string& value) {
  return fmt::format("  {:<18} {}\n", name, value);
}

std::string text(const Spread& spread, const char* of) {
  if (spread.count == 0) return "not measured";
  return fmt::format("p50 {:.2f} ms, p99 {:.2f} ms, at most {:.2f} ms, of {} {}", spread.p50, spread.p99,
                     spread.max, spread.count, of);
}

// The loudest of the cells where nothing should be heard, the quietest where something should.
std::string levels(const MatrixReport& matrix) {
  double loudest_absent = analyser::kSilenceDb;
  bool heard = false;
  double least = 0.0;
  double most = 0.0;
  for (const Cell& cell : matrix.cells) {
    if (cell.expected == analyser::Hearing::kAbsent) {
      loudest_absent = std::max(loudest_absent, cell.level_db);
    } else if (cell.expected == analyser::Hearing::kHeard) {
      least = heard ? std::min(least, cell.level_db) : cell.level_db;
      most = heard ? std::max(most, cell.level_db) : cell.level_db;
      heard = true;
    }
  }
  const std::string talkers =
      heard ? fmt::format("talkers at {:+.2f} to {:+.2f} dB", least, most) : "no talker was to be heard";
  return fmt::format("{}, what must not be heard at {:.0f} dB or less", talkers, loudest_absent);
}

void add_some(std::string& out, const char* before, const std::vector<std::string>& sentences) {
  for (std::size_t i = 0; i < sentences.size() && i < kSentencesMax; ++i) {
    out += fmt::format("{}{}\n", before, sentences[i]);
  }
  if (sentences.size() > kSentencesMax) {
    out += fmt::format("{}{} more like these (see --json)\n", before, sentences.size() - kSentencesMax);
  }
}

}  // namespace

Spread spread_of(std::vector<double> values) {
  if (values.empty()) return {};
  std::sort(values.begin(), values.end());
  const auto rank = [&values](double part) {
    const auto nearest = static_cast<std::size_t>(std::ceil(part * static_cast<double>(values.size())));
    return values[std::max<std::size_t>(nearest, 1) - 1];
  };
  return {values.size(), rank(0.5), rank(0.99), values.back()};
}

std::vector<std::string> find_reasons(const LoadReport& report) {
  std::vector<std::string> reasons;
  if (report.answered < report.callers) {
    std::string why;
    for (const Failure& failure : report.failures) {
      why += fmt::format("{}{}{} ({})", why.empty() ? ": " : ", ",
                         failure.status == 0 ? "" : fmt::format("{} ", failure.status), failure.reason,
                         failure.calls);
    }
    reasons.push_back(fmt::format("{} of {} calls were answered{}", report.answered, report.callers, why));
  }
  if (report.answered == 0) {
    const bool silent = std::all_of(report.failures.begin(), report.failures.end(),
                                    [](const Failure& failure) { return failure.status == 0; });
    if (silent) reasons.push_back(fmt::format("is a server running at {}?", report.plan.uri));
    return reasons;
  }
  if (report.ended_early != 0) {
    reasons.push_back(fmt::format("{} calls were ended by the server", report.ended_early));
  }
  const double came = share(report.packets_received, report.packets_expected);
  if (report.packets_expected != 0 && came < kReceivedShareLeast) {  // else nothing was measured
    reasons.push_back(fmt::format("{:.3f} % of the packets came, and 99.9 % should: {} of {}", 100.0 * came,
                                  report.packets_received, report.packets_expected));
  }
  if (report.matrix.wrong != 0) {
    reasons.push_back(
        fmt::format("{} of {} cells of who hears whom are wrong", report.matrix.wrong, report.matrix.judged));
  } else if (report.matrix.judged == 0 && report.packets_expected != 0) {
    reasons.emplace_back("no cell of who hears whom could be judged");
  }
  return reasons;
}

std::string to_json(const LoadReport& report) {
  nlohmann::json failures = nlohmann::json::array();
  for (const Failure& failure : report.failures) {
    failures.push_back({{"status", failure.status}, {"reason", failure.reason}, {"calls", failure.calls}});
  }
  const GeneratorReport& generator = report.generator;
  const nlohmann::json json = {{"plan", to_json(report.plan)},
                               {"callers", report.callers},
                               {"answered", report.answered},
                               {"ended_early", report.ended_early},
                               {"held", report.held},
                               {"byes_unanswered", report.byes_unanswered},
                               {"failures", std::move(failures)},
                               {"dial_secs", report.dial_secs},
                               {"answer_ms", to_json(report.answer_ms)},
                               {"measured_secs", report.measured_secs},
                               {"measured_from_s", report.measured_from_s},
                               {"packets_sent", report.packets_sent},
                               {"packets_expected", report.packets_expected},
                               {"packets_received", report.packets_received},
                               {"lost", report.lost},
                               {"gaps", report.gaps},
                               {"longest_gap_ms", report.longest_gap_ms},
                               {"late", report.late},
                               {"duplicates", report.duplicates},
                               {"reordered", report.reordered},
                               {"restarts", report.restarts},
                               {"strangers", report.strangers},
                               {"malformed", report.malformed},
                               {"jitter_ms", to_json(report.jitter_ms)},
                               {"delay_ms", to_json(report.delay_ms)},
                               {"sweeps_missed", report.sweeps_missed},
                               {"matrix", to_json(report.matrix)},
                               {"generator",
                                {{"io", generator.io},
                                 {"cpu_share", generator.cpu_share},
                                 {"sent_late", generator.sent_late},
                                 {"sent_late_ms_max", generator.sent_late_ms_max},
                                 {"skipped", generator.skipped},
                                 {"send_errors", generator.send_errors},
                                 {"overruns", generator.overruns},
                                 {"stalls", generator.stalls},
                                 {"stall_ms_max", generator.stall_ms_max},
                                 {"stalled_ms", generator.stalled_ms},
                                 {"realtime", generator.realtime}}},
                               {"reasons", report.reasons},
                               {"notes", report.notes},
                               {"right", report.right()}};
  // The URI is whatever was typed.
  return json.dump(2, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::string to_text(const LoadReport& report, bool colour) {
  std::string out;
  out += line("calls", fmt::format("{} of {} answered in {:.1f} s", report.answered, report.callers,
                                   report.dial_secs));
  if (report.answered != 0) {
    out += line("answer", text(report.answer_ms, "calls"));
    out += line("packets heard",
                fmt::format("{} of {} ({:.3f} %), {} lost", report.packets_received, report.packets_expected,
                            100.0 * share(report.packets_received, report.packets_expected), report.lost));
    out += line("longest wait", fmt::format("{:.1f} ms; {} waits of more than 60 ms; {} packets late",
                                            report.longest_gap_ms, report.gaps, report.late));
    out += line("jitter", text(report.jitter_ms, "streams"));
    out += line("mouth to ear", text(report.delay_ms, "sweeps"));
    out += line("who hears whom",
                fmt::format("{} listeners in {} rooms, {} cells judged, {} wrong", report.matrix.listeners,
                            report.matrix.rooms, report.matrix.judged, report.matrix.wrong));
    if (report.matrix.judged != 0) out += line("", levels(report.matrix));
    out +=
        line("this program",
             fmt::format("{} packets sent, {} of them late (at most {:.1f} ms), {} skipped; "
                         "its RTP thread took {:.0f} % of a CPU ({}), {} stalls",
                         report.packets_sent, report.generator.sent_late, report.generator.sent_late_ms_max,
                         report.generator.skipped, 100.0 * report.generator.cpu_share, report.generator.io,
                         report.generator.stalls));
  }
  out += '\n';
  add_some(out, "  ", report.matrix.wrong_cells);
  add_some(out, "note: ", report.notes);
  const char* paint = colour ? (report.right() ? "\x1b[32m" : "\x1b[1;31m") : "";
  const char* plain = colour ? "\x1b[0m" : "";
  for (const std::string& reason : report.reasons)
    out += fmt::format("{}wrong:{} {}\n", paint, plain, reason);
  if (report.right()) {
    out += fmt::format(
        "{}right:{} every call was answered, the packets came, and each sampled listener hears "
        "whom it should\n",
        paint, plain);
  }
  return out;
}

}  // namespace tutti::load
