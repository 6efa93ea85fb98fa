#include "signaling/server/log.h"

#include <chrono>
#include <thread>
#include <vector>

#include <fcntl.h>
#include <gmock/gmock.h>
#include <unistd.h>

namespace tutti::server::log {
namespace {

using testing::HasSubstr;

constexpr std::int64_t kNow = 1'764'104'643'123;  // 2025-11-25T21:04:03.123Z

// Standard error into a pipe, for the time of a test.
class CapturedErrors {
 public:
  CapturedErrors() {
    EXPECT_EQ(::pipe2(pipe_, O_CLOEXEC), 0);
    saved_ = ::dup(STDERR_FILENO);
    ::dup2(pipe_[1], STDERR_FILENO);
  }
  ~CapturedErrors() {
    ::dup2(saved_, STDERR_FILENO);
    for (const int fd : {saved_, pipe_[0], pipe_[1]}) ::close(fd);
  }
  std::string read() {
    ::fcntl(pipe_[0], F_SETFL, O_NONBLOCK);
    std::string text;
    char bytes[4096];
    for (ssize_t got = 0; (got = ::read(pipe_[0], bytes, sizeof bytes)) > 0;) {
      text.append(bytes, static_cast<std::size_t>(got));
    }
    return text;
  }

 private:
  int pipe_[2]{};
  int saved_ = -1;
};

TEST(LogLine, IsASentenceForPeople) {
  EXPECT_EQ(format_line(Format::kText, Level::kError, "no port", {}, kNow), "tuttid: no port\n");
  EXPECT_EQ(format_line(Format::kText, Level::kWarning, "late", {{"cpu", "1"}, {"by", "5 ms"}}, kNow),
            "tuttid: warning: late cpu=\"1\" by=\"5 ms\"\n");
}

TEST(LogLine, IsAnObjectForPrograms) {
  EXPECT_EQ(
      format_line(Format::kJson, Level::kWarning, "late", {{"cpu", "1"}}, kNow),
      "{\"time\":\"2025-11-25T21:04:03.123Z\",\"level\":\"warning\",\"message\":\"late\",\"cpu\":\"1\"}\n");
}

TEST(LogLine, NobodyWhoIsQuotedEndsItOrForgesAnother) {
  const std::string hostile = "a\r\ntuttid: forged\x1b[2J\x7f\xc2\x9b\"} {\"level\":\"error\" \\n \xff";
  for (const Format format : {Format::kText, Format::kJson}) {
    const std::string line = format_line(format, Level::kInfo, hostile, {{"from", hostile}}, kNow);
    EXPECT_EQ(line.find('\n'), line.size() - 1) << line;
    for (const char c : line.substr(0, line.size() - 1)) {
      EXPECT_FALSE(static_cast<unsigned char>(c) < 0x20 || c == 0x7F) << line;
    }
    EXPECT_EQ(line.find("\xc2\x9b"), std::string::npos);
  }
  const std::string text = format_line(Format::kText, Level::kInfo, "x", {{"from", "\" forged=\"1"}}, kNow);
  EXPECT_EQ(text, "tuttid: x from=\"\\x22 forged=\\x221\"\n");
}

// Whatever was told before, the next line is told, and nothing is left out before it.
class Log : public testing::Test {
 protected:
  void SetUp() override {
    set_level(Level::kWarning);
    // Room for some lines has come by then: it grows by 200 in a second.
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    CapturedErrors captured;
    warning("how many were left out until now");
  }
};

TEST_F(Log, TellsWhatItsLevelSaysAndCounts) {
  CapturedErrors captured;
  const Counts before = counts();
  info("nothing");
  warning("something");
  error("bad");
  EXPECT_EQ(captured.read(), "tuttid: warning: something\ntuttid: bad\n");
  EXPECT_EQ(counts().infos - before.infos, 0U);
  EXPECT_EQ(counts().warnings - before.warnings, 1U);
  EXPECT_EQ(counts().errors - before.errors, 1U);
}

TEST_F(Log, AFloodIsCutAndCounted) {
  CapturedErrors captured;
  const Counts before = counts();
  const auto began = std::chrono::steady_clock::now();
  std::uint64_t flood = 0;
  for (; counts().suppressed - before.suppressed < 1'000; ++flood) warning("flood");
  error("still told");
  const Counts after = counts();
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
  EXPECT_EQ(after.warnings + after.suppressed - before.warnings - before.suppressed, flood);
  EXPECT_LE(static_cast<double>(after.warnings - before.warnings), 200 * (1 + seconds));
  const std::string text = captured.read();
  EXPECT_THAT(text, HasSubstr(" lines were left out\n"));
  EXPECT_THAT(text, testing::EndsWith("tuttid: still told\n"));
}

TEST_F(Log, AReaderWhoStopsReadingStopsNobody) {
  CapturedErrors captured;
  {
    const Writer writer;
    const std::string line(1'000, 'x');
    for (int i = 0; i < 3'000; ++i) error(line);  // 3 MB, and a pipe holds 64 kB: or this never ends
  }
  EXPECT_THAT(captured.read(), testing::StartsWith("tuttid: xxx"));
}

TEST_F(Log, TheWriterKeepsTheOrderAndWritesAllBeforeItEnds) {
  CapturedErrors captured;
  {
    const Writer writer;
    for (int i = 0; i < 100; ++i) error("line " + std::to_string(i));
  }
  std::string expected;
  for (int i = 0; i < 100; ++i) expected += "tuttid: line " + std::to_string(i) + "\n";
  EXPECT_EQ(captured.read(), expected);
}

TEST_F(Log, ManyTellAtOnceWholeLines) {
  CapturedErrors captured;
  {
    const Writer writer;
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back([] {
        for (int j = 0; j < 100; ++j) error("aaaa");
      });
    }
    for (auto& thread : threads) thread.join();
  }
  std::string expected;
  for (int i = 0; i < 400; ++i) expected += "tuttid: aaaa\n";
  EXPECT_EQ(captured.read(), expected);
}

}  // namespace
}  // namespace tutti::server::log
