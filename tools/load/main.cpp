// tutti-load: calls a SIP conference server with many callers at once and measures what each of them
// receives.
#include <atomic>
#include <csignal>
#include <cstdio>
#include <optional>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <unistd.h>

#include "tools/analyser/colour.h"
#include "tools/load/load_run.h"
#include "tools/load/report_file.h"

namespace {

using tutti::load::CodecChoice;
using tutti::load::IoChoice;
using tutti::load::Progress;

constexpr int kRight = 0;
constexpr int kWrong = 1;
constexpr int kUsage = 2;

std::atomic<bool> interrupted = false;

const char* name(Progress::Phase phase) {
  switch (phase) {
    case Progress::Phase::kDialling:
      return "dialling";
    case Progress::Phase::kSettling:
      return "settling";
    case Progress::Phase::kMeasuring:
      return "measuring";
    case Progress::Phase::kHangingUp:
      return "hanging up";
    case Progress::Phase::kJudging:
      return "judging";
  }
  return "?";
}

// One line that is rewritten on a terminal; elsewhere nothing.
void show(const Progress& progress) {
  if (::isatty(STDOUT_FILENO) == 0) return;
  constexpr std::size_t kWidth = 24;
  const auto full = static_cast<std::size_t>(progress.share * kWidth);
  fmt::print("\r\x1b[K{:<10} [{}{}] {}", name(progress.phase), std::string(full, '#'),
             std::string(kWidth - full, '.'), progress.detail);
  std::fflush(stdout);
}

constexpr const char* kDescription =
    R"(Calls a SIP conference server with many callers at once, each from a port of its own, and measures what
every one of them receives. The first TALKERS of each room send a tone each, the others silence; all send 50
G.711 packets a second on an absolute clock. It calls this host alone, if nothing else is said.)";

constexpr const char* kFooter = R"(What is measured
  packets        of every caller: what came of 50 a second, what the sequence numbers left out, the longest
                 wait, waits of more than 60 ms, packets more than 20 ms late, jitter (RFC 3550). The kernel
                 notes each packet's arrival, so this program's own lateness is not counted.
  who hears whom of up to --sample listeners, spread over the rooms: each of their room's tones within 1 dB,
                 their own and other rooms' 40 dB down (24 tones tell neighbouring rooms apart).
  mouth to ear   each 2 s or more a talker of each room sends a 200 ms sweep; it is found in what the sampled
                 listeners receive to one sample, 0.125 ms (0.5 ms where the server resamples). Counted
                 from the packet's leaving to the arrival of the one that brings it back: network and server,
                 without a phone's own 20 ms of packet and without its jitter buffer.

Colour
  on a terminal alone, and none where NO_COLOR is set.

Exit code
  0  every call was answered, 99.9 % of the packets came, no sampled cell is wrong
  1  otherwise, or it could not start; the reason is printed
  2  a flag is unknown, or its value cannot be used

Examples
  tutti-load --rooms 5 --per-room 8 --talkers 3
  tutti-load --uri 'sip:conf{room}@127.0.0.1:5080;transport=tcp' --rooms 250 --per-room 8 --rate 200 --json load.json)";

}  // namespace

