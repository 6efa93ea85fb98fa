// Call records in a folder of their own, by both sinks, and what became of them.
#pragma once

#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <sqlite3.h>

#include "signaling/records/call_records.h"
#include "tests/unit/conference/journal_fixture.h"

namespace tutti::records {

using namespace conference;
using std::chrono::milliseconds;
using std::chrono::seconds;

inline ConferenceEvent stay(const std::string& room, std::uint64_t participant) {
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
  static const SinkCounters& by_lines(const CallRecords& records) { return *records.sinks()[0]; }
  static const SinkCounters& by_database(const CallRecords& records) { return *records.sinks()[1]; }
  static std::uint64_t errors(const SinkCounters& sink, RecordFault fault) {
    return sink.errors[static_cast<std::size_t>(fault)].value();
  }
  static void wait_until(const std::function<bool()>& is_true) {
    while (!is_true()) std::this_thread::sleep_for(milliseconds(1));
  }
  static void wait_for_written(const CallRecords& records, std::uint64_t count) {
    wait_until([&] {
      return by_lines(records).written.value() >= count && by_database(records).written.value() >= count;
    });
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

}  // namespace tutti::records
