#include "tools/analyser/wav.h"

#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>

namespace tutti::analyser {
namespace {

class Wav : public ::testing::Test {
 protected:
  void TearDown() override { std::filesystem::remove(path_); }
  std::string path_ = ::testing::TempDir() + "tutti_wav_test_" + std::to_string(::getpid()) + ".wav";
};

TEST_F(Wav, ReadsBackWhatItWrote) {
  const Samples samples = {0, 1, -1, 32'767, -32'768, 1'234};
  ASSERT_TRUE(write_wav(path_, samples));
  EXPECT_EQ(std::filesystem::file_size(path_), 44 + 2 * samples.size());
  const auto back = read_wav(path_);
  ASSERT_TRUE(back) << back.error();
  EXPECT_EQ(*back, samples);
}

TEST_F(Wav, AnEmptyRecordingIsAFileToo) {
  ASSERT_TRUE(write_wav(path_, {}));
  EXPECT_EQ(read_wav(path_)->size(), 0U);
}

TEST_F(Wav, SaysWhatIsWrong) {
  EXPECT_NE(read_wav("/nowhere/at/all.wav").error().find("cannot read /nowhere/at/all.wav"),
            std::string::npos);
  EXPECT_NE(write_wav("/nowhere/at/all.wav", {}).error().find("cannot write"), std::string::npos);
  std::ofstream(path_) << "not audio";
  EXPECT_FALSE(read_wav(path_));
}

}  // namespace
}  // namespace tutti::analyser
