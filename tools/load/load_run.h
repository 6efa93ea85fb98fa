// One run of tutti-load: dials, lets talk, measures, hangs up, judges.
#pragma once

#include <atomic>
#include <functional>
#include <string>

#include "dataplane/base/result.h"
#include "tools/load/load_report.h"

namespace tutti::load {

// Where a run stands: shown some ten times a second.
struct Progress {
  enum class Phase : std::uint8_t { kDialling, kSettling, kMeasuring, kHangingUp, kJudging };
  Phase phase = Phase::kDialling;
  double share = 0.0;  // of the phase, 0 to 1
  std::string detail;
};
using ShowProgress = std::function<void(const Progress&)>;

// Bounded in time: callers / rate (with plan.waiting, as long as each 10 s bring an answer), 10 s for the
// last answers, the seconds asked for, and the time to hang up. `interrupted` set by anybody ends it early,
// all calls hung up. The plan must not be refused by refusal(). Errors: it could not start; one sentence.
base::Result<LoadReport, std::string> run_load(const LoadPlan& plan, const std::atomic<bool>& interrupted,
                                               const ShowProgress& show);

}  // namespace tutti::load
