#include "dataplane/core/source_latch.h"

#include <gtest/gtest.h>

namespace tutti::core {
namespace {

using namespace std::chrono_literals;
using Heard = SourceLatch::Heard;

const base::SocketAddress kDescribed = *base::parse_address_and_port("192.0.2.1:4000");
const base::SocketAddress kSource = *base::parse_address_and_port("198.51.100.7:5000");
const base::SocketAddress kStranger = *base::parse_address_and_port("203.0.113.9:6000");

TEST(SourceLatch, SendsToTheDescriptionUntilAValidSourceIsHeard) {
  SourceLatch latch;
  latch.describe(kDescribed, base::Instant(1s));
  EXPECT_EQ(latch.destination(), kDescribed);
  EXPECT_TRUE(latch.admits(kStranger, base::Instant(1s)));
  EXPECT_EQ(latch.heard(kSource), Heard::kNewSource);
  EXPECT_EQ(latch.destination(), kSource);
}

TEST(SourceLatch, AdmitsOnlyTheLockedSourceAndWhatTheNetworkFiltered) {
  SourceLatch latch;
  latch.describe(kDescribed, base::Instant(1s));
  latch.heard(kSource);
  EXPECT_TRUE(latch.admits(kSource, base::Instant(1s)));
  EXPECT_TRUE(latch.admits({}, base::Instant(1s)));
  EXPECT_FALSE(latch.admits(kStranger, base::Instant(1s)));
  EXPECT_FALSE(latch.admits(kDescribed, base::Instant(1s)));
  EXPECT_EQ(latch.heard({}), Heard::kKnown);
  EXPECT_EQ(latch.destination(), kSource);
}

TEST(SourceLatch, OpensAgainAfterASecondOfSilenceButKeepsSendingThere) {
  SourceLatch latch;
  latch.describe(kDescribed, base::Instant(1s));
  EXPECT_FALSE(latch.reopen(base::Instant(1s), base::Instant(9s))) << "there is no source yet";
  latch.heard(kSource);
  EXPECT_FALSE(latch.reopen(base::Instant(1s), base::Instant(1999ms)));
  EXPECT_FALSE(latch.reopen(base::Instant(1500ms), base::Instant(2s)));
  EXPECT_TRUE(latch.reopen(base::Instant(1s), base::Instant(2s)));
  EXPECT_FALSE(latch.reopen(base::Instant(1s), base::Instant(3s)));  // once
  EXPECT_EQ(latch.destination(), kSource);
  EXPECT_EQ(latch.heard(kSource), Heard::kRelocked);
  EXPECT_TRUE(latch.reopen(base::Instant(3s), base::Instant(4s)));
  EXPECT_EQ(latch.heard(kStranger), Heard::kNewSource);
  EXPECT_EQ(latch.destination(), kStranger);
}

TEST(SourceLatch, IsOpenedWhereThePeersOtherFlowHasMoved) {
  SourceLatch latch;
  latch.describe(kDescribed, base::Instant(1s));
  latch.heard(kSource);
  latch.open();
  EXPECT_TRUE(latch.admits(kStranger, base::Instant(1s)));
  EXPECT_EQ(latch.destination(), kSource) << "until another is heard";
  EXPECT_EQ(latch.heard(kStranger), Heard::kNewSource);
}

TEST(SourceLatch, ForgetsTheSourceWhenAnotherAddressIsDescribed) {
  SourceLatch latch;
  latch.describe(kDescribed, base::Instant(1s));
  latch.heard(kSource);
  latch.describe(kDescribed, base::Instant(2s));  // the same again: a re-INVITE that only holds
  EXPECT_EQ(latch.destination(), kSource);
  latch.describe(kStranger, base::Instant(2s));
  EXPECT_EQ(latch.destination(), kStranger);
  EXPECT_FALSE(latch.admits(kSource, base::Instant(2199ms)))
      << "it was on its way, and must not be locked again";
  EXPECT_TRUE(latch.admits(kSource, base::Instant(2200ms))) << "it moved in its SDP only";
  latch.heard(kStranger);
  latch.describe(kDescribed, base::Instant(3s));
  latch.describe(kStranger, base::Instant(3s));
  EXPECT_TRUE(latch.admits(kStranger, base::Instant(3s)));
}

}  // namespace
}  // namespace tutti::core
