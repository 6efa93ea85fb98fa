#include "tools/analyser/rtp_stream_check.h"

#include <algorithm>

#include <gtest/gtest.h>

namespace tutti::analyser {
namespace {

using std::chrono::milliseconds;

std::vector<std::byte> bytes(std::initializer_list<int> values) {
  std::vector<std::byte> out;
  for (const int value : values) out.push_back(static_cast<std::byte>(value));
  return out;
}

TEST(ParseRtpStrictly, ReadsAPlainPacket) {
  const auto packet = bytes({0x80, 0x88, 0x12, 0x34, 0, 0, 1, 0x40, 0xDE, 0xAD, 0xBE, 0xEF, 7, 8});
  const auto rtp = parse_rtp_strictly(packet);
  ASSERT_TRUE(rtp);
  EXPECT_TRUE(rtp->marker);
  EXPECT_EQ(rtp->payload_type, 8);
  EXPECT_EQ(rtp->sequence, 0x1234);
  EXPECT_EQ(rtp->timestamp, 320U);
  EXPECT_EQ(rtp->ssrc, 0xDEADBEEF);
  EXPECT_EQ(rtp->payload.size(), 2U);
}

TEST(ParseRtpStrictly, SkipsSourcesExtensionAndPadding) {
  const auto packet = bytes({0xB1, 0,    0, 1, 0, 0, 0, 0, 0,  0, 0, 1, 9, 9, 9, 9,  // X, P, one CSRC
                             0xBE, 0xDE, 0, 1, 1, 2, 3, 4, 42, 0, 0, 3});
  const auto rtp = parse_rtp_strictly(packet);
  ASSERT_TRUE(rtp);
  ASSERT_EQ(rtp->payload.size(), 1U);
  EXPECT_EQ(rtp->payload[0], std::byte{42});
}

TEST(ParseRtpStrictly, RefusesWhatDoesNotFit) {
  const auto header = bytes({0x80, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1});
  for (std::size_t length = 0; length < header.size(); ++length) {
    EXPECT_FALSE(parse_rtp_strictly(std::span(header).first(length)));
  }
  for (const int first :
       {0x00, 0x40, 0xC0, 0x81, 0x90}) {  // versions 0, 1, 3; a CSRC, an extension that is not there
    auto packet = header;
    packet[0] = static_cast<std::byte>(first);
    EXPECT_FALSE(parse_rtp_strictly(packet)) << first;
  }
  for (const int padding : {0, 3}) {  // of 2 bytes that there are
    auto packet = header;
    packet[0] = std::byte{0xA0};
    packet.push_back(std::byte{1});
    packet.push_back(static_cast<std::byte>(padding));
    EXPECT_FALSE(parse_rtp_strictly(packet)) << padding;
  }
}

class RtpStreamCheck : public ::testing::Test {
 protected:
  void SetUp() override {
    for (std::uint32_t i = 0; i < 200; ++i) {
      RtpPacketRecord record;
      record.arrival = base::Instant(milliseconds(20 * i));
      record.sequence = static_cast<std::uint16_t>(65'450 + i);
      record.timestamp = 4'294'960'000U + 160 * i;
      record.ssrc = 77;
      record.payload_bytes = 160;
      log_.push_back(record);
    }
  }
  RtpStreamReport check() { return check_rtp_stream(log_, {}); }
  std::vector<RtpPacketRecord> log_;
};

TEST_F(RtpStreamCheck, AcceptsASteadyStreamAcrossTheWraps) {
  const RtpStreamReport report = check();
  EXPECT_TRUE(report.continuous());
  EXPECT_EQ(report.faults(), "");
  EXPECT_EQ(report.packets, 200U);
  EXPECT_DOUBLE_EQ(report.spacing_ms_mean, 20.0);
  EXPECT_DOUBLE_EQ(report.spacing_ms_max, 20.0);
  EXPECT_NEAR(report.jitter_ms_max, 0.0, 1e-9);
}

TEST_F(RtpStreamCheck, CountsLoss) {
  log_.erase(log_.begin() + 50, log_.begin() + 53);
  const RtpStreamReport report = check();
  EXPECT_EQ(report.lost, 3U);
  EXPECT_EQ(report.gaps, 1U);
  EXPECT_EQ(report.timestamp_breaks, 0U);
  EXPECT_EQ(report.faults(), "3 lost, 1 waits too long");
}

TEST_F(RtpStreamCheck, CountsDuplicatesAndReordering) {
  log_.insert(log_.begin() + 20, log_[19]);
  std::swap(log_[100], log_[101]);
  const RtpStreamReport report = check();
  EXPECT_EQ(report.duplicates, 1U);
  EXPECT_EQ(report.reordered, 1U);
  EXPECT_EQ(report.lost, 0U);
  EXPECT_EQ(report.timestamp_breaks, 0U);
}

TEST_F(RtpStreamCheck, FindsATimestampThatStandsStill) {
  for (std::size_t i = 100; i < log_.size(); ++i) log_[i].timestamp -= 160;
  EXPECT_EQ(check().timestamp_breaks, 1U);
}

TEST_F(RtpStreamCheck, FindsAnotherSourceFormAndSize) {
  for (std::size_t i = 100; i < log_.size(); ++i) log_[i].ssrc = 78;
  log_[10].payload_type = 8;
  log_[11].payload_bytes = 80;
  const RtpStreamReport report = check();
  EXPECT_EQ(report.ssrc_changes, 1U);
  EXPECT_EQ(report.wrong_payload_type, 1U);
  EXPECT_EQ(report.wrong_size, 1U);
  EXPECT_EQ(report.lost, 0U);
}

TEST_F(RtpStreamCheck, MeasuresJitterAndBursts) {
  for (std::size_t i = 0; i < log_.size(); i += 2) log_[i].arrival += milliseconds(16);
  const RtpStreamReport report = check();
  EXPECT_NEAR(report.jitter_ms, 16.0, 0.1);  // each wait is 16 ms off
  EXPECT_EQ(report.bursts, 100U);
  EXPECT_TRUE(report.continuous());
}

TEST_F(RtpStreamCheck, AnEmptyLogIsNoStream) {
  EXPECT_EQ(check_rtp_stream({}, {}).packets, 0U);
}

}  // namespace
}  // namespace tutti::analyser
