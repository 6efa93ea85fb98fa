#include "signaling/records/call_records.h"

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <set>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <sqlite3.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/unit/conference/journal_fixture.h"

namespace tutti::records {
namespace {

using namespace conference;
using std::chrono::milliseconds;
using std::chrono::seconds;

ConferenceEvent stay(const std::string& room, std::uint64_t participant) {
  ParticipantInfo info{.id = ParticipantId{participant}, .conference = room, .uri = "sip:ann@example"};
  info.joined_at = wall(10);
  info.stay = milliseconds(5'000);
  info.packets_received = 250;
  info.mos = 4.25;
  return event(room, ParticipantLeft{"hung up", info}, 15);
}

class CallRecordsTest : public testing::Test {
 protected:
  CallRecordsTest() {
    std::string pattern = (std::filesystem::temp_directory_path() / "tutti_records_XXXXXX").string();
    folder_ = mkdtemp(pattern.data());
    file_ = folder_ + "/calls.jsonl";
    database_ = folder_ + "/calls.db";
  }
  ~CallRecordsTest() override { std::filesystem::remove_all(folder_); }

  std::unique_ptr<CallRecords> start(RecordsConfig config = {}) {
    std::vector<std::unique_ptr<RecordSink>> sinks;
    sinks.push_back(make_line_file(file_));
    sinks.push_back(make_database(database_));
    return std::make_unique<CallRecords>(std::move(sinks), config, [this](const std::string& sentence) {
      const std::lock_guard lock(mutex_);
      told_.push_back(sentence);
    });
  }
  std::vector<std::string> told() {
    const std::lock_guard lock(mutex_);
    return told_;
  }
  void wait_for_told(std::size_t count) {
    while (told().size() < count) std::this_thread::sleep_for(milliseconds(1));
  }
  static void wait_for(const base::Counter& counter, std::uint64_t value) {
    while (counter.value() < value) std::this_thread::sleep_for(milliseconds(1));
  }

  // Each line as JSON; a line that is none fails the test.
  static std::vector<nlohmann::json> lines(const std::string& file) {
    std::vector<nlohmann::json> all;
    std::ifstream stream(file);
    for (std::string line; std::getline(stream, line);) {
      all.push_back(nlohmann::json::parse(line, nullptr, false));
      EXPECT_FALSE(all.back().is_discarded()) << line;
    }
    return all;
  }
  // The first row of the answer, as text.
  std::string ask(const std::string& question) const {
    sqlite3* database = nullptr;
    EXPECT_EQ(sqlite3_open(database_.c_str(), &database), SQLITE_OK);
    std::string answer;
    const auto keep = [](void* place, int columns, char** values, char**) {
      auto& text = *static_cast<std::string*>(place);
      for (int i = 0; i < columns; ++i) {
        text += (i > 0 ? "|" : "") + std::string(values[i] != nullptr ? values[i] : "-");
      }
      return 1;
    };
    sqlite3_exec(database, question.c_str(), keep, &answer, nullptr);
    sqlite3_close(database);
    return answer;
  }

  std::string folder_;
  std::string file_;
  std::string database_;
  std::mutex mutex_;
  std::vector<std::string> told_;
};

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
  EXPECT_EQ(records->counters().written.value(), 6U);
  EXPECT_TRUE(told().empty());
}

TEST_F(CallRecordsTest, LosesNoneAtItsEndUnderLoad) {
  constexpr int kStays = 20'000;
  {
    const auto records = start();
    for (int i = 0; i < kStays; ++i) records->emit(stay("a", static_cast<std::uint64_t>(i)));
    EXPECT_TRUE(records->finish(seconds(60)));
    records->emit(stay("a", 1));  // too late, and counted
    EXPECT_EQ(records->counters().overrun.value(), 1U);
  }
  EXPECT_EQ(lines(file_).size(), static_cast<std::size_t>(kStays));
  EXPECT_EQ(ask("SELECT count(*), count(DISTINCT participant) FROM participants"), "20000|20000");
}

TEST_F(CallRecordsTest, FollowsItsNameWhenTheFileIsMoved) {
  const auto records = start();
  records->emit(stay("a", 1));
  wait_for(records->counters().written, 2);
  std::filesystem::rename(file_, file_ + ".1");
  records->emit(stay("a", 2));
  wait_for(records->counters().written, 4);
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
    wait_for(records->counters().written, i + 1);  // by the database
  }
  wait_for_told(1);
  wait_for(records->counters().errors, 10);
  ASSERT_EQ(told().size(), 1U);  // one clear error, not one each time
  EXPECT_EQ(told()[0], "call records wait: " + file_ + " cannot be opened: Is a directory");
  EXPECT_EQ(records->counters().waiting.value(), 100);
  EXPECT_EQ(records->counters().lost.value(), 50U);
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

#ifndef __SANITIZE_THREAD__  // it does not follow threads into a fork

// Runs `work` in a process of its own.
pid_t in_a_child(const std::function<void()>& work) {
  const pid_t child = fork();
  if (child != 0) return child;
  work();
  _exit(0);
}

TEST_F(CallRecordsTest, AKillInTheMiddleLeavesWholeRecords) {
  for (int round = 0; round < 5; ++round) {
    int pipe[2];
    ASSERT_EQ(::pipe(pipe), 0);
    const pid_t child = in_a_child([&] {
      const auto records = start({.flush_every = milliseconds(10)});
      for (std::uint64_t i = 0;; ++i) {
        records->emit(stay("a", i));
        const std::uint64_t written = records->counters().written.value();
        static_cast<void>(!::write(pipe[1], &written, sizeof written));
      }
    });
    close(pipe[1]);
    std::uint64_t written = 0;
    while (written < 400U * static_cast<unsigned>(round + 1) &&
           read(pipe[0], &written, sizeof written) == sizeof written) {
    }
    kill(child, SIGKILL);
    waitpid(child, nullptr, 0);
    close(pipe[0]);
    start()->emit(stay("end", 0));  // cuts off a torn line
    const std::size_t whole = lines(file_).size();
    const std::size_t rows = std::stoul(ask("SELECT count(*) FROM participants"));
    EXPECT_GE(whole + rows, written) << "round " << round;  // what the two were said to hold
    EXPECT_EQ(ask("PRAGMA integrity_check"), "ok");
    for (const std::string& file : {file_, database_, database_ + "-wal", database_ + "-shm"}) {
      std::filesystem::remove(file);
    }
  }
}

// A file that may not grow is a disk that is full: partial writes, then an error.
TEST_F(CallRecordsTest, AFullDiskLeavesWholeRecordsAndRecovers) {
  const pid_t child = in_a_child([&] {
    std::signal(SIGXFSZ, SIG_IGN);
    rlimit limit{};
    getrlimit(RLIMIT_FSIZE, &limit);
    limit.rlim_cur = 200'123;
    setrlimit(RLIMIT_FSIZE, &limit);
    const auto records = start({.retry_every = milliseconds(5)});
    for (std::uint64_t i = 0; i < 2'000; ++i) records->emit(stay("a", i));
    wait_for(records->counters().errors, 6);
    if (lines(file_).size() >= 2'000) _exit(1);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_FSIZE, &limit);
    const bool finished = records->finish(seconds(60));
    _exit(finished && records->counters().lost.value() == 0 && told().size() >= 2 ? 0 : 2);
  });
  int status = 0;
  waitpid(child, &status, 0);
  EXPECT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 0);
  std::set<std::uint64_t> participants;
  for (const auto& line : lines(file_)) participants.insert(line["participant"].get<std::uint64_t>());
  EXPECT_EQ(lines(file_).size(), 2'000U);
  EXPECT_EQ(participants.size(), 2'000U);
  EXPECT_EQ(ask("SELECT count(*), count(DISTINCT participant) FROM participants"), "2000|2000");
  EXPECT_EQ(ask("PRAGMA integrity_check"), "ok");
}

#endif

}  // namespace
}  // namespace tutti::records
