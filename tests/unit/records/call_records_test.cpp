#include "signaling/records/call_records.h"

#include "records_fixture.h"

namespace tutti::records {
namespace {

TEST_F(CallRecordsTest, KeepsEachStayAndEachConference) {
  const auto records = start();
  records->emit(event("a", ConferenceCreated{"conf_1"}, 0));
  records->emit(event("a", TalkingStarted{}));
  records->emit(stay("a", 7));
  ConferenceStatistics statistics;
  statistics.duration = seconds(20);
  statistics.participants_total = 1;
  records->emit(event("a", ConferenceTerminated{"empty", statistics}, 20));
  records->emit(stay("b", 8));
  EXPECT_TRUE(records->finish(seconds(30)));
  const auto written = lines(file_);
  ASSERT_EQ(written.size(), 3U);
  EXPECT_EQ(written[0]["record"], "participant");
  EXPECT_EQ(written[0]["conference_id"], "conf_1");
  EXPECT_EQ(written[0]["room"], "a");
  EXPECT_EQ(written[0]["participant"], 7);
  EXPECT_EQ(written[0]["uri"], "sip:ann@example");
  EXPECT_EQ(written[0]["joined_at"], "2023-11-14T22:13:30.000Z");
  EXPECT_EQ(written[0]["left_at"], "2023-11-14T22:13:35.000Z");
  EXPECT_EQ(written[0]["stay_ms"], 5'000);
  EXPECT_EQ(written[0]["reason"], "hung up");
  EXPECT_EQ(written[0]["codec"], "PCMU");
  EXPECT_EQ(written[0]["packets_received"], 250);
  EXPECT_EQ(written[0]["mos"], 4.25);
  EXPECT_EQ(written[1]["record"], "conference");
  EXPECT_EQ(written[1]["conference_id"], "conf_1");
  EXPECT_EQ(written[1]["reason"], "empty");
  EXPECT_EQ(written[1]["duration_ms"], 20'000);
  EXPECT_EQ(written[1]["participants"], 1);
  EXPECT_EQ(written[2]["conference_id"], "");
  EXPECT_EQ(ask("SELECT conference_id, room, participant, uri, stay_ms, reason, codec, packets_received, mos "
                "FROM participants"),
            "conf_1|a|7|sip:ann@example|5000|hung up|PCMU|250|4.25");
  EXPECT_EQ(ask("SELECT conference_id, room, ended_at, duration_ms, reason, participants FROM conferences"),
            "conf_1|a|2023-11-14T22:13:40.000Z|20000|empty|1");
  EXPECT_EQ(records->counters().taken.value(), 3U);
  for (const auto& sink : records->sinks()) {
    EXPECT_EQ(sink->written.value(), 3U) << sink->name;
    EXPECT_EQ(sink->flushed.value(), 3U) << sink->name;
    EXPECT_EQ(sink->waiting.value(), 0) << sink->name;
  }
  EXPECT_TRUE(told().empty());
}

TEST_F(CallRecordsTest, LosesNoneAtItsEndUnderLoad) {
  constexpr int kStays = 20'000;
  {
    const auto records = start();
    for (int i = 0; i < kStays; ++i) records->emit(stay("a", static_cast<std::uint64_t>(i)));
    EXPECT_TRUE(records->finish(seconds(60)));
    records->emit(event("a", ConferenceCreated{"conf_1"}, 0));  // too late, but no record
    EXPECT_EQ(records->counters().overrun.value(), 0U);
    records->emit(stay("a", 1));  // too late, and counted
    EXPECT_EQ(records->counters().overrun.value(), 1U);
  }
  EXPECT_EQ(lines(file_).size(), static_cast<std::size_t>(kStays));
  EXPECT_EQ(ask("SELECT count(*), count(DISTINCT participant) FROM participants"), "20000|20000");
}

TEST_F(CallRecordsTest, FollowsItsNameWhenTheFileIsMoved) {
  const auto records = start();
  records->emit(stay("a", 1));
  wait_for_written(*records, 1);
  std::filesystem::rename(file_, file_ + ".1");
  records->emit(stay("a", 2));
  wait_for_written(*records, 2);
  std::filesystem::remove(file_);
  records->reopen();
  records->emit(stay("a", 3));
  EXPECT_TRUE(records->finish(seconds(30)));
  ASSERT_EQ(lines(file_ + ".1").size(), 1U);
  ASSERT_EQ(lines(file_).size(), 1U);
  EXPECT_EQ(lines(file_)[0]["participant"], 3);
}

TEST_F(CallRecordsTest, TakesAwayALineThatWasCutOff) {
  std::ofstream(file_) << "{\"record\":1}\n{\"record\":\"partic";
  start()->emit(stay("a", 1));
  EXPECT_EQ(lines(file_).size(), 2U);
  std::filesystem::remove(file_);
  std::ofstream(file_) << "[1]\n[2]";  // not ours
  start()->emit(stay("a", 1));
  EXPECT_EQ(lines(file_).size(), 3U);
}

TEST_F(CallRecordsTest, WaitsForADiskThatCannotBeWritten) {
  std::filesystem::create_directory(file_);  // so that it cannot be opened
  const auto records = start({.retry_every = milliseconds(5), .waiting_max = 100});
  for (std::uint64_t i = 0; i < 150; ++i) {
    records->emit(stay("a", i));
    wait_until([&] { return by_database(*records).written.value() > i; });
  }
  wait_for_told(1);
  wait_until([&] { return errors(by_lines(*records), RecordFault::kPath) >= 10; });
  ASSERT_EQ(told().size(), 1U);  // one clear error, not one each time
  EXPECT_EQ(told()[0], "call records wait: " + file_ + " cannot be opened: Is a directory");
  EXPECT_EQ(by_lines(*records).waiting.value(), 100);
  EXPECT_EQ(by_lines(*records).lost.value(), 50U);
  EXPECT_EQ(by_database(*records).lost.value(), 0U);
  std::filesystem::remove(file_);
  wait_for_told(2);
  EXPECT_EQ(told()[1], "call records are written again");
  EXPECT_TRUE(records->finish(seconds(30)));
  EXPECT_EQ(lines(file_).size(), 100U);
  EXPECT_EQ(ask("SELECT count(*) FROM participants"), "150");  // it did not wait for the other
}

TEST_F(CallRecordsTest, SaysWhenNotAllCouldBeWritten) {
  std::filesystem::create_directory(file_);
  const auto records = start();
  records->emit(stay("a", 1));
  EXPECT_FALSE(records->finish(seconds(30)));
}

}  // namespace
}  // namespace tutti::records
