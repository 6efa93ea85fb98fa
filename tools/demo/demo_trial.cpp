#include "tools/demo/demo_trial.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <string_view>

#include <fmt/format.h>
#include <unistd.h>

#include "dataplane/base/source_address.h"
#include "tools/analyser/voice.h"
#include "tools/analyser/wav.h"
#include "tools/caller/caller_fleet.h"

namespace tutti::demo {
namespace {

using caller::CallerFleet;
using caller::CallState;
using std::chrono::milliseconds;

constexpr const char* kInterrupted = "interrupted";
constexpr milliseconds kBetweenCalls{200};
constexpr milliseconds kAnswerTime{5'000};  // a server answers in milliseconds
constexpr milliseconds kHangUpTime{5'000};
constexpr milliseconds kAfterBye{300};                   // listening for packets that come too late
constexpr base::Duration kSettling = milliseconds(700);  // jitter buffers fill after the last answer
constexpr base::Duration kBeforeBye = milliseconds(100);

constexpr std::array<std::string_view, 16> kNames = {"alice", "bob",   "carol", "dave", "erin", "frank",
                                                     "grace", "heidi", "ivan",  "judy", "kim",  "laura",
                                                     "mike",  "nina",  "oscar", "peggy"};

// Speech that does not saturate when all speak at once.
caller::SampleSource voice_source(std::uint32_t number, std::size_t callers) {
  const double gain = std::min(1.0, 2.0 / std::sqrt(static_cast<double>(callers)));
  return [voice = analyser::Voice(number), gain](std::span<std::int16_t> frame) mutable {
    voice.next(frame);
    for (std::int16_t& sample : frame) sample = static_cast<std::int16_t>(std::lround(gain * sample));
  };
}

void say(std::string_view line) {
  fmt::print("{}\n", line);
  std::fflush(stdout);
}

// One line that is rewritten on a terminal; elsewhere nothing.
void show(std::string_view line, bool last) {
  if (::isatty(STDOUT_FILENO) == 0) return;
  fmt::print("\r\x1b[K{}{}", line, last ? "\n" : "");
  std::fflush(stdout);
}

std::string why_unanswered(const CallerFleet& fleet, const DemoPlan& plan) {
  const std::string server = base::to_string(plan.server);
  for (std::size_t i = 0; i < fleet.size(); ++i) {
    const caller::Call& call = fleet.at(i);
    if (call.state == CallState::kEnded && call.end_reason == sip::EndReason::kRejected) {
      return fmt::format("{} could not call {}: {}", call.plan.name, call.plan.target, call.end);
    }
  }
  if (fleet.talking() == 0) {
    return fmt::format(
        "nobody answers at {}: is the server running there? Start it with ./tools/run, or name another one "
        "with "
        "--server ADDR:PORT",
        server);
  }
  std::string waiting;
  for (std::size_t i = 0; i < fleet.size(); ++i) {
    if (fleet.at(i).state != CallState::kTalking)
      waiting += (waiting.empty() ? "" : ", ") + fleet.at(i).plan.name;
  }
  return fmt::format("the server at {} answered {} of {} calls, but not {}", server, fleet.talking(),
                     fleet.size(), waiting);
}

std::int64_t samples_between(base::Instant from, base::Instant to) {
  return (to - from) / std::chrono::microseconds(125);
}

// A recording with silence before it, so that it starts at the origin.
analyser::Samples from_origin(const analyser::Track& track) {
  if (track.samples.empty()) return {};
  const analyser::Track rest = track.part(0, track.end());
  analyser::Samples samples(static_cast<std::size_t>(rest.start));
  samples.insert(samples.end(), rest.samples.begin(), rest.samples.end());
  return samples;
}

base::Result<TrialResult, std::string> keep(const CallerFleet& fleet, const DemoPlan& plan) {
  TrialResult result;
  std::vector<caller::LegRecord> records;
  base::Instant origin = base::Instant::max();
  base::Instant all_in{};
  base::Instant first_out = base::Instant::max();
  for (std::size_t i = 0; i < fleet.size(); ++i) {
    records.push_back(fleet.record(i));
    origin = std::min(origin, *records[i].first_sent);
    all_in = std::max(all_in, *fleet.at(i).answered_at);
    first_out = std::min(first_out, *fleet.at(i).ended_at);
  }
  result.judge_from = samples_between(origin, all_in + kSettling);
  result.judge_to = samples_between(origin, first_out - kBeforeBye);
  for (std::size_t i = 0; i < fleet.size(); ++i) {
    const caller::Call& call = fleet.at(i);
    const caller::LegRecord& record = records[i];
    CallerResult one;
    one.name = call.plan.name;
    one.said_file = (std::filesystem::path(plan.out) / ("said-" + one.name + ".wav")).string();
    one.heard_file = (std::filesystem::path(plan.out) / ("heard-" + one.name + ".wav")).string();
    const analyser::Track said{fleet.said(i), samples_between(origin, *record.first_sent)};
    if (auto written = analyser::write_wav(one.said_file, from_origin(said)); !written) {
      return base::unexpected(written.error());
    }
    if (auto written = analyser::write_wav(one.heard_file, from_origin(record.heard.track(origin)));
        !written) {
      return base::unexpected(written.error());
    }
    one.stream = analyser::check_rtp_stream(record.heard.log(), fleet.expectation(i));
    one.counters = record.counters;
    one.malformed = record.heard.malformed();
    one.other_payloads = record.heard.other_payloads();
    one.packets_expected = std::chrono::duration<double>(*call.ended_at - *call.answered_at) / base::kTick;
    if (record.heard.heard_anything() && record.heard.last_arrival() > *call.ended_at) {
      one.late_after_bye_ms =
          std::chrono::duration<double, std::milli>(record.heard.last_arrival() - *call.ended_at).count();
    }
    result.callers.push_back(std::move(one));
  }
  return result;
}

}  // namespace

base::Result<TrialResult, std::string> run_trial(const DemoPlan& plan, const std::atomic<bool>& interrupted) {
  std::error_code error;
  std::filesystem::create_directories(plan.out, error);
  if (error) return base::unexpected(fmt::format("cannot make the folder {}: {}", plan.out, error.message()));
  const base::SocketAddress local = base::source_address(plan.server);
  if (!local.valid()) {
    return base::unexpected(fmt::format("this host has no route to {}", base::ip_to_string(plan.server)));
  }
  auto started = CallerFleet::start({local, {}});
  if (!started) return base::unexpected(started.error());
  CallerFleet& fleet = **started;

  const std::string target = fmt::format("sip:{}@{}", plan.room, base::to_string(plan.server));
  say(fmt::format("{} callers dial {}", plan.callers, target));
  const auto stop = [&interrupted] { return interrupted.load(); };
  for (std::size_t i = 0; i < plan.callers && !stop(); ++i) {
    caller::CallPlan call;
    call.name = i < kNames.size() ? std::string(kNames[i]) : fmt::format("caller{}", i);
    call.target = target;
    call.source = voice_source(static_cast<std::uint32_t>(i), plan.callers);
    // One after the other, as people do; both laws meet in the room.
    if (i % 2 == 1) call.codecs = {sdp::AudioCodec::kPcma, sdp::AudioCodec::kPcmu};
    const auto placed = fleet.call(std::move(call));
    if (!placed) return base::unexpected(placed.error());
    fleet.work(kBetweenCalls, stop);
  }
  fleet.work(kAnswerTime, [&] { return stop() || fleet.talking() == plan.callers || fleet.ended() != 0; });
  if (stop() || fleet.talking() != plan.callers) {
    const std::string why = stop() ? kInterrupted : why_unanswered(fleet, plan);
    for (std::size_t i = 0; i < fleet.size(); ++i) fleet.hang_up(i);
    fleet.work(milliseconds(1'000), [&] { return fleet.dialogs() == 0; });
    return base::unexpected(why);
  }
  say(fmt::format("all {} are in the room and talk for {} seconds", plan.callers, plan.seconds));

  std::string broken;
  for (int second = 0; second < plan.seconds && broken.empty(); ++second) {
    std::uint64_t sent = 0;
    std::uint64_t received = 0;
    for (std::size_t i = 0; i < fleet.size(); ++i) {
      sent += fleet.counters(i).packets_sent;
      received += fleet.counters(i).packets_received;
    }
    show(fmt::format("  {:2} of {} s   {} packets said   {} packets heard", second, plan.seconds, sent,
                     received),
         false);
    if (fleet.work(milliseconds(1'000), [&] { return stop() || fleet.ended() != 0; })) {
      if (stop()) broken = kInterrupted;
      for (std::size_t i = 0; i < fleet.size(); ++i) {
        const caller::Call& call = fleet.at(i);
        if (call.state == CallState::kEnded)
          broken = fmt::format("the call of {} ended: {}", call.plan.name, call.end);
      }
    }
  }
  show(fmt::format("  {} s are over", plan.seconds), true);
  for (std::size_t i = 0; i < fleet.size(); ++i) fleet.hang_up(i);
  const bool all_gone = fleet.work(kHangUpTime, [&] { return fleet.dialogs() == 0; });
  fleet.work(kAfterBye);
  if (!broken.empty()) return base::unexpected(broken);
  if (!all_gone) return base::unexpected(std::string("the server did not answer every BYE"));
  return keep(fleet, plan);
}

}  // namespace tutti::demo
