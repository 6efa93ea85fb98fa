#include "dataplane/rtp/reception_statistics.h"

#include <gtest/gtest.h>

namespace tutti::rtp {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr base::Instant kStart{seconds(1'000'000)};

class Receiver {
 public:
  Receiver() { statistics.start(SequenceNumber(100), RtpTimestamp(5'000), kStart, 8'000); }
  // The packet that was sent n x 20 ms after the first one.
  SequenceVerdict receive(int n, base::Duration late = {}) {
    return statistics.receive(SequenceNumber(100) + n, RtpTimestamp(5'000) + n * 160,
                              kStart + n * milliseconds(20) + late);
  }
  ReportBlock report(base::Duration after = seconds(5)) { return statistics.report(Ssrc{7}, kStart + after); }

  ReceptionStatistics statistics;
};

TEST(ReceptionStatistics, APerfectStreamHasNeitherLossNorJitter) {
  Receiver receiver;
  for (int n = 1; n < 250; ++n) receiver.receive(n);
  const ReportBlock block = receiver.report();
  EXPECT_EQ(block.source, Ssrc{7});
  EXPECT_EQ(block.fraction_lost, 0);
  EXPECT_EQ(block.cumulative_lost, 0);
  EXPECT_EQ(block.highest_sequence, 100U + 249U);
  EXPECT_EQ(block.jitter, 0U);
  EXPECT_EQ(block.last_sender_report, 0U);
  EXPECT_EQ(block.delay_since_last, 0U);
}

TEST(ReceptionStatistics, FractionLostIsOfTheInterval) {
  Receiver receiver;
  for (int n = 1; n < 100; ++n) {
    if (n % 4 != 0) receiver.receive(n);  // 24 of 100 are lost
  }
  ReportBlock block = receiver.report();
  EXPECT_EQ(block.cumulative_lost, 24);
  EXPECT_EQ(block.fraction_lost, 24 * 256 / 100);
  for (int n = 100; n < 200; ++n) receiver.receive(n);
  block = receiver.report();
  EXPECT_EQ(block.cumulative_lost, 24);
  EXPECT_EQ(block.fraction_lost, 0);
}

TEST(ReceptionStatistics, DuplicatesMakeLossNegativeAndFractionZero) {
  Receiver receiver;
  for (int n = 1; n < 10; ++n) {
    receiver.receive(n);
    receiver.receive(n);
  }
  const ReportBlock block = receiver.report();
  EXPECT_EQ(block.cumulative_lost, -9);
  EXPECT_EQ(block.fraction_lost, 0);
}

TEST(ReceptionStatistics, AnEmptyIntervalHasNoFraction) {
  Receiver receiver;
  receiver.report();
  EXPECT_EQ(receiver.report().fraction_lost, 0);
}

TEST(ReceptionStatistics, AllButTheLastLostStaysWithinAByte) {
  Receiver receiver;
  receiver.report();
  receiver.receive(2'900);
  EXPECT_EQ(receiver.report().fraction_lost, 255);  // 2 899 x 256 / 2 900
}

TEST(ReceptionStatistics, JitterNearsTheMeanChangeOfTransit) {
  Receiver receiver;
  // Every second packet 10 ms late: each transit differs from the one before by 80 units.
  for (int n = 1; n < 500; ++n) receiver.receive(n, n % 2 == 1 ? milliseconds(10) : milliseconds(0));
  EXPECT_NEAR(receiver.report().jitter, 80, 2);
}

TEST(ReceptionStatistics, JitterIsOneSixteenthOfAFirstChange) {
  Receiver receiver;
  receiver.receive(1, milliseconds(20));
  EXPECT_EQ(receiver.statistics.jitter(), 10U);  // 160 / 16
}

TEST(ReceptionStatistics, ATimestampJumpIsNoJitter) {
  Receiver receiver;
  receiver.receive(1);
  receiver.statistics.receive(SequenceNumber(102), RtpTimestamp(4'000'000'000), kStart + milliseconds(40));
  receiver.statistics.receive(SequenceNumber(103), RtpTimestamp(4'000'000'160), kStart + milliseconds(60));
  EXPECT_EQ(receiver.report().jitter, 0U);
}

TEST(ReceptionStatistics, EventsCountButSayNothingAboutJitter) {
  Receiver receiver;
  for (int n = 1; n < 20; ++n) receiver.statistics.receive_untimed(SequenceNumber(100) + n);
  receiver.receive(20);
  const ReportBlock block = receiver.report();
  EXPECT_EQ(block.cumulative_lost, 0);
  EXPECT_EQ(block.jitter, 0U);
}

TEST(ReceptionStatistics, DelaySinceTheSenderReport) {
  Receiver receiver;
  receiver.statistics.receive_sender_report({0x11112222'33334444, RtpTimestamp(0), 0, 0},
                                            kStart + seconds(1));
  const ReportBlock block = receiver.report(milliseconds(2'500));
  EXPECT_EQ(block.last_sender_report, 0x22223333U);
  EXPECT_EQ(block.delay_since_last, 65'536U * 3 / 2);
}

TEST(ReceptionStatistics, ARestartBeginsTheCountsAnew) {
  Receiver receiver;
  receiver.receive(5);  // four lost
  EXPECT_EQ(receiver.report().cumulative_lost, 4);
  EXPECT_EQ(receiver.receive(20'000), SequenceVerdict::kSuspect);
  EXPECT_EQ(receiver.receive(20'001), SequenceVerdict::kRestarted);
  EXPECT_EQ(receiver.receive(20'002), SequenceVerdict::kValid);
  const ReportBlock block = receiver.report();
  EXPECT_EQ(block.cumulative_lost, 0);
  EXPECT_EQ(block.fraction_lost, 0);
  EXPECT_EQ(block.highest_sequence, 20'102U);
}

TEST(RoundTrip, IsWhatTheBlockLeavesOfTheTimePassed) {
  ReportBlock block;
  EXPECT_FALSE(round_trip(block, 0x1234'0000'0000'0000));
  const std::uint64_t sent = 0x0000'1234'0000'0000;
  block.last_sender_report = 0x1234'0000;
  block.delay_since_last = 65'536 * 2;
  const std::uint64_t arrived = sent + (std::uint64_t{9} << 30);  // 2.25 s later
  EXPECT_EQ(round_trip(block, arrived), base::Duration(milliseconds(250)));
  block.delay_since_last = 65'536 * 4;  // longer than there was time
  EXPECT_EQ(round_trip(block, arrived), base::Duration::zero());
}

}  // namespace
}  // namespace tutti::rtp
