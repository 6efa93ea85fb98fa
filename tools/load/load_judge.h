// The judgement of a run's recordings: who hears whom, and after what time.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "tools/load/load_report.h"
#include "tools/load/recording.h"
#include "tools/load/voice_bank.h"

namespace tutti::load {

struct Evidence {
  const LoadPlan& plan;
  const VoiceBank& bank;
  std::span<const Recording> recordings;
  std::size_t probes = 0;
  // By caller: it was in its room all the time measured, and could send, or hear.
  std::vector<bool> could_send;
  std::vector<bool> could_hear;
  // When the sweep of a room's talker left, by room and probe. None: it did not.
  std::function<std::optional<base::Instant>(std::size_t, std::size_t)> sweep_sent;
};

struct Judgement {
  MatrixReport matrix;
  std::vector<double> delays_ms;
  std::uint64_t sweeps_missed = 0;
};

// One row a sampled listener that could hear. Of a talker who could not send, nothing is expected.
Judgement judge(const Evidence& evidence);

std::string caller_name(std::size_t caller);

}  // namespace tutti::load
