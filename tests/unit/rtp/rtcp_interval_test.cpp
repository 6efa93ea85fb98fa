#include "dataplane/rtp/rtcp_interval.h"

#include <gtest/gtest.h>

namespace tutti::rtp {
namespace {

constexpr double kCompensation = 1.21828;

double interval_s(const RtcpLoad& load, std::uint32_t random) {
  return std::chrono::duration<double>(rtcp_interval(load, random)).count();
}

TEST(RtcpInterval, IsFiveSecondsHalfUpAndDownOverTheCompensation) {
  EXPECT_NEAR(interval_s({}, 0), 2.5 / kCompensation, 0.001);
  EXPECT_NEAR(interval_s({}, 0x80000000), 5 / kCompensation, 0.001);
  EXPECT_NEAR(interval_s({}, UINT32_MAX), 7.5 / kCompensation, 0.001);
}

TEST(RtcpInterval, IsHalfThatBeforeTheFirstReport) {
  RtcpLoad load;
  load.initial = true;
  EXPECT_NEAR(interval_s(load, 0x80000000), 2.5 / kCompensation, 0.001);
}

TEST(RtcpInterval, GrowsWithTheMembersWhoShareTheBandwidth) {
  RtcpLoad load;
  load.members = load.senders = 100;
  EXPECT_NEAR(interval_s(load, 0x80000000), 128 * 100 / 400.0 / kCompensation, 0.001);
  load.senders = 10;  // a quarter of the bandwidth is theirs
  EXPECT_NEAR(interval_s(load, 0x80000000), 128 * 10 / 100.0 / kCompensation, 0.001);
  load.we_sent = false;
  EXPECT_NEAR(interval_s(load, 0x80000000), 128 * 90 / 300.0 / kCompensation, 0.001);
}

TEST(RtcpInterval, StaysFiniteWithoutBandwidth) {
  RtcpLoad load;
  load.bandwidth_bytes_s = 0;
  EXPECT_NEAR(interval_s(load, 0x80000000), 5 / kCompensation, 0.001);
  load.bandwidth_bytes_s = 1;
  load.members = UINT32_MAX;
  load.senders = UINT32_MAX;
  EXPECT_LE(interval_s(load, UINT32_MAX), 1.5 * 3'600);
}

}  // namespace
}  // namespace tutti::rtp