int main(int argc, char** argv) {
  tutti::load::LoadPlan plan;
  std::string json;
  CLI::App app(kDescription);
  app.footer(kFooter);
  std::string codec = "pcmu";
  std::string io = "auto";
  app.add_option("--uri", plan.uri,
                 fmt::format("whom to call; {{room}} is the room's number, from 0; the host an address ({})",
                             plan.uri))
      ->option_text("URI");
  app.add_flag("--allow-remote", plan.allow_remote,
               "call another host than this one, with its owner's leave");
  app.add_option("--rooms", plan.rooms, fmt::format("rooms ({})", plan.rooms))
      ->check(CLI::Range(1, 50'000))
      ->option_text("N");
  app.add_option("--per-room", plan.per_room, fmt::format("callers in each room ({})", plan.per_room))
      ->check(CLI::Range(2, 50'000))
      ->option_text("N");
  const auto* talkers =
      app.add_option(
             "--talkers", plan.talkers,
             fmt::format("callers of each room that talk, 1 to 64 ({}, or all of fewer)", plan.talkers))
          ->check(CLI::Range(1, 64))
          ->option_text("N");
  app.add_option("--rate", plan.rate, fmt::format("calls placed a second, 0.1 to 2000 ({})", plan.rate))
      ->check(CLI::Range(0.1, 2'000.0))
      ->option_text("N");
  app.add_option(
         "--waiting", plan.waiting,
         "calls that may wait for their answers while the next is placed, 0 for any number: one that is "
         "not answered for 10 s ends the dialling (0)")
      ->check(CLI::Range(0, 50'000))
      ->option_text("N");
  app.add_option("--codec", codec, "pcmu, pcma, or both: every second caller the other (pcmu)")
      ->check(CLI::IsMember({"pcmu", "pcma", "both"}))
      ->option_text("NAME");
  app.add_option("--secs", plan.secs,
                 fmt::format("seconds measured once all calls are in, 2 to 3600 ({})", plan.secs))
      ->check(CLI::Range(2, 3'600))
      ->option_text("N");
  app.add_option("--sample", plan.sample,
                 fmt::format("listeners whose audio is judged, 1 to 256 ({})", plan.sample))
      ->check(CLI::Range(1, 256))
      ->option_text("N");
  app.add_option(
         "--io", io,
         "sockets: one a caller; packet: one raw socket and one ring, several times cheaper, to a server at "
         "127.x.y.z, with CAP_NET_RAW; auto: packet where it can be had (auto)")
      ->check(CLI::IsMember({"auto", "sockets", "packet"}))
      ->option_text("NAME");
  const auto* json_option =
      app.add_option("--json", json,
                     "writes all that was found to this file; its shape: tools/load/README.md")
          ->option_text("FILE");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? kRight : kUsage;
  }
  plan.codec = codec == "pcmu"   ? CodecChoice::kPcmu
               : codec == "pcma" ? CodecChoice::kPcma
                                 : CodecChoice::kBoth;
  plan.io = io == "auto" ? IoChoice::kAuto : io == "packet" ? IoChoice::kPacket : IoChoice::kSockets;
  if (talkers->count() == 0) plan.talkers = std::min<std::size_t>(plan.talkers, plan.per_room);
  if (const std::string why = tutti::load::refusal(plan); !why.empty()) {
    fmt::print(stderr, "tutti-load: {}\n", why);
    return kUsage;
  }
  std::optional<tutti::load::ReportFile> file;
  if (json_option->count() != 0) {
    auto opened = tutti::load::ReportFile::open(json);  // now: a run of an hour must not end with a bad path
    if (!opened) {
      fmt::print(stderr, "tutti-load: --json {}\n", opened.error());
      return kUsage;
    }
    file.emplace(std::move(*opened));
  }
  struct sigaction action {};
  action.sa_handler = [](int) { interrupted = true; };
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) ::sigaction(signal, &action, nullptr);

  fmt::print("{} callers dial {} rooms at {}, {} a second; {} of each room talk\n", plan.callers(),
             plan.rooms, plan.uri, plan.rate, plan.talkers);
  std::fflush(stdout);
  const auto report = tutti::load::run_load(plan, interrupted, show);
  if (::isatty(STDOUT_FILENO) != 0) fmt::print("\r\x1b[K");
  if (!report) {
    fmt::print(stderr, "tutti-load: {}\n", report.error());
    return kWrong;
  }
  fmt::print("{}", tutti::load::to_text(*report, tutti::analyser::wants_colour(STDOUT_FILENO)));
  if (file) {
    if (const auto written = file->write(tutti::load::to_json(*report) + '\n'); !written) {
      fmt::print(stderr, "tutti-load: --json {}\n", written.error());
      return kWrong;
    }
  }
  return report->right() ? kRight : kWrong;
}
