#include "tools/load/report_file.h"

#include <filesystem>
#include <fstream>
#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

namespace tutti::load {
namespace {

class ReportFileTest : public ::testing::Test {
 protected:
  ReportFileTest() { std::filesystem::create_directory(folder_); }
  ~ReportFileTest() override { std::filesystem::remove_all(folder_); }

  void write(const std::string& text) const { std::ofstream(name_) << text; }
  std::string read() const {
    std::ostringstream text;
    text << std::ifstream(name_).rdbuf();
    return text.str();
  }
  const std::string folder_ = testing::TempDir() + "report file ä" + std::to_string(::getpid());
  const std::string name_ = folder_ + "/load.json";
};

TEST_F(ReportFileTest, HoldsWhatIsWritten) {
  write("what was there before, and is longer");
  {
    auto file = ReportFile::open(name_);
    ASSERT_TRUE(file) << file.error();
    EXPECT_TRUE(file->write("{}\n"));
  }
  EXPECT_EQ(read(), "{}\n");
}

TEST_F(ReportFileTest, IsAsItWasAfterARunThatDidNotBegin) {
  { ASSERT_TRUE(ReportFile::open(name_)); }
  EXPECT_FALSE(std::filesystem::exists(name_));
  write("of the run before");
  { ASSERT_TRUE(ReportFile::open(name_)); }
  EXPECT_EQ(read(), "of the run before");
}

TEST_F(ReportFileTest, IsRefusedBeforeTheRun) {
  for (const std::string& name : {folder_, folder_ + "/none/load.json", std::string()}) {
    const auto file = ReportFile::open(name);
    ASSERT_FALSE(file) << name;
    EXPECT_THAT(file.error(), testing::HasSubstr(name + ": the file cannot be written"));
  }
}

TEST_F(ReportFileTest, TellsThatADiskIsFull) {
  auto file = ReportFile::open("/dev/full");
  ASSERT_TRUE(file) << file.error();
  const auto written = file->write("{}\n");
  ASSERT_FALSE(written);
  EXPECT_THAT(written.error(), testing::HasSubstr("No space left"));
}

}  // namespace
}  // namespace tutti::load
