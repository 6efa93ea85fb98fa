#include "tools/caller/rtp_engine.h"

#include <thread>

#include <gtest/gtest.h>

#include "tools/analyser/tone_hearing.h"
#include "tools/caller/rtcp_count.h"

namespace tutti::caller {
namespace {

using std::chrono::milliseconds;

SampleSource tone_source(double frequency_hz) {
  return [generator = analyser::ToneGenerator({frequency_hz, 8'000.0})](
             std::span<std::int16_t> frame) mutable { generator.next(frame); };
}

// Where in the recording a second begins of which nothing is missing; a loaded machine skips now and then.
std::optional<std::size_t> whole_second(const RtpListener& heard) {
  const auto log = heard.log();
  std::size_t packets = 1;
  for (std::size_t i = 1; i < log.size(); ++i) {
    packets = log[i].timestamp - log[i - 1].timestamp == 160 ? packets + 1 : 1;
    if (packets == 50) return log[i].timestamp - log[0].timestamp - 49 * 160;
  }
  return std::nullopt;
}

class RtpEngineTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto started = RtpEngine::start();
    ASSERT_TRUE(started) << started.error();
    engine_ = std::move(*started);
  }
  LegId open() {
    const auto leg = engine_->open(*base::parse_ip("127.0.0.1"));
    EXPECT_TRUE(leg) << leg.error();
    return *leg;
  }
  LegMedia media(LegId far, double frequency_hz, std::uint32_t ssrc) {
    LegMedia media;
    media.talker.ssrc = ssrc;
    media.source = tone_source(frequency_hz);
    media.remote_rtp = engine_->rtp_address(far);
    media.remote_rtcp = engine_->rtcp_address(far);
    return media;
  }
  static constexpr int kLooks = 12'000;  // each 5 ms: a minute

  // Until `leg` has received `packets`.
  void wait_for(LegId leg, std::uint64_t packets) {
    for (int i = 0; i < kLooks && engine_->counters(leg).packets_received < packets; ++i) {
      std::this_thread::sleep_for(milliseconds(5));
    }
    EXPECT_GE(engine_->counters(leg).packets_received, packets);
  }
  std::unique_ptr<RtpEngine> engine_;
};

TEST_F(RtpEngineTest, TwoLegsHearEachOther) {
  const LegId alice = open();
  const LegId bob = open();
  EXPECT_EQ(engine_->rtp_address(alice).port % 2, 0);
  EXPECT_EQ(engine_->rtcp_address(alice).port, engine_->rtp_address(alice).port + 1);
  engine_->begin(alice, media(bob, 613.0, 1));
  engine_->begin(bob, media(alice, 1'013.0, 2));
  wait_for(alice, 60);
  wait_for(bob, 60);
  for (int i = 0; i < kLooks && !whole_second(engine_->record(alice).heard); ++i) {
    std::this_thread::sleep_for(milliseconds(5));
  }
  engine_->stop(alice);
  engine_->stop(bob);

  const LegRecord heard_by_alice = engine_->record(alice);
  ASSERT_TRUE(heard_by_alice.first_sent);
  // On a loaded machine the waits may be long, and what is 200 ms late is skipped; nothing else may be
  // missing.
  const auto report = analyser::check_rtp_stream(heard_by_alice.heard.log(), {});
  EXPECT_EQ(report.lost + report.duplicates + report.reordered + report.wrong_size, 0U);
  EXPECT_LE(report.timestamp_breaks, engine_->counters(bob).skipped);
  EXPECT_EQ(heard_by_alice.heard.log()[0].ssrc, 2U);
  const auto tones = std::vector<std::optional<analyser::Tone>>{analyser::Tone{613.0, 8'000.0},
                                                                analyser::Tone{1'013.0, 8'000.0}};
  const auto second = whole_second(heard_by_alice.heard);
  ASSERT_TRUE(second);
  const auto levels = analyser::tone_levels(heard_by_alice.heard.audio().subspan(*second, 8'000), tones);
  EXPECT_LT(levels[0].level_db, -40.0);
  EXPECT_NEAR(levels[1].level_db, 0.0, 0.2);
  const LegCounters counters = heard_by_alice.counters;
  EXPECT_EQ(counters.strangers, 0U);
  EXPECT_EQ(counters.send_errors, 0U);
}

TEST_F(RtpEngineTest, NothingLeavesAfterStop) {
  const LegId alice = open();
  const LegId bob = open();
  engine_->begin(alice, media(bob, 613.0, 1));
  engine_->begin(bob, media(alice, 1'013.0, 2));
  wait_for(bob, 5);
  engine_->stop(alice);
  const std::uint64_t sent = engine_->counters(alice).packets_sent;
  wait_for(alice, engine_->counters(alice).packets_received + 5);  // it goes on listening
  EXPECT_EQ(engine_->counters(alice).packets_sent, sent);
}

TEST_F(RtpEngineTest, AHeldLegKeepsItsTimeLine) {
  const LegId alice = open();
  const LegId bob = open();
  engine_->begin(alice, media(bob, 613.0, 1));
  engine_->begin(bob, media(alice, 1'013.0, 2));
  wait_for(bob, 10);
  engine_->set_sending(alice, false);
  const std::uint64_t heard = engine_->counters(bob).packets_received;
  wait_for(alice, engine_->counters(alice).packets_received + 20);
  engine_->set_sending(alice, true);
  wait_for(bob, heard + 10);
  const auto report = analyser::check_rtp_stream(engine_->record(bob).heard.log(), {});
  EXPECT_EQ(report.lost, 0U);  // the sequence numbers have no gap, the timestamps leave out what was not sent
  EXPECT_GE(report.timestamp_breaks, 1U);
  EXPECT_LE(report.timestamp_breaks, 1U + engine_->counters(alice).skipped);
}

TEST_F(RtpEngineTest, CountsStrangers) {
  const LegId alice = open();
  const LegId bob = open();
  const LegId mallory = open();
  engine_->begin(alice, media(bob, 613.0, 1));
  engine_->begin(mallory, media(alice, 1'013.0, 3));
  for (int i = 0; i < kLooks && engine_->counters(alice).strangers < 3; ++i) {
    std::this_thread::sleep_for(milliseconds(5));
  }
  EXPECT_GE(engine_->counters(alice).strangers, 3U);
  EXPECT_EQ(engine_->record(alice).heard.packets(), 0U);
}

TEST_F(RtpEngineTest, ALegMayCloseWhileTheOtherSends) {
  const LegId alice = open();
  const LegId bob = open();
  engine_->begin(alice, media(bob, 613.0, 1));
  engine_->begin(bob, media(alice, 1'013.0, 2));
  wait_for(alice, 3);
  engine_->close(bob);
  const std::uint64_t sent = engine_->counters(alice).packets_sent;
  for (int i = 0; i < kLooks && engine_->counters(alice).packets_sent < sent + 3; ++i) {
    std::this_thread::sleep_for(milliseconds(5));
  }
  EXPECT_GE(engine_->counters(alice).packets_sent, sent + 3);
}

TEST(Rtcp, ReadsWhatItWrites) {
  for (const std::string_view cname : {"a", "abcd@1", "tutti-caller-7@127.0.0.1"}) {
    const auto packet = write_sender_report({1, 2, 3, 4, 5}, cname);
    EXPECT_EQ(packet.size() % 4, 0U);
    const RtcpContent content = read_rtcp(packet);
    EXPECT_TRUE(content.well_formed);
    EXPECT_EQ(content.sender_reports, 1U);
    for (std::size_t length = 1; length < packet.size(); ++length) {
      if (length == 28) continue;  // the SR alone
      EXPECT_FALSE(read_rtcp(std::span(packet).first(length)).well_formed) << length;
    }
  }
  EXPECT_FALSE(read_rtcp({}).well_formed);
}

}  // namespace
}  // namespace tutti::caller
