// LoadReport: what a run of tutti-load found; the shape of its JSON, whose keys are these members' names.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tools/analyser/hearing_matrix.h"
#include "tools/load/load_plan.h"

namespace tutti::load {

// Of a set of values, nearest rank; all zero where there are none.
struct Spread {
  std::size_t count = 0;
  double p50 = 0.0;
  double p99 = 0.0;
  double max = 0.0;
};
Spread spread_of(std::vector<double> values);

// Calls that ended alike.
struct Failure {
  int status = 0;      // SIP; 0: none came
  std::string reason;  // the answer's phrase, or this program's words
  std::size_t calls = 0;
};

// One judged cell of the matrix.
struct Cell {
  std::string listener;                    // "load5", as in its From
  std::string talker;                      // "load3", or "another room's 1 337 Hz"
  double level_db = analyser::kSilenceDb;  // relative to what was sent
  analyser::Hearing hearing = analyser::Hearing::kNotJudged;
  analyser::Hearing expected = analyser::Hearing::kNotJudged;
  bool wrong = false;
};

// "matrix": what the sampled listeners hear of their room's talkers, of themselves, and of other rooms.
struct MatrixReport {
  std::size_t listeners = 0;
  std::size_t rooms = 0;
  std::size_t judged = 0;  // cells
  std::size_t wrong = 0;
  std::vector<std::string> wrong_cells;  // one sentence each
  std::vector<Cell> cells;
};

// "generator": how this program itself kept up; what it does late or not at all is not the server's doing.
struct GeneratorReport {
  std::string io;               // how packets left and came in: Wire::name()
  double cpu_share = 0.0;       // of the RTP thread, 1.0 is a whole CPU
  std::uint64_t sent_late = 0;  // packets that left more than 5 ms after they were due
  double sent_late_ms_max = 0.0;
  std::uint64_t skipped = 0;  // packets not sent: more than 200 ms late
  std::uint64_t send_errors = 0;
  std::uint64_t overruns = 0;  // packets that came and that this program did not read in time
  // While it measured it did nothing for 5 ms and more though something was due: as a rule the host's doing.
  std::uint64_t stalls = 0;
  double stall_ms_max = 0.0;
  double stalled_ms = 0.0;  // all of them
  bool realtime = false;    // it ran under SCHED_FIFO
};

// In the JSON "plan" is an object of the plan's members; Spread is {"count","p50","p99","max"}.
struct LoadReport {
  LoadPlan plan;
  std::size_t callers = 0;
  std::size_t answered = 0;
  std::size_t ended_early = 0;  // answered, and ended by the server
  std::size_t held = 0;         // answered, and not to send or not to hear for a time at least
  std::size_t byes_unanswered = 0;
  std::vector<Failure> failures;  // of calls not answered or ended early, the most frequent first
  double dial_secs = 0.0;         // from the first INVITE until the last call was decided
  Spread answer_ms;               // from INVITE to 200

  // Packets; those of the time measured, if nothing else is said.
  double measured_secs = 0.0;
  double measured_from_s = 0.0;        // when that began, of CLOCK_MONOTONIC: for who watches the server too
  std::uint64_t packets_sent = 0;      // in the whole run
  std::uint64_t packets_expected = 0;  // 50 a second to each caller that was answered
  std::uint64_t packets_received = 0;  // each once
  std::uint64_t lost = 0;              // left out of the sequence numbers
  std::uint64_t gaps = 0;              // waits longer than 60 ms
  double longest_gap_ms = 0.0;
  std::uint64_t late = 0;  // more than 20 ms behind the stream's most punctual packet before it
  std::uint64_t duplicates = 0;
  std::uint64_t reordered = 0;
  std::uint64_t restarts = 0;   // streams that went on with another SSRC
  std::uint64_t strangers = 0;  // whole run: from another address than the answer named
  std::uint64_t malformed = 0;  // whole run: no RTP of the codec agreed on
  Spread jitter_ms;             // over streams, of each one's mean jitter (RFC 3550, 6.4.1)
  // From the moment a talker's packet was sent to the moment when a listener's packet brought the same
  // sample: server and network, without a phone's own 20 ms of packet and its jitter buffer. Over sweeps and
  // listeners.
  Spread delay_ms;
  std::uint64_t sweeps_missed = 0;  // not found by a sampled listener

  MatrixReport matrix;
  GeneratorReport generator;
  std::vector<std::string> reasons;  // why the run is not right; empty: it is
  std::vector<std::string> notes;    // worth knowing, no fault of the run

  bool right() const { return reasons.empty(); }
};

// What the exit code follows: every call answered, 99.9 % of the packets, no wrong cell. Sentences.
std::vector<std::string> find_reasons(const LoadReport& report);

std::string to_json(const LoadReport& report);
// A table for people.
std::string to_text(const LoadReport& report, bool colour);

}  // namespace tutti::load
