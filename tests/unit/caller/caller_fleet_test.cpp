#include "tools/caller/caller_fleet.h"

#include <gtest/gtest.h>

#include "tests/support/tiny_room.h"
#include "tools/analyser/tone_hearing.h"

namespace tutti::caller {
namespace {

using std::chrono::milliseconds;
using test_support::TinyRoom;

constexpr std::chrono::minutes kPatience(1);  // a test that waits so long has failed

class CallerFleetTest : public ::testing::Test {
 protected:
  void SetUp() override { start({}); }
  void start(const sip::TransactionTimers& timers) {
    auto started = CallerFleet::start({*base::parse_ip("127.0.0.1"), timers});
    ASSERT_TRUE(started) << started.error();
    fleet_ = std::move(*started);
  }
  void call(std::size_t number, std::size_t callers, const base::SocketAddress& server) {
    const auto tone = analyser::TonePlan(callers).tone(number);
    CallPlan plan;
    plan.name = "caller" + std::to_string(number);
    plan.target = "sip:room@" + base::to_string(server);
    plan.source = [generator = analyser::ToneGenerator(*tone)](std::span<std::int16_t> frame) mutable {
      generator.next(frame);
    };
    if (number % 2 == 1) plan.codecs = {sdp::AudioCodec::kPcma};
    const auto placed = fleet_->call(std::move(plan));
    ASSERT_TRUE(placed) << placed.error();
    EXPECT_EQ(*placed, number);
  }
  void call_all(std::size_t callers, const TinyRoom& room) {
    for (std::size_t i = 0; i < callers; ++i) call(i, callers, room.address());
    ASSERT_TRUE(fleet_->work(kPatience, [&] { return fleet_->talking() == callers; }));
  }
  void hang_up_all() {
    for (std::size_t i = 0; i < fleet_->size(); ++i) fleet_->hang_up(i);
    EXPECT_TRUE(fleet_->work(kPatience, [&] { return fleet_->dialogs() == 0; }));
  }
  // Until each has heard that many packets.
  void listen(std::uint64_t packets) {
    EXPECT_TRUE(fleet_->work(kPatience, [&] {
      for (std::size_t i = 0; i < fleet_->size(); ++i) {
        if (fleet_->counters(i).packets_received < packets) return false;
      }
      return true;
    }));
  }
  // The last second that everyone recorded.
  analyser::HearingMatrix judge() {
    std::vector<std::string> names;
    std::vector<analyser::Track> heard;
    std::vector<std::optional<analyser::Tone>> tones;
    records_.clear();
    std::int64_t end = 1'000'000'000;
    for (std::size_t i = 0; i < fleet_->size(); ++i) records_.push_back(fleet_->record(i));
    for (std::size_t i = 0; i < fleet_->size(); ++i) {
      names.push_back(fleet_->at(i).plan.name);
      heard.push_back(records_[i].heard.track(*records_[0].first_sent));
      tones.push_back(analyser::TonePlan(fleet_->size()).tone(i));
      end = std::min(end, heard.back().end());
    }
    // A machine that stalls longer than the tiny room's delay breaks a tone's phase: 3 dB.
    return analyser::tone_matrix(names, heard, tones, end - 8'000, end, {3.0, -30.0, 12.0});
  }
  std::unique_ptr<CallerFleet> fleet_;
  std::vector<LegRecord> records_;
};

TEST_F(CallerFleetTest, ThreeCallersMeetInARoom) {
  TinyRoom room;
  call_all(3, room);
  EXPECT_EQ(room.dialogs(), 3U);
  listen(100);
  hang_up_all();
  const analyser::HearingMatrix matrix = judge();
  EXPECT_TRUE(matrix.right()) << analyser::to_text(matrix, false);
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(fleet_->at(i).law, i == 1 ? analyser::Law::kA : analyser::Law::kMu);
    const auto report = analyser::check_rtp_stream(records_[i].heard.log(), fleet_->expectation(i));
    EXPECT_TRUE(report.continuous()) << report.faults();
    EXPECT_EQ(fleet_->said(i).size(),
              160 * (records_[i].counters.packets_sent + records_[i].counters.skipped));
    EXPECT_TRUE(fleet_->at(i).answered_at && fleet_->at(i).ended_at);
  }
  EXPECT_TRUE(fleet_->work(kPatience, [&] { return room.dialogs() == 0; }));
}

TEST_F(CallerFleetTest, FindsFaultsOfTheRoom) {
  TinyRoom room;
  room.deaf = {0, 2};
  room.lose_a_packet = true;
  call_all(3, room);
  listen(100);
  hang_up_all();
  const analyser::HearingMatrix matrix = judge();
  ASSERT_EQ(matrix.wrong_cells().size(), 1U) << analyser::to_text(matrix, false);
  EXPECT_EQ(matrix.wrong_cells()[0].find("caller0 does not hear caller2"), 0U);
  const auto report = analyser::check_rtp_stream(records_[0].heard.log(), fleet_->expectation(0));
  EXPECT_EQ(report.lost, 1U);
}

TEST_F(CallerFleetTest, FindsOnesOwnEcho) {
  TinyRoom room;
  room.echo_own = true;
  call_all(2, room);
  listen(100);
  hang_up_all();
  const analyser::HearingMatrix matrix = judge();
  EXPECT_TRUE(matrix.at(0, 0).wrong() && matrix.at(1, 1).wrong()) << analyser::to_text(matrix, false);
}

TEST_F(CallerFleetTest, TellsARejection) {
  TinyRoom room;
  room.reject_with = 486;
  call(0, 2, room.address());
  ASSERT_TRUE(fleet_->work(kPatience, [&] { return fleet_->ended() == 1; }));
  EXPECT_EQ(fleet_->at(0).end_status, 486);
  EXPECT_FALSE(fleet_->at(0).answered);
  EXPECT_NE(fleet_->at(0).end.find("486"), std::string::npos) << fleet_->at(0).end;
}

TEST_F(CallerFleetTest, TellsThatNobodyAnswers) {
  start({milliseconds(50), milliseconds(400)});              // 64*T1 = 3.2 s
  call(0, 2, *base::parse_address_and_port("127.0.0.1:9"));  // discard: nobody is there
  ASSERT_TRUE(fleet_->work(kPatience, [&] { return fleet_->ended() == 1; }));
  EXPECT_FALSE(fleet_->at(0).answered);
  EXPECT_EQ(fleet_->talking(), 0U);
}

TEST_F(CallerFleetTest, NoticesThatTheServerHangsUp) {
  TinyRoom room;
  room.hang_up_after_ticks = 100;  // when both have long been answered
  call_all(2, room);
  EXPECT_TRUE(fleet_->work(kPatience, [&] { return fleet_->ended() == 2; }));
  EXPECT_TRUE(fleet_->at(0).answered);
  const std::uint64_t sent = fleet_->counters(0).packets_sent;
  fleet_->work(milliseconds(100));
  EXPECT_EQ(fleet_->counters(0).packets_sent, sent);
}

TEST_F(CallerFleetTest, HangingUpEarlyCancels) {
  TinyRoom room;
  call(0, 2, room.address());
  fleet_->hang_up(0);
  fleet_->hang_up(0);
  EXPECT_TRUE(fleet_->work(kPatience, [&] { return fleet_->dialogs() == 0; }));
  EXPECT_EQ(fleet_->ended(), 1U);
}

TEST_F(CallerFleetTest, SaysWhyItCannotStart) {
  const auto started = CallerFleet::start({*base::parse_ip("203.0.113.7"), {}});
  ASSERT_FALSE(started);
  EXPECT_NE(started.error().find("203.0.113.7"), std::string::npos) << started.error();
}

}  // namespace
}  // namespace tutti::caller
