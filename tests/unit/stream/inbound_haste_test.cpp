// What a stream does for a core that is late: nothing that costs.
#include <cstdlib>

#include <gtest/gtest.h>

#include "dataplane/stream/inbound_stream.h"
#include "tests/unit/stream/inbound_line.h"

namespace tutti::stream {
namespace {

bool silent(const InboundLine& line) {
  return line.peak() == 0;
}

TEST(InboundHaste, WhatCameIsPlayedAsAlways) {
  for (const std::size_t samples : {80U, 160U, 240U}) {
    SCOPED_TRACE(samples);
    InboundLine line(40);
    int sent = 0;
    for (int n = 0; n < 60; ++n) {
      for (; sent * static_cast<int>(samples) < (n + 1) * 160; ++sent) {
        line.audio(sent, sent * static_cast<std::int64_t>(samples), samples);
      }
      const FrameKind kind = line.pop_in_haste();
      if (n < 3) continue;  // the delay
      EXPECT_EQ(kind, FrameKind::kAudio);
      EXPECT_TRUE(line.hears((n - 2) * 160)) << n;
    }
  }
}

TEST(InboundHaste, WhatIsLostIsTheFrameBeforeOnceMoreFadedOutAndThenSilence) {
  InboundLine line;
  for (int n = 0; n < 5; ++n) {
    line.audio(n, n * 160);
    line.pop();
  }
  ASSERT_TRUE(line.hears(4 * 160));
  EXPECT_EQ(line.pop_in_haste(), FrameKind::kConcealed);
  const auto before = tone(4 * 160, 160, line.amplitude, codec::CodecId::kPcmu);
  for (int i = 0; i < 160; ++i) {
    const int expected = before[i] * (160 - i) / 160;
    EXPECT_NEAR(line.frame.samples[i], expected, std::abs(before[i]) / 80 + 2) << i;
  }
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(line.pop_in_haste(), FrameKind::kSilence);
    EXPECT_TRUE(silent(line));
  }
  line.audio(9, 9 * 160);
  EXPECT_EQ(line.pop_in_haste(), FrameKind::kAudio);
  EXPECT_TRUE(line.hears(9 * 160)) << "nothing was made up that it could be blended with";
  EXPECT_EQ(line.stream.totals().frames_concealed, 1U);
}

TEST(InboundHaste, WhatTheSenderLeftOutIsNotLost) {
  InboundLine line(40);
  for (int n = 0; n < 10; ++n) {
    line.audio(n, n * 160);
    line.pop();
  }
  line.audio(10, 12 * 160);  // two frames were left out, and this tells so in time
  for (int i = 0; i < 4; ++i) EXPECT_NE(line.pop_in_haste(), FrameKind::kConcealed);
  EXPECT_TRUE(silent(line));
  line.pop_in_haste();
  EXPECT_TRUE(line.hears(12 * 160));
}

TEST(InboundHaste, GoesOnWithWhatIsMadeUpAlready) {
  InboundLine hasty;
  InboundLine calm;
  for (InboundLine* line : {&hasty, &calm}) {
    for (int n = 0; n < 5; ++n) {
      line->audio(n, n * 160);
      line->pop();
    }
    EXPECT_EQ(line->pop(), FrameKind::kConcealed);
  }
  EXPECT_EQ(hasty.pop_in_haste(), calm.pop());
  EXPECT_EQ(hasty.frame.samples, calm.frame.samples);
  for (InboundLine* line : {&hasty, &calm}) line->audio(7, 7 * 160);
  EXPECT_EQ(hasty.pop_in_haste(), calm.pop());
  EXPECT_EQ(hasty.frame.samples, calm.frame.samples);
}

// What was learned piece by piece could be searched, too.
TEST(InboundHaste, AHoleInPacketsOfAnotherLengthIsSilence) {
  InboundLine line(20);
  for (int n = 0; n < 10; ++n) {
    line.audio(2 * n, n * 160, 80);
    line.audio(2 * n + 1, n * 160 + 80, 80);
    line.pop_in_haste();
  }
  line.pop_in_haste();
  ASSERT_TRUE(line.hears(9 * 160));
  EXPECT_EQ(line.pop_in_haste(), FrameKind::kSilence);
  EXPECT_TRUE(silent(line));
  line.audio(22, 11 * 160, 80);
  line.audio(23, 11 * 160 + 80, 80);
  line.pop_in_haste();
  EXPECT_TRUE(line.hears(11 * 160));
}

TEST(InboundHaste, GivesNoDelayBackInATone) {
  for (const bool haste : {false, true}) {
    SCOPED_TRACE(haste);
    InboundLine line;
    int n = 0;
    const auto steady = [&](int ticks) {
      for (int i = 0; i < ticks; ++i, ++n) {
        line.audio(n, n * 160);
        haste ? line.pop_in_haste() : line.pop();
      }
    };
    steady(50);
    for (int i = 0; i < 8; ++i) line.pop();  // the network pauses, then catches up
    for (int i = 0; i < 8; ++i, ++n) line.audio(n, n * 160);
    steady(10);
    const int delay = line.stream.buffer_delay();
    EXPECT_GE(delay, 7 * 160);
    steady(5 * JitterBuffer::kWindowTicks);
    if (haste) {
      EXPECT_EQ(line.stream.buffer_delay(), delay);
    } else {
      EXPECT_LT(line.stream.buffer_delay(), 3 * 160);
    }
  }
}

// The core stood still while the network did not.
TEST(InboundHaste, WhatTicksThatWereLeftOutWouldHavePlayedIsThrownAway) {
  InboundLine line(40);
  int sent = 0;
  const auto send = [&](int count) {
    for (int i = 0; i < count; ++i, ++sent) line.audio(sent, sent * 160);
  };
  const auto pass_over = [&](std::uint32_t ticks) {
    const base::RealtimeSection realtime;
    line.stream.pass_over(ticks, line.pool);
  };
  for (int n = 0; n < 10; ++n) {
    send(1);
    line.pop();
  }
  ASSERT_TRUE(line.hears(7 * 160));
  pass_over(3);
  send(1);
  line.pop();
  EXPECT_TRUE(line.hears(8 * 160)) << "no more waits than the delay asks for";

  send(6);
  pass_over(5);
  line.pop();
  EXPECT_TRUE(line.hears(14 * 160));

  send(4);
  pass_over(1);  // fewer than have come
  line.pop();
  EXPECT_TRUE(line.hears(16 * 160));
  pass_over(100);  // no more than may be thrown away
  send(1);
  line.pop();
  EXPECT_TRUE(line.hears(18 * 160));
}

}  // namespace
}  // namespace tutti::stream
