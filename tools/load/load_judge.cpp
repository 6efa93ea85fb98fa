#include "tools/load/load_judge.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "tools/analyser/sweep.h"
#include "tools/analyser/tone_hearing.h"

namespace tutti::load {
namespace {

using analyser::Hearing;

constexpr std::size_t kProbeSamples = Probe::kTonesFrom + Probe::kTonesLength;

static_assert(Probe::kTonesLength == analyser::kToneStretch);  // a stretch is never of two probes
static_assert(Probe::kSweepSearch <= Probe::kTonesFrom);

// The room's seat that has this tone.
std::optional<std::size_t> seat_with(const Evidence& evidence, std::size_t room, std::size_t tone) {
  for (std::size_t seat = 0; seat < evidence.plan.talkers; ++seat) {
    if (evidence.bank.tone_of(room, seat) == tone) return seat;
  }
  return std::nullopt;
}

// One listener's row: what it hears of each tone there is.
void judge_row(const Evidence& evidence, std::size_t listener, analyser::SampleView heard,
               MatrixReport& report) {
  const std::size_t room = evidence.plan.room_of(listener);
  std::vector<std::optional<analyser::Tone>> tones;
  std::vector<std::string> names = {caller_name(listener)};
  std::vector<Hearing> expected;
  std::vector<std::size_t> columns;
  for (std::size_t i = 0; i < evidence.bank.tones(); ++i) {
    tones.emplace_back(evidence.bank.tone(i));
    const auto seat = seat_with(evidence, room, i);
    if (!seat) {
      names.push_back(fmt::format("another room's {:.0f} Hz", evidence.bank.tone(i).frequency_hz));
      expected.push_back(Hearing::kAbsent);
      columns.push_back(names.size() - 1);
      continue;
    }
    const std::size_t talker = room * evidence.plan.per_room + *seat;
    if (talker == listener) {
      expected.push_back(Hearing::kAbsent);
      columns.push_back(0);
      continue;
    }
    names.push_back(caller_name(talker));
    expected.push_back(evidence.could_send[talker] ? Hearing::kHeard : Hearing::kNotJudged);
    columns.push_back(names.size() - 1);
  }
  analyser::HearingMatrix matrix(names);
  for (std::size_t row = 0; row < matrix.size(); ++row) {
    for (std::size_t column = 0; column < matrix.size(); ++column) {
      matrix.at(row, column).expected = Hearing::kNotJudged;
    }
  }
  const std::vector<analyser::ToneLevel> levels = analyser::tone_levels(heard, tones);
  for (std::size_t i = 0; i < levels.size(); ++i) {
    analyser::HearingCell& cell = matrix.at(0, columns[i]);
    cell.expected = expected[i];
    matrix.measure(0, columns[i], levels[i].level_db, levels[i].level_db_min, levels[i].level_db_max, {});
    if (cell.expected == Hearing::kNotJudged) continue;
    ++report.judged;
    report.cells.push_back(
        {names[0], names[columns[i]], cell.level_db, cell.hearing, cell.expected, cell.wrong()});
  }
  for (std::string& sentence : matrix.wrong_cells()) report.wrong_cells.push_back(std::move(sentence));
}

}  // namespace

std::string caller_name(std::size_t caller) {
  return fmt::format("load{}", caller);
}

Judgement judge(const Evidence& evidence) {
  Judgement judgement;
  if (evidence.probes == 0) return judgement;
  const analyser::SweepFinder finder(evidence.bank.sweep_amplitude(), Probe::kSweepSearch);
  std::set<std::size_t> rooms;
  for (const Recording& recording : evidence.recordings) {
    const std::size_t listener = recording.caller();
    if (!evidence.could_hear[listener]) continue;
    const std::size_t room = evidence.plan.room_of(listener);
    rooms.insert(room);
    ++judgement.matrix.listeners;
    analyser::Samples tones;
    for (std::size_t probe = 0; probe < evidence.probes; ++probe) {
      const HeardProbe heard = recording.heard(probe, kProbeSamples);
      const analyser::SampleView second = heard.samples().subspan(Probe::kTonesFrom);
      tones.insert(tones.end(), second.begin(), second.end());

      const std::size_t marker = room * evidence.plan.per_room + marking_seat(evidence.plan, probe);
      const auto sent = evidence.sweep_sent(room, probe);
      if (marker == listener || !evidence.could_send[marker] || !sent) continue;
      const auto at = finder.find(heard.samples().first(Probe::kSweepSearch));
      const auto arrival = at ? heard.time_of(*at) : std::nullopt;
      if (arrival) {
        judgement.delays_ms.push_back(std::chrono::duration<double, std::milli>(*arrival - *sent).count());
      } else {
        ++judgement.sweeps_missed;
      }
    }
    judge_row(evidence, listener, tones, judgement.matrix);
  }
  judgement.matrix.rooms = rooms.size();
  judgement.matrix.wrong = judgement.matrix.wrong_cells.size();
  return judgement;
}

}  // namespace tutti::load
