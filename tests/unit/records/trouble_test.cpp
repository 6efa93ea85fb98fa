// Records in trouble: a process that is killed, a disk that is full.
#ifndef __SANITIZE_THREAD__  // it does not follow threads into a fork

#include <csignal>
#include <cstdio>
#include <set>

#include <fcntl.h>
#include <gmock/gmock.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "records_fixture.h"

namespace tutti::records {
namespace {

// Runs `work` in a process of its own.
pid_t in_a_child(const std::function<void()>& work) {
  const pid_t child = fork();
  if (child != 0) return child;
  work();
  _exit(0);
}

// What was said to be written is there, nothing is there twice or half, and what is lost is the end.
TEST_F(CallRecordsTest, AKillInTheMiddleLosesNothingThatWasWritten) {
  struct Written {
    std::uint64_t lines = 0;
    std::uint64_t rows = 0;
  };
  for (unsigned round = 0; round < 5; ++round) {
    int pipe[2];
    ASSERT_EQ(::pipe(pipe), 0);
    const pid_t child = in_a_child([&] {
      const auto records = start({.flush_every = milliseconds(10)});
      for (std::uint64_t i = 0;; ++i) {
        records->emit(stay("a", i));
        const Written written{by_lines(*records).written.value(), by_database(*records).written.value()};
        static_cast<void>(!::write(pipe[1], &written, sizeof written));
      }
    });
    close(pipe[1]);
    Written written;
    while (written.rows < 200U * (round + 1) && read(pipe[0], &written, sizeof written) == sizeof written) {
    }
    kill(child, SIGKILL);
    waitpid(child, nullptr, 0);
    close(pipe[0]);
    start()->emit(stay("end", 0));  // cuts off a torn line
    std::vector<std::uint64_t> kept;
    for (const auto& line : lines(file_)) {
      if (line["room"] == "a") kept.push_back(line["participant"]);
    }
    EXPECT_GE(kept.size(), written.lines) << "round " << round;
    EXPECT_EQ(kept, count_from(0, kept.size()));
    const std::size_t rows = std::stoul(ask("SELECT count(*) FROM participants WHERE room = 'a'"));
    EXPECT_GE(rows, written.rows) << "round " << round;
    EXPECT_EQ(ask("SELECT count(DISTINCT participant), min(participant), max(participant) FROM participants "
                  "WHERE room = 'a'"),
              std::to_string(rows) + "|0|" + std::to_string(rows - 1));
    EXPECT_EQ(ask("PRAGMA integrity_check"), "ok");
    for (const std::string& file : {file_, database_, database_ + "-wal", database_ + "-shm"}) {
      std::filesystem::remove(file);
    }
  }
}

// A file that may not grow is a disk that is full: partial writes, then an error.
TEST_F(CallRecordsTest, AFileThatMayNotGrowHoldsWholeRecordsAndGoesOn) {
  const pid_t child = in_a_child([&] {
    std::signal(SIGXFSZ, SIG_IGN);
    rlimit limit{};
    getrlimit(RLIMIT_FSIZE, &limit);
    limit.rlim_cur = 200'123;
    setrlimit(RLIMIT_FSIZE, &limit);
    const auto records = start({.retry_every = milliseconds(5)});
    for (std::uint64_t i = 0; i < 2'000; ++i) records->emit(stay("a", i));
    wait_until([&] {
      return errors(by_lines(*records), RecordFault::kFull) +
                 errors(by_database(*records), RecordFault::kFull) >
             5;
    });
    if (lines(file_).size() >= 2'000) _exit(1);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_FSIZE, &limit);
    const bool finished = records->finish(seconds(60));
    _exit(finished && by_lines(*records).lost.value() == 0 && told().size() >= 2 ? 0 : 2);
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

// Has a file system of `bytes` over the folder, which this process alone sees, and no other process is
// harmed.
bool mount_small_disk(const std::string& folder, const char* size) {
  // Without the right to mount, a user namespace of its own has it.
  if (unshare(CLONE_NEWNS) != 0 && unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0) return false;
  return mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 &&
         mount("tmpfs", folder.c_str(), "tmpfs", 0, size) == 0;
}

void fill(const std::string& file) {
  const int fd = open(file.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
  const std::string page(4'096, 'x');
  while (write(fd, page.data(), page.size()) > 0) {
  }
  close(fd);
}

constexpr int kNoSmallDisk = 77;

class FullDisk : public CallRecordsTest {
 protected:
  static constexpr std::size_t kBound = 300;

  // In a process of its own: what is expected there is its exit code.
  void expect_in_a_child(const std::function<void()>& work) {
    const pid_t child = in_a_child([&] {
      if (!mount_small_disk(folder_, "size=1m")) _exit(kNoSmallDisk);
      work();
      std::fflush(nullptr);
      _exit(HasFailure() ? 1 : 0);
    });
    int status = 0;
    waitpid(child, &status, 0);
    ASSERT_TRUE(WIFEXITED(status));
    if (WEXITSTATUS(status) == kNoSmallDisk) GTEST_SKIP() << "no mount namespace may be made here";
    EXPECT_EQ(WEXITSTATUS(status), 0) << "see what the child has printed above";
  }

  // Until the writer has tried all of them.
  void emit(CallRecords& records, std::uint64_t count) {
    for (std::uint64_t i = 0; i < count; ++i) {
      records.emit(stay("a", emitted_++));
      if (i % 50 == 49 || i + 1 == count) wait_until([&] { return all_accounted(records); });
    }
  }
  bool all_accounted(const CallRecords& records) const {
    const auto accounted = [this](const SinkCounters& sink) {
      return sink.written.value() + sink.lost.value() + static_cast<std::uint64_t>(sink.waiting.value()) ==
             emitted_;
    };
    return accounted(by_lines(records)) && accounted(by_database(records));
  }
  // The oldest wait, up to the bound; the rest is counted. A full disk is not yet full for who holds room in
  // a file of his own: SQLite writes on within its log, and in it anew whenever a checkpoint has moved it
  // into the database. So each of the two is full at some time, and need not stay so.
  void emit_until_full(CallRecords& records) {
    const SinkCounters* const sinks[] = {&by_lines(records), &by_database(records)};
    bool full[2] = {};
    const std::uint64_t lost_before[2] = {sinks[0]->lost.value(), sinks[1]->lost.value()};
    for (int i = 0; i < 200 && !(full[0] && full[1]); ++i) {
      emit(records, 50);
      for (const std::size_t n : {0U, 1U}) {
        const std::int64_t waiting = sinks[n]->waiting.value();
        EXPECT_LE(waiting, static_cast<std::int64_t>(kBound)) << sinks[n]->name;
        full[n] |= waiting == static_cast<std::int64_t>(kBound) && sinks[n]->lost.value() > lost_before[n];
      }
    }
    for (const std::size_t n : {0U, 1U}) EXPECT_TRUE(full[n]) << sinks[n]->name;
  }
  static void expect_faults_of_a_full_disk(const SinkCounters& sink) {
    EXPECT_GT(errors(sink, RecordFault::kFull), 0U) << sink.name;
    for (const auto fault : {RecordFault::kPath, RecordFault::kDevice, RecordFault::kOther}) {
      EXPECT_EQ(errors(sink, fault), 0U) << sink.name << ' ' << to_string(fault);
    }
  }
  void expect_whole(const CallRecords& records) {
    std::set<std::uint64_t> once;
    const auto written = lines(file_);
    for (const auto& line : written) once.insert(line["participant"].get<std::uint64_t>());
    EXPECT_EQ(once.size(), written.size());
    EXPECT_EQ(written.size(), emitted_ - by_lines(records).lost.value());
    const std::string rows = std::to_string(emitted_ - by_database(records).lost.value());
    EXPECT_EQ(ask("SELECT count(*), count(DISTINCT participant) FROM participants"), rows + '|' + rows);
    EXPECT_EQ(ask("PRAGMA integrity_check"), "ok");
    EXPECT_EQ(records.counters().overrun.value(), 0U);
  }

  std::uint64_t emitted_ = 0;
};

TEST_F(FullDisk, KeepsWhatWaitsAndGoesOnWhenThereIsRoom) {
  expect_in_a_child([this] {
    const auto records =
        start({.flush_every = milliseconds(5), .retry_every = milliseconds(5), .waiting_max = kBound});
    emit(*records, 50);
    EXPECT_EQ(by_lines(*records).written.value(), 50U);
    EXPECT_EQ(by_database(*records).written.value(), 50U);
    for (int round = 1; round <= 2; ++round) {
      fill(folder_ + "/filler");
      emit_until_full(*records);
      expect_faults_of_a_full_disk(by_lines(*records));
      expect_faults_of_a_full_disk(by_database(*records));
      std::filesystem::remove(folder_ + "/filler");
      wait_until([&] {
        return by_lines(*records).waiting.value() == 0 && by_database(*records).waiting.value() == 0;
      });
      emit(*records, 10);
      EXPECT_EQ(by_lines(*records).waiting.value(), 0);
    }
    EXPECT_TRUE(records->finish(seconds(30)));
    expect_whole(*records);
    EXPECT_THAT(told(), testing::Contains("call records wait: " + file_ +
                                          " cannot be written: No space left on device"));
    EXPECT_EQ(told().back(), "call records are written again");
  });
}

TEST_F(FullDisk, FromTheBeginningIsNoDifferent) {
  expect_in_a_child([this] {
    fill(folder_ + "/filler");
    const auto records = start({.retry_every = milliseconds(5), .waiting_max = kBound});
    emit(*records, 400);
    EXPECT_GT(errors(by_lines(*records), RecordFault::kFull), 0U);
    EXPECT_GT(errors(by_database(*records), RecordFault::kFull), 0U);
    EXPECT_EQ(by_database(*records).waiting.value(), static_cast<std::int64_t>(kBound));
    std::filesystem::remove(folder_ + "/filler");
    emit(*records, 10);
    EXPECT_TRUE(records->finish(seconds(30)));
    expect_whole(*records);
  });
}

TEST_F(FullDisk, AtTheEndIsSaidAndCostsNoMoreThanItsTime) {
  expect_in_a_child([this] {
    const auto records = start({.retry_every = milliseconds(5)});
    emit(*records, 10);
    fill(folder_ + "/filler");
    emit(*records, 100);
    EXPECT_FALSE(records->finish(seconds(30)));
    EXPECT_EQ(lines(file_).size(), by_lines(*records).written.value());
  });
}

}  // namespace
}  // namespace tutti::records

#endif
