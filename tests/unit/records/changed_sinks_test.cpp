// Call records whose files a reload changes: none is lost that can be written anywhere.
#include <gmock/gmock.h>

#include "records_fixture.h"

namespace tutti::records {
namespace {

// A disk that takes nothing.
class FullSink final : public RecordSink {
 public:
  std::string_view name() const override { return kLineFileName; }
  Result open() override { return {}; }
  Result write(std::span<const RecordPointer>) override {
    return base::unexpected(RecordError{RecordFault::kFull, "it is full"});
  }
  Result flush() override { return {}; }
  void close() override {}
};

// A disk that fails to keep what it was given first.
class ForgetfulSink final : public RecordSink {
 public:
  std::string_view name() const override { return kLineFileName; }
  Result open() override { return {}; }
  Result write(std::span<const RecordPointer>) override { return {}; }
  Result flush() override {
    if (std::exchange(failed_, true)) return {};
    return base::unexpected(RecordError{RecordFault::kDevice, "it cannot be flushed"});
  }
  void close() override {}

 private:
  bool failed_ = false;
};

std::vector<std::uint64_t> participants(const std::vector<nlohmann::json>& lines) {
  std::vector<std::uint64_t> all;
  for (const auto& line : lines) all.push_back(line["participant"]);
  return all;
}

TEST_F(CallRecordsTest, GoToAnotherFileFromOneRecordToTheNext) {
  const auto records = start();
  std::uint64_t id = 0;
  for (int file = 0; file < 20; ++file) {
    records->change(kLineFileName, make_line_file(file_ + std::to_string(file)));
    for (int i = 0; i < 100; ++i) records->emit(stay("a", id++));
  }
  EXPECT_TRUE(records->finish(seconds(60)));
  for (std::uint64_t file = 0; file < 20; ++file) {
    EXPECT_EQ(participants(lines(file_ + std::to_string(file))), count_from(100 * file, 100)) << file;
  }
  EXPECT_EQ(ask("SELECT count(*), count(DISTINCT participant) FROM participants"), "2000|2000");
  EXPECT_EQ(by_lines(*records).written.value(), 2'000U) << "its counts go on";
  EXPECT_TRUE(told().empty());
}

TEST_F(CallRecordsTest, WhatTheOldFileDoesNotTakeGoesToTheNewOne) {
  std::vector<std::unique_ptr<RecordSink>> sinks;
  sinks.push_back(std::make_unique<FullSink>());
  CallRecords records(std::move(sinks), {}, [this](const std::string& sentence) {
    const std::lock_guard lock(mutex_);
    told_.push_back(sentence);
  });
  records.emit(stay("a", 1));
  records.emit(stay("a", 2));
  wait_for_told(1);
  records.change(kLineFileName, make_line_file(file_));
  records.emit(stay("a", 3));
  EXPECT_TRUE(records.finish(seconds(60)));
  EXPECT_EQ(participants(lines(file_)), count_from(1, 3));
  EXPECT_THAT(told(),
              testing::ElementsAre("call records wait: it is full", "call records are written again"));
  EXPECT_EQ(records.counters().abandoned.value(), 0U);
}

TEST_F(CallRecordsTest, WhatWaitsForOneThatIsTakenAwayIsCountedAndTold) {
  std::vector<std::unique_ptr<RecordSink>> sinks;
  sinks.push_back(std::make_unique<FullSink>());
  sinks.push_back(make_database(database_));
  CallRecords records(std::move(sinks), {}, [this](const std::string& sentence) {
    const std::lock_guard lock(mutex_);
    told_.push_back(sentence);
  });
  for (std::uint64_t i = 0; i < 5; ++i) records.emit(stay("a", i));
  records.change(kLineFileName, nullptr);
  records.emit(stay("a", 5));
  wait_for_told(2);
  EXPECT_EQ(told().back(), "5 call records are lost: they could not be written, and are no longer to be");
  EXPECT_EQ(records.counters().abandoned.value(), 5U);
  EXPECT_TRUE(records.finish(seconds(60)));
  ASSERT_EQ(records.sinks().size(), 1U);
  EXPECT_EQ(ask("SELECT count(*) FROM participants"), "6");
  EXPECT_EQ(records.counters().taken.value(), 6U);
}

// The conference began when nobody kept anything.
TEST_F(CallRecordsTest, BeginWithTheFirstSinkAndKnowTheConferencesThatThereAre) {
  CallRecords records({}, {}, [](const std::string&) {});
  records.emit(event("a", ConferenceCreated{"conf_1"}, 0));
  records.emit(stay("a", 1));
  EXPECT_EQ(records.counters().taken.value(), 0U);
  records.change(kLineFileName, make_line_file(file_));
  records.emit(stay("a", 2));
  records.change(kLineFileName, nullptr);
  records.emit(stay("a", 3));
  records.change(kLineFileName, make_line_file(file_));
  records.emit(stay("a", 4));
  EXPECT_TRUE(records.finish(seconds(60)));
  const auto written = lines(file_);
  EXPECT_EQ(participants(written), (std::vector<std::uint64_t>{2, 4}));
  EXPECT_EQ(written[0]["conference_id"], "conf_1");
  EXPECT_EQ(records.counters().taken.value(), 2U);
}

TEST_F(CallRecordsTest, AreFlushedAtAnotherPaceAtOnce) {
  const auto records = start({.flush_every = std::chrono::hours(1)});
  records->emit(stay("a", 1));
  wait_for_written(*records, 1);
  EXPECT_EQ(by_lines(*records).flushed.value(), 0U);
  records->set_flush_every(milliseconds(1));
  wait_until(
      [&] { return by_lines(*records).flushed.value() == 1 && by_database(*records).flushed.value() == 1; });
}

TEST_F(CallRecordsTest, WhatWasWrittenBeforeAFlushThatFailedIsNotTakenForSafeByTheNext) {
  std::vector<std::unique_ptr<RecordSink>> sinks;
  sinks.push_back(std::make_unique<ForgetfulSink>());
  CallRecords records(std::move(sinks), {.flush_every = std::chrono::hours(1)}, [](const std::string&) {});
  const auto& counters = by_lines(records);
  records.emit(stay("a", 1));
  wait_until([&] { return counters.written.value() == 1; });
  records.set_flush_every(milliseconds(1));
  wait_until([&] { return errors(counters, RecordFault::kDevice) == 1; });
  records.emit(stay("a", 2));
  wait_until([&] { return counters.flushed.value() != 0; });
  EXPECT_TRUE(records.finish(seconds(60)));
  EXPECT_EQ(counters.written.value(), 2U);
  EXPECT_EQ(counters.flushed.value(), 1U);
}

TEST_F(CallRecordsTest, AFileThatCannotBeOpenedSaysSoBeforeItIsWritten) {
  EXPECT_TRUE(make_line_file(file_)->open());
  EXPECT_TRUE(make_database(database_)->open());
  for (const auto& sink : {make_line_file(folder_ + "/none/x"), make_database(folder_ + "/none/x"),
                           make_line_file(folder_), make_database(file_ + "/x")}) {
    const auto opened = sink->open();
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().fault, RecordFault::kPath) << opened.error().sentence;
    EXPECT_THAT(opened.error().sentence, testing::HasSubstr("cannot be opened"));
  }
}

}  // namespace
}  // namespace tutti::records
