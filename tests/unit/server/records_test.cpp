// Call records of the whole program, however it ends.
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>
#include <sqlite3.h>

#include "tests/unit/server/tuttid_process.h"
#include "tools/caller/caller_fleet.h"

namespace tutti::server {
namespace {

using caller::CallerFleet;
using caller::CallState;

constexpr std::size_t kCalls = 50;
constexpr std::size_t kRooms = 10;

// Each record as "participant" or "conference" and what it is of: as many as there are.
using Counts = std::map<std::string, int>;

class Records : public testing::Test {
 protected:
  Records() {
    std::string pattern = (std::filesystem::temp_directory_path() / "tutti_records_XXXXXX").string();
    folder_ = mkdtemp(pattern.data());
    file_ = folder_ + "/calls.jsonl";
    database_ = folder_ + "/calls.db";
    configuration_ = std::make_unique<TemporaryFile>(
        "[cores]\nparticipants_per_core = 128\nconferences_per_core = 64\n[rooms]\nlinger_s = 60\n"
        "[records]\nfile = \"" +
        file_ + "\"\nsqlite = \"" + database_ + "\"\n[[room]]\nname = \"always\"\n");
    restart();
  }
  ~Records() override { std::filesystem::remove_all(folder_); }

  void restart() {
    server_ = std::make_unique<ChildProcess>(kTuttid, on_free_ports(*configuration_));
    EXPECT_TRUE(server_->wait_for_output("pid=")) << server_->err();
  }
  static std::unique_ptr<CallerFleet> fleet() {
    auto started = CallerFleet::start({.local_ip = *base::parse_ip("127.0.0.1"), .timers = {}});
    EXPECT_TRUE(started) << started.error();
    return std::move(*started);
  }
  void place(CallerFleet& callers, std::size_t count) const {
    for (std::size_t i = 0; i < count; ++i) {
      caller::CallPlan plan;
      plan.name = "caller" + std::to_string(i);
      plan.keep_audio = plan.keep_log = false;
      plan.target = "sip:room" + std::to_string(i % kRooms) + "@" + told(*server_, "sip");
      ASSERT_TRUE(callers.call(plan));
    }
  }
  static void wait_for_talking(CallerFleet& callers, std::size_t count) {
    ASSERT_TRUE(callers.work(kPatience, [&] { return callers.talking() >= count; }));
  }

  // Who left, and what ended, by the file of lines.
  Counts by_lines() const {
    Counts counts;
    std::ifstream stream(file_);
    for (std::string line; std::getline(stream, line);) {
      const auto record = nlohmann::json::parse(line, nullptr, false);
      EXPECT_FALSE(record.is_discarded()) << line;
      if (record.is_discarded()) continue;
      const std::string kind = record["record"];
      ++counts[kind + ' ' + record[kind == "participant" ? "uri" : "room"].get<std::string>()];
    }
    return counts;
  }
  // By the database, which is whole.
  Counts by_database() const {
    Counts counts;
    sqlite3* database = nullptr;
    EXPECT_EQ(sqlite3_open(database_.c_str(), &database), SQLITE_OK);
    const auto keep = [](void* place, int, char** values, char**) {
      (*static_cast<Counts*>(place))[values[0]] += 1;
      return 0;
    };
    for (const char* question :
         {"SELECT 'participant ' || uri FROM participants", "SELECT 'conference ' || room FROM conferences",
          "SELECT integrity_check FROM pragma_integrity_check() WHERE integrity_check <> 'ok'"}) {
      EXPECT_EQ(sqlite3_exec(database, question, keep, &counts, nullptr), SQLITE_OK);
    }
    sqlite3_close(database);
    return counts;
  }
  static int of_kind(const Counts& counts, const std::string& kind) {
    int sum = 0;
    for (const auto& [what, count] : counts) sum += what.rfind(kind, 0) == 0 ? count : 0;
    return sum;
  }
  // Each call and each conference has one record in both, and the permanent room, which nobody was in.
  void expect_one_of_each(const CallerFleet& callers) const {
    const Counts lines = by_lines();
    EXPECT_EQ(lines, by_database());
    for (const auto& [what, count] : lines) EXPECT_EQ(count, 1) << what;
    std::size_t answered = 0;
    std::set<std::string> rooms{"always"};
    for (std::size_t i = 0; i < callers.size(); ++i) {
      if (!callers.at(i).answered) continue;
      ++answered;
      rooms.insert("room" + std::to_string(i % kRooms));
      EXPECT_EQ(of_kind(lines, "participant sip:caller" + std::to_string(i) + "@"), 1) << i;
    }
    // Who was on the way in has one, too.
    EXPECT_GE(of_kind(lines, "participant "), static_cast<int>(answered));
    for (const auto& room : rooms) EXPECT_EQ(lines.count("conference " + room), 1U) << room;
  }

