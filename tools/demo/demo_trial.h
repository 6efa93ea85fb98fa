// DemoTrial: one demonstration: callers with voices meet in a room of a running server, and what each heard
// is kept.
#pragma once

#include <atomic>
#include <string>
#include <vector>

#include "dataplane/base/result.h"
#include "dataplane/base/socket_address.h"
#include "tools/analyser/rtp_stream_check.h"
#include "tools/caller/rtp_engine.h"

namespace tutti::demo {

struct DemoPlan {
  base::SocketAddress server;
  std::string room = "demo";
  std::size_t callers = 3;
  int seconds = 8;
  std::string out = "build/demo";
  double wait_ms_max = 200.0;  // between two packets; longer: not a steady stream, whatever the machine did
};

// What is known of one caller afterwards, beside the two files.
struct CallerResult {
  std::string name;
  std::string said_file;
  std::string heard_file;
  analyser::RtpStreamReport stream;
  caller::LegCounters counters;
  std::uint64_t malformed = 0;
  std::uint64_t other_payloads = 0;
  double packets_expected = 0.0;   // 50 a second between answer and BYE
  double late_after_bye_ms = 0.0;  // when the last packet came, after the BYE; 0: before it
};

struct TrialResult {
  std::vector<CallerResult> callers;
  // When all were in the room and had settled, until the first left. Units: samples of the files.
  std::int64_t judge_from = 0;
  std::int64_t judge_to = 0;
};

// Dials, lets them talk, hangs up, writes said-NAME.wav and heard-NAME.wav: in all of them sample i is the
// same moment. Shows its progress on standard output. `interrupted` set by anybody ends it early, all calls
// hung up. Errors: sentences for people; that it was interrupted is one.
base::Result<TrialResult, std::string> run_trial(const DemoPlan& plan, const std::atomic<bool>& interrupted);

}  // namespace tutti::demo
