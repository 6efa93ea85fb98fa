#include "tools/load/stream_counter.h"

#include <gtest/gtest.h>

namespace tutti::load {
namespace {

using std::chrono::milliseconds;

// A stream whose packet n is due at 20 n ms; the time measured begins at 10 ms: with packet 1.
class StreamCounterTest : public ::testing::Test {
 protected:
  static constexpr std::uint16_t kFirstSequence = 65'500;  // both wrap on the way
  static constexpr std::uint32_t kFirstTimestamp = 0xFFFF'F000U;

  StreamCounterTest() { counter_.open(base::Instant(milliseconds(10)), 100); }
  void receive(int number, base::Duration late = base::Duration::zero(), std::uint32_t ssrc = 7) {
    analyser::RtpPacketView packet;
    packet.sequence = static_cast<std::uint16_t>(kFirstSequence + number);
    packet.timestamp = kFirstTimestamp + 160U * static_cast<std::uint32_t>(number);
    packet.ssrc = ssrc;
    counter_.receive(packet, base::Instant(milliseconds(20) * number + late));
  }
  void receive_range(int from, int to) {
    for (int number = from; number < to; ++number) receive(number);
  }
  void close() { counter_.close(base::Instant(std::chrono::hours(1))); }
  StreamCounter counter_;
};

TEST_F(StreamCounterTest, ASteadyStreamIsWhole) {
  receive_range(0, 130);
  close();
  EXPECT_EQ(counter_.received(), 100U);  // 1 to 100: what came before and after is not measured
  EXPECT_EQ(counter_.lost() + counter_.duplicates() + counter_.reordered() + counter_.restarts(), 0U);
  EXPECT_EQ(counter_.gaps() + counter_.late(), 0U);
  EXPECT_EQ(counter_.longest_gap(), milliseconds(20));
  EXPECT_EQ(counter_.jitter_ms(), 0.0);
}

TEST_F(StreamCounterTest, JitterAtTheEdgesCountsNobodyOut) {
  receive(0, milliseconds(9));  // before the time measured, although late
  receive_range(1, 100);
  receive(100, milliseconds(150));  // past its end, but due in it
  close();
  EXPECT_EQ(counter_.received(), 100U);
  EXPECT_EQ(counter_.gaps(), 1U);
  EXPECT_EQ(counter_.longest_gap(), milliseconds(170));
}

TEST_F(StreamCounterTest, CountsWhatIsLeftOut) {
  receive_range(1, 30);
  receive_range(31, 50);
  receive_range(54, 101);
  close();
  EXPECT_EQ(counter_.received(), 95U);
  EXPECT_EQ(counter_.lost(), 5U);
  EXPECT_EQ(counter_.gaps(), 1U);  // 40 ms is no gap, 100 ms is
  EXPECT_EQ(counter_.longest_gap(), milliseconds(100));
}

TEST_F(StreamCounterTest, AStreamThatEndsHasAGapAndNoLoss) {
  receive_range(1, 51);
  close();
  EXPECT_EQ(counter_.received(), 50U);
  EXPECT_EQ(counter_.lost(), 0U);
  EXPECT_EQ(counter_.gaps(), 1U);
  EXPECT_EQ(counter_.longest_gap(), milliseconds(10 + 2'000 - 1'000));
}

TEST_F(StreamCounterTest, AStreamThatNeverCameIsOneGap) {
  close();
  EXPECT_EQ(counter_.received(), 0U);
  EXPECT_EQ(counter_.lost(), 0U);
  EXPECT_EQ(counter_.gaps(), 1U);
  EXPECT_EQ(counter_.longest_gap(), milliseconds(2'000));
}

TEST_F(StreamCounterTest, CountsEachPacketOnce) {
  receive_range(1, 40);
  receive(39);
  receive(20);
  receive_range(40, 101);
  receive(5, milliseconds(2'000));  // too old to be known, not counted anew
  EXPECT_EQ(counter_.received(), 100U);
  EXPECT_EQ(counter_.duplicates(), 3U);
  EXPECT_EQ(counter_.lost(), 0U);
}

TEST_F(StreamCounterTest, ReorderingIsNoLoss) {
  receive_range(1, 10);
  receive(11);
  receive(10, milliseconds(25));
  receive_range(12, 101);
  EXPECT_EQ(counter_.received(), 100U);
  EXPECT_EQ(counter_.reordered(), 1U);
  EXPECT_EQ(counter_.lost(), 0U);
  EXPECT_EQ(counter_.late(), 1U);
}

TEST_F(StreamCounterTest, WhatIsOlderThanTheFirstIsNotMeasured) {
  receive(1);
  receive(0, milliseconds(21));
  receive_range(2, 101);
  EXPECT_EQ(counter_.received(), 100U);
  EXPECT_EQ(counter_.duplicates() + counter_.reordered(), 0U);
}

TEST_F(StreamCounterTest, LateIsMoreThanATickBehindTheMostPunctual) {
  receive(1, milliseconds(5));
  receive(2);
  receive(3, milliseconds(20));
  receive(4, milliseconds(21));
  EXPECT_EQ(counter_.late(), 1U);
}

TEST_F(StreamCounterTest, JitterIsTheMeanOfTheRfcs) {
  // Every second packet comes 8 ms late: |D| is 8 ms each time, J goes towards it by sixteenths.
  double jitter = 0.0;
  double sum = 0.0;
  for (int number = 1; number <= 100; ++number) {
    receive(number, milliseconds(number % 2 == 0 ? 8 : 0));
    if (number == 1) continue;
    jitter += (8.0 - jitter) / 16.0;
    sum += jitter;
  }
  EXPECT_NEAR(counter_.jitter_ms(), sum / 99.0, 1e-6);
}

TEST_F(StreamCounterTest, AnotherSsrcGoesOnCounting) {
  receive_range(1, 40);
  for (int number = 42; number < 130; ++number) receive(number, base::Duration::zero(), 8);
  close();
  EXPECT_EQ(counter_.restarts(), 1U);
  EXPECT_EQ(counter_.received(), 98U);  // of 100 packets' time two were silent
  EXPECT_EQ(counter_.lost(), 0U);
}

TEST_F(StreamCounterTest, ARestartThatComesEarlyCountsNothingTwice) {
  receive_range(1, 40);
  for (int number = 40; number < 130; ++number) receive(number, milliseconds(-11), 8);
  close();
  EXPECT_EQ(counter_.restarts(), 1U);
  EXPECT_EQ(counter_.received(), 100U);
}

TEST_F(StreamCounterTest, TwoStreamsBesideEachOtherAreNoMoreThanWasDue) {
  for (int number = 1; number < 130; ++number) {
    receive(number);
    receive(number, milliseconds(1), 8);
  }
  EXPECT_EQ(counter_.received(), 100U);
}

TEST_F(StreamCounterTest, AJumpOfTheNumbersIsARestart) {
  receive_range(1, 40);
  for (int number = 40; number < 101; ++number) {
    analyser::RtpPacketView packet;
    packet.sequence = static_cast<std::uint16_t>(30'000 + number);
    packet.timestamp = 160U * static_cast<std::uint32_t>(number);
    packet.ssrc = 7;
    counter_.receive(packet, base::Instant(milliseconds(20) * number));
  }
  EXPECT_EQ(counter_.restarts(), 1U);
  EXPECT_EQ(counter_.received(), 100U);
}

TEST(StreamCounter, CountsNothingUnopened) {
  StreamCounter counter;
  counter.receive({}, base::Instant(milliseconds(1)));
  counter.close(base::Instant(milliseconds(2)));
  EXPECT_EQ(counter.received() + counter.gaps(), 0U);
}

}  // namespace
}  // namespace tutti::load
