// How the delay follows the network, and whole calls of nonsense.
#include <algorithm>
#include <cstdlib>
#include <random>

#include <gtest/gtest.h>

#include "dataplane/stream/inbound_stream.h"
#include "tests/unit/stream/inbound_line.h"

namespace tutti::stream {
namespace {

TEST(InboundDelay, LengthensTheDelayWhereItIsQuietOnly) {
  for (const bool quiet : {false, true}) {
    SCOPED_TRACE(quiet);
    InboundLine line;
    line.amplitude = quiet ? 100 : 8'000;
    line.audio(0, 0);
    line.pop();
    line.pop();  // packet 1 is late
    line.audio(2, 320);
    line.pop();
    EXPECT_EQ(line.audio(1, 160), DropReason::kLate);
    int gaps = 0;
    for (int n = 3; n < 40; ++n) {
      EXPECT_EQ(line.audio(n, n * 160), kOk);
      line.pop();
      if (!line.hears((n - gaps) * 160) && !line.hears((n - gaps) * 160, Concealer::kBlendSamplesMax)) ++gaps;
    }
    EXPECT_EQ(gaps, quiet ? 2 : 0);  // it was 320 samples late
  }
}

TEST(InboundDelay, ShortensTheDelayInATone) {
  struct Case {
    int pause_ticks;
    int amplitude;
  };
  for (const Case& c : {Case{4, 100}, Case{4, 8'000}, Case{11, 8'000}}) {
    SCOPED_TRACE(testing::Message() << c.pause_ticks << " ticks, amplitude " << c.amplitude);
    InboundLine line;
    line.amplitude = c.amplitude;
    int n = 0;
    int largest_step = 0;
    std::int16_t before = 0;
    const auto steady = [&](int ticks) {
      for (int i = 0; i < ticks; ++i, ++n) {
        line.audio(n, n * 160);
        line.pop();
        for (const std::int16_t sample : line.frame.samples) {
          largest_step = std::max(largest_step, std::abs(sample - before));
          before = sample;
        }
      }
    };
    steady(50);
    for (int i = 0; i < c.pause_ticks; ++i) line.pop();  // the network pauses, then catches up
    before = 0;
    for (int i = 0; i < c.pause_ticks; ++i, ++n) line.audio(n, n * 160);
    steady(100);
    const int waiting = line.stream.packets_waiting();
    steady(20 * JitterBuffer::kWindowTicks);
    EXPECT_LE(line.stream.packets_waiting(), waiting - c.pause_ticks + 2);
    EXPECT_LT(largest_step, c.amplitude * 0.343 * 2 + 50) << "and nobody hears a click";
    EXPECT_EQ(line.stream.totals().packets_dropped, 0U);
  }
}

TEST(InboundDelay, KeepsItsDelayAgainstAClockThatRunsSlowOrFast) {
  for (const int parts_per_million : {-400, 400}) {  // far more than a crystal is wrong by
    SCOPED_TRACE(parts_per_million);
    InboundLine line(40);
    line.amplitude = 100;
    const double samples_a_tick = 160 * (1 + parts_per_million / 1e6);
    int n = 0;
    int concealed = 0;
    for (int tick = 1; tick < 50 * 600; ++tick) {  // ten minutes: 240 ms of drift
      for (; (n + 1) * 160 <= tick * samples_a_tick; ++n) ASSERT_EQ(line.audio(n, n * 160), kOk);
      if (line.pop() == FrameKind::kConcealed) ++concealed;
      ASSERT_LE(line.stream.packets_waiting(), 6);  // 120 ms
    }
    EXPECT_EQ(concealed, 0);
  }
}

TEST(InboundDelay, RandomPacketsLeakNothing) {
  for (unsigned seed = 1; seed <= 12; ++seed) {
    SCOPED_TRACE(seed);
    std::mt19937 random(seed);
    InboundLine line(static_cast<int>(random() % 100));
    std::uint64_t refused = 0;
    std::uint64_t sent = 0;
    int number = 0;
    std::int64_t position = 0;
    for (int i = 0; i < 3'000; ++i) {
      switch (random() % 16) {
        case 0:
          number = static_cast<int>(random() % 65'536);
          break;
        case 1:
          position = static_cast<std::int64_t>(random());
          break;
        case 2:
          number -= static_cast<int>(random() % 40);
          break;
        case 3:
          position += 80 * static_cast<std::int64_t>(random() % 60) - 2'400;
          break;
        default:
          break;
      }
      const auto samples = random() % 64 == 0 ? random() % 600 : 80 * (1 + random() % 6);
      const rtp::Ssrc ssrc = random() % 20 == 0 ? kBob : kAlice;
      const rtp::PayloadType type = random() % 20 == 0   ? kEvents
                                    : random() % 20 == 0 ? rtp::PayloadType{77}
                                                         : kPcmu;
      ++sent;
      if (line.audio(number, position, samples, ssrc, type) != kOk) ++refused;
      ++number;
      position += static_cast<std::int64_t>(samples);
      if (random() % 2 == 0) line.pop();
      ASSERT_LE(line.pool.in_use(), static_cast<unsigned>(JitterBuffer::kSlots));
    }
    const InboundTotals totals = line.stream.totals();
    EXPECT_GE(totals.packets_dropped, refused);
    EXPECT_LE(totals.packets_received, sent);
    for (int i = 0; i < 40; ++i) line.pop();
    EXPECT_EQ(line.pool.in_use(), 0U) << "what waits is played or thrown away within the reach";
  }
}

// The tick has leapt past a voice that is heard: one frame more, and everything of it is played.
TEST(InboundDelay, WhatIsPutOffIsDueATickLaterBehindAFrameMadeUp) {
  for (const int delay_frames : {0, 2}) {
    SCOPED_TRACE(delay_frames);
    InboundLine line(20 * delay_frames);
    int sent = 0;
    for (; sent < 10; ++sent) {
      line.audio(sent, sent * 160);
      line.pop();
    }
    EXPECT_TRUE(line.hears((9 - delay_frames) * 160));
    line.stream.put_off();
    // Its packet comes behind this tick, and behind each from now on.
    const FrameKind made_up = line.pop();
    EXPECT_EQ(made_up, delay_frames == 0 ? FrameKind::kConcealed : FrameKind::kAudio);
    EXPECT_GT(line.peak(), 4'000) << "hardly heard";
    for (int i = 0; i < 20; ++i) {
      ASSERT_EQ(line.audio(sent, sent * 160), kOk);
      ASSERT_EQ(line.pop(), FrameKind::kAudio);
      ASSERT_TRUE(line.hears((sent - delay_frames) * 160, i == 0 ? Concealer::kBlendSamplesMax : 0)) << i;
      ++sent;
    }
    EXPECT_EQ(line.stream.buffer_delay(), 160 * delay_frames);
    EXPECT_EQ(line.stream.totals().packets_dropped, 0U);
    EXPECT_EQ(line.stream.totals().packets_lost, 0U);
  }
}

}  // namespace
}  // namespace tutti::stream