  std::string folder_;
  std::string file_;
  std::string database_;
  std::unique_ptr<TemporaryFile> configuration_;
  std::unique_ptr<ChildProcess> server_;
};

TEST_F(Records, SigtermUnderLoadLeavesOneOfEachCallAndRoom) {
  const auto callers = fleet();
  place(*callers, kCalls);
  wait_for_talking(*callers, kCalls);
  callers->hang_up(0);
  server_->signal(SIGTERM);
  ASSERT_TRUE(callers->work(kPatience, [&] { return callers->ended() == kCalls; }));
  EXPECT_EQ(server_->wait(), 0);
  EXPECT_EQ(server_->err(), "");
  expect_one_of_each(*callers);
  EXPECT_EQ(of_kind(by_lines(), "participant "), static_cast<int>(kCalls));
  EXPECT_EQ(of_kind(by_lines(), "conference "), static_cast<int>(kRooms) + 1);
}

// Some talk, some are ringing, some were refused because it came first.
TEST_F(Records, SigtermWhileCallersCome) {
  const auto callers = fleet();
  place(*callers, kCalls);
  wait_for_talking(*callers, kCalls / 5);
  server_->signal(SIGTERM);
  ASSERT_TRUE(callers->work(kPatience, [&] { return callers->ended() == kCalls; }));
  EXPECT_EQ(server_->wait(), 0);
  expect_one_of_each(*callers);
}

// Phones that never answer the BYE: the drain gives up on them, and a second signal does not even wait for
// that.
TEST_F(Records, OfPhonesThatNeverAnswerTheBye) {
  for (const bool impatient : {false, true}) {
    const auto deaf = fleet();
    place(*deaf, kCalls);
    wait_for_talking(*deaf, kCalls);
    server_->signal(SIGTERM);
    if (impatient) {
      const auto draining = [&] {
        return http_get(told(*server_, "http"), "/health").find("draining") != std::string::npos;
      };
      ASSERT_TRUE(eventually(draining));
      server_->signal(SIGTERM);
    }
    EXPECT_EQ(server_->wait(), 0);
    EXPECT_EQ(server_->err().find("gave up after 5 s on 50 dialogs") != std::string::npos, !impatient);
    expect_one_of_each(*deaf);
    std::filesystem::remove(file_);
    std::filesystem::remove(database_);
    if (!impatient) restart();
  }
}

// What was written is there; what is torn is cut off; those in a call are lost, as OPERATIONS.md says.
TEST_F(Records, AKillLosesWhatWasNotWrittenAndNothingElse) {
  const auto callers = fleet();
  place(*callers, kCalls);
  wait_for_talking(*callers, kCalls);
  constexpr std::size_t kGone = 30;
  for (std::size_t i = 0; i < kGone; ++i) callers->hang_up(i);
  ASSERT_TRUE(callers->work(kPatience, [&] { return callers->dialogs() == kCalls - kGone; }));
  // Its counters say what it wrote: that outlives it.
  const std::string all = "tutti_call_records_written_total{sink=\"sqlite\"} " + std::to_string(kGone) + "\n";
  const std::string lines =
      "tutti_call_records_written_total{sink=\"lines\"} " + std::to_string(kGone) + "\n";
  ASSERT_TRUE(eventually([&] {
    const std::string metrics = http_get(told(*server_, "http"), "/metrics");
    return metrics.find(all) != std::string::npos && metrics.find(lines) != std::string::npos;
  }));
  server_->signal(SIGKILL);
  EXPECT_EQ(server_->wait(), -SIGKILL);
  const Counts counts = by_lines();
  EXPECT_EQ(counts, by_database());
  EXPECT_EQ(of_kind(counts, "participant "), static_cast<int>(kGone));
  for (std::size_t i = 0; i < kGone; ++i) {
    EXPECT_EQ(of_kind(counts, "participant sip:caller" + std::to_string(i) + "@"), 1) << i;
  }
  std::ofstream(file_, std::ios::app) << R"({"record":"partic)";
  restart();
  server_->signal(SIGTERM);
  EXPECT_EQ(server_->wait(), 0);
  EXPECT_EQ(of_kind(by_lines(), "participant "), static_cast<int>(kGone));
  EXPECT_EQ(of_kind(by_lines(), "conference always"), 1);
}

}  // namespace
}  // namespace tutti::server
