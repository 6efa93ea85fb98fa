#include <filesystem>
#include <thread>

#include <gtest/gtest.h>
#include <unistd.h>

#include "tests/support/tiny_room.h"
#include "tools/demo/demo_verdict.h"

namespace tutti::demo {
namespace {

using test_support::TinyRoom;

class Demo : public ::testing::Test {
 protected:
  void SetUp() override {
    plan_.out = ::testing::TempDir() + "tutti_demo_test_" + std::to_string(::getpid());
    plan_.seconds = 5;
    plan_.wait_ms_max = 5'000;  // the room is as busy as this machine
  }
  void TearDown() override { std::filesystem::remove_all(plan_.out); }
  // What the demo prints, and its verdict.
  std::pair<std::string, bool> run(const TinyRoom& room) {
    plan_.server = room.address();
    const auto trial = run_trial(plan_, interrupted_);
    EXPECT_TRUE(trial) << trial.error();
    if (!trial) return {};
    ::testing::internal::CaptureStdout();
    const auto right = print_verdict(*trial, plan_, false);
    std::string text = ::testing::internal::GetCapturedStdout();
    EXPECT_TRUE(right) << right.error();
    return {std::move(text), right && *right};
  }
  DemoPlan plan_;
  std::atomic<bool> interrupted_ = false;
};

TEST_F(Demo, PraisesARightRoom) {
  TinyRoom room;
  const auto [text, right] = run(room);
  EXPECT_TRUE(right) << text;
  EXPECT_NE(text.find("each of the 3 callers hears the 2 others"), std::string::npos) << text;
  for (const char* file :
       {"said-alice.wav", "heard-alice.wav", "heard-bob.wav", "heard-carol.wav", "matrix.json"}) {
    EXPECT_GT(std::filesystem::file_size(std::filesystem::path(plan_.out) / file), 100U) << file;
  }
}

TEST_F(Demo, NamesTheWrongCell) {
  TinyRoom room;
  room.deaf = {2, 0};
  const auto [text, right] = run(room);
  EXPECT_FALSE(right);
  EXPECT_NE(text.find("wrong: carol does not hear alice"), std::string::npos) << text;
  EXPECT_EQ(text.find("wrong: bob"), std::string::npos) << text;
}

TEST_F(Demo, NamesALostPacket) {
  TinyRoom room;
  room.lose_a_packet = true;
  const auto [text, right] = run(room);
  EXPECT_FALSE(right);
  EXPECT_NE(text.find("wrong: the stream to bob is not steady: 1 lost"), std::string::npos) << text;
}

TEST_F(Demo, SaysWhatToDoWithoutAServer) {
  plan_.server = *base::parse_address_and_port("127.0.0.1:9");
  const auto trial = run_trial(plan_, interrupted_);
  ASSERT_FALSE(trial);
  EXPECT_EQ(trial.error(),
            "nobody answers at 127.0.0.1:9: is the server running there? Start it with ./tools/run, or name "
            "another "
            "one with --server ADDR:PORT");
}

TEST_F(Demo, TellsARefusal) {
  TinyRoom room;
  room.reject_with = 503;
  room.phrase = "Full\x1b[2J";
  plan_.server = room.address();
  const auto trial = run_trial(plan_, interrupted_);
  ASSERT_FALSE(trial);
  EXPECT_NE(trial.error().find("alice could not call sip:demo@127.0.0.1:"), std::string::npos)
      << trial.error();
  EXPECT_NE(trial.error().find("503 Full?[2J"), std::string::npos) << trial.error();
}

TEST_F(Demo, HangsUpWhenInterrupted) {
  TinyRoom room;
  plan_.server = room.address();
  plan_.seconds = 120;
  std::jthread interrupts([&] {
    while (room.dialogs() < plan_.callers) std::this_thread::yield();
    interrupted_ = true;
  });
  const auto trial = run_trial(plan_, interrupted_);
  ASSERT_FALSE(trial);
  EXPECT_EQ(trial.error(), "interrupted");
  while (room.dialogs() > 0) std::this_thread::yield();
}

TEST_F(Demo, TellsThatTheServerHungUp) {
  TinyRoom room;
  room.hang_up_after_ticks = 100;
  plan_.server = room.address();
  const auto trial = run_trial(plan_, interrupted_);
  ASSERT_FALSE(trial);
  EXPECT_NE(trial.error().find("ended"), std::string::npos) << trial.error();
}

}  // namespace
}  // namespace tutti::demo
