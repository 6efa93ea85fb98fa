#include "tools/load/load_report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tutti::load {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

LoadReport right_report() {
  LoadReport report;
  report.callers = report.answered = 40;
  report.packets_expected = 10'000;
  report.packets_received = 9'990;
  report.matrix.judged = 80;
  return report;
}

TEST(Spread, TakesTheNearestRank) {
  std::vector<double> values;
  for (int i = 100; i >= 1; --i) values.push_back(i);
  const Spread spread = spread_of(values);
  EXPECT_EQ(spread.count, 100U);
  EXPECT_EQ(spread.p50, 50.0);
  EXPECT_EQ(spread.p99, 99.0);
  EXPECT_EQ(spread.max, 100.0);
  EXPECT_EQ(spread_of({7.0}).p50, 7.0);
  EXPECT_EQ(spread_of({}).count, 0U);
}

TEST(LoadReport, IsRightAtTheLimit) {
  EXPECT_THAT(find_reasons(right_report()), IsEmpty());
}

TEST(LoadReport, TellsWhatIsWrong) {
  LoadReport report = right_report();
  report.packets_received = 9'989;
  EXPECT_THAT(find_reasons(report),
              ElementsAre("99.890 % of the packets came, and 99.9 % should: 9989 of 10000"));
  report = right_report();
  report.matrix.wrong = 1;
  EXPECT_THAT(find_reasons(report), ElementsAre("1 of 80 cells of who hears whom are wrong"));
  report = right_report();
  report.answered = 37;
  report.failures = {{503, "Service Unavailable", 2}, {0, "no answer in time", 1}};
  EXPECT_THAT(
      find_reasons(report),
      ElementsAre("37 of 40 calls were answered: 503 Service Unavailable (2), no answer in time (1)"));
  report = right_report();
  report.ended_early = 2;
  EXPECT_THAT(find_reasons(report), ElementsAre("2 calls were ended by the server"));
  report = right_report();
  report.matrix.judged = 0;
  EXPECT_THAT(find_reasons(report), ElementsAre("no cell of who hears whom could be judged"));
}

TEST(LoadReport, MissesNoPacketsWhereNothingWasMeasured) {
  LoadReport report = right_report();
  report.packets_expected = report.packets_received = 0;
  report.matrix.judged = 0;
  EXPECT_THAT(find_reasons(report), IsEmpty());
}

TEST(LoadReport, TellsTheLevelsThatWereHeard) {
  using analyser::Hearing;
  LoadReport report = right_report();
  report.matrix.cells = {{"load1", "load1", -61.0, Hearing::kAbsent, Hearing::kAbsent, false}};
  EXPECT_THAT(to_text(report, false),
              HasSubstr("no talker was to be heard, what must not be heard at -61 dB"));
  report.matrix.cells.push_back({"load1", "load0", -0.30, Hearing::kHeard, Hearing::kHeard, false});
  report.matrix.cells.push_back({"load1", "load2", -0.25, Hearing::kHeard, Hearing::kHeard, false});
  EXPECT_THAT(to_text(report, false), HasSubstr("talkers at -0.30 to -0.25 dB"));
}

TEST(LoadReport, AsksForAServerOnlyWhereNobodyAnswers) {
  LoadReport report;
  report.callers = 3;
  report.failures = {{0, "transport error", 3}};
  EXPECT_THAT(find_reasons(report), ElementsAre(HasSubstr("transport error (3)"), HasSubstr("is a server")));
  report.failures = {{404, "Not Found", 3}};
  EXPECT_THAT(find_reasons(report), ElementsAre(HasSubstr("404 Not Found (3)")));
}

TEST(LoadReport, WritesItsMembersAsJson) {
  LoadReport report = right_report();
  report.failures = {{503, "bad \xFF byte", 2}};
  report.delay_ms = {12, 40.5, 60.25, 61.0};
  report.matrix.cells = {
      {"load1", "load0", -0.25, analyser::Hearing::kHeard, analyser::Hearing::kHeard, false}};
  report.matrix.wrong_cells = {"load1 does not hear load0"};
  report.reasons = {"a reason"};
  report.generator.io = "packet-raw";
  report.generator.overruns = 3;
  report.generator.stalls = 4;
  report.generator.stall_ms_max = 33.5;
  report.generator.stalled_ms = 48.25;
  const std::string json = to_json(report);
  for (const char* key : {"plan",
                          "callers",
                          "answered",
                          "ended_early",
                          "byes_unanswered",
                          "failures",
                          "dial_secs",
                          "answer_ms",
                          "measured_secs",
                          "measured_from_s",
                          "packets_sent",
                          "packets_expected",
                          "packets_received",
                          "lost",
                          "gaps",
                          "longest_gap_ms",
                          "late",
                          "duplicates",
                          "reordered",
                          "restarts",
                          "strangers",
                          "malformed",
                          "jitter_ms",
                          "delay_ms",
                          "sweeps_missed",
                          "matrix",
                          "generator",
                          "reasons",
                          "notes",
                          "right"}) {
    EXPECT_THAT(json, HasSubstr("\n  \"" + std::string(key) + "\": "));
  }
  for (const char* generator : {"\"io\": \"packet-raw\"", "\"overruns\": 3", "\"stalls\": 4",
                                "\"stall_ms_max\": 33.5", "\"stalled_ms\": 48.25"}) {
    EXPECT_THAT(json, HasSubstr(generator));
  }
  EXPECT_THAT(json, HasSubstr("\"p99\": 60.25"));
  EXPECT_THAT(json, HasSubstr("\"hearing\": \"heard\""));
  EXPECT_THAT(json, HasSubstr("\"calls\": 2"));
  EXPECT_THAT(json, HasSubstr("\"right\": false"));
  EXPECT_THAT(json, HasSubstr("load1 does not hear load0"));
}

TEST(LoadReport, TellsPeopleAFewWrongCellsAndEveryReason) {
  LoadReport report = right_report();
  EXPECT_THAT(to_text(report, false), HasSubstr("right: every call"));
  report.reasons = {"a reason", "another"};
  for (int i = 0; i < 20; ++i) report.matrix.wrong_cells.push_back("cell " + std::to_string(i));
  const std::string text = to_text(report, false);
  EXPECT_THAT(text, HasSubstr("wrong: a reason\nwrong: another\n"));
  EXPECT_THAT(text, Not(HasSubstr("right:")));
  EXPECT_THAT(text, HasSubstr("cell 7\n  12 more"));
}

}  // namespace
}  // namespace tutti::load
