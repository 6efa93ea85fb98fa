#include "dataplane/stream/concealer.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <numbers>
#include <random>
#include <vector>

extern "C" {
#include <spandsp.h>
}

#include <gtest/gtest.h>

#include "dataplane/base/realtime.h"

namespace tutti::stream {
namespace {

constexpr int kAmplitude = 8'000;

std::vector<std::int16_t> sine_from(std::size_t from, std::size_t samples, double hz = 200) {
  std::vector<std::int16_t> out(samples);
  for (std::size_t i = 0; i < samples; ++i) {
    const double phase = 2 * std::numbers::pi * hz * static_cast<double>(from + i) / 8'000;
    out[i] = static_cast<std::int16_t>(std::lround(kAmplitude * std::sin(phase)));
  }
  return out;
}

int largest_step(const std::vector<std::int16_t>& samples) {
  int largest = 0;
  for (std::size_t i = 1; i < samples.size(); ++i) {
    largest = std::max(largest, std::abs(samples[i] - samples[i - 1]));
  }
  return largest;
}

int peak(std::span<const std::int16_t> samples) {
  int largest = 0;
  for (const std::int16_t sample : samples) largest = std::max(largest, std::abs(int{sample}));
  return largest;
}

TEST(Concealer, LeavesReceivedAudioAsItIs) {
  Concealer::State state;
  Concealer concealer(state);
  for (std::size_t at = 0; at < 8'000; at += 160) {
    auto frame = sine_from(at, 160);
    concealer.receive(frame);
    ASSERT_EQ(frame, sine_from(at, 160));
  }
}

TEST(Concealer, IsSilentBeforeAnyAudioAndBlendsNothingIntoTheFirst) {
  Concealer::State state;
  Concealer concealer(state);
  std::array<std::int16_t, 160> out;
  out.fill(77);
  EXPECT_FALSE(concealer.fill(out));
  EXPECT_EQ(peak(out), 0);
  auto frame = sine_from(40, 160);
  concealer.receive(frame);
  EXPECT_EQ(frame, sine_from(40, 160));
}

TEST(Concealer, FadesOutWithinSixtyMilliseconds) {
  Concealer::State state;
  Concealer concealer(state);
  auto before = sine_from(0, 320);
  concealer.receive(before);
  std::array<std::int16_t, 160> out;
  int last = kAmplitude;
  for (int frame = 0; frame < 3; ++frame) {
    EXPECT_TRUE(concealer.fill(out));
    EXPECT_LT(peak(out), last + 1);
    last = peak(std::span(out).last(80));
  }
  EXPECT_EQ(peak(std::span(out).last(80)), 0);  // 480 samples after the loss
  EXPECT_FALSE(concealer.fill(out));
  EXPECT_EQ(peak(out), 0);
}

TEST(Concealer, JoinsWithoutAClickWhateverTheGap) {
  for (std::size_t gap = 1; gap <= 800; gap = gap < 40 ? gap + 1 : gap + 40) {
    for (const std::size_t piece : {std::size_t{1}, std::size_t{7}, std::size_t{80}, std::size_t{160}}) {
      SCOPED_TRACE(testing::Message() << "gap of " << gap << " in pieces of " << piece);
      Concealer::State state;
      Concealer concealer(state);
      std::vector<std::int16_t> all = sine_from(0, 480);
      concealer.receive(all);
      std::vector<std::int16_t> hole(gap);
      {
        const base::RealtimeSection realtime;
        for (std::size_t at = 0; at < gap; at += piece) {
          concealer.fill(std::span(hole).subspan(at, std::min(piece, gap - at)));
        }
      }
      auto after = sine_from(480 + gap, 160);
      concealer.receive(after);
      all.insert(all.end(), hole.begin(), hole.end());
      all.insert(all.end(), after.begin(), after.end());
      // The sine_from's own step is 1 255; half the amplitude at once would be a click.
      EXPECT_LT(largest_step(all), piece < 30 ? 3 * 1'255 : 2 * 1'255);
      // And from the blend on all is as it was received.
      const auto original = sine_from(480 + gap, 160);
      EXPECT_TRUE(std::equal(after.begin() + Concealer::kBlendSamplesMax, after.end(),
                             original.begin() + Concealer::kBlendSamplesMax));
    }
  }
}

// SpanDSP alone, told the same. It would turn its history by a memcpy() onto itself, which moves the right
// bytes only by luck.
TEST(Concealer, SoundsLikeSpanDspBitForBit) {
  constexpr std::uint32_t kSeed = 20'261'126;
  SCOPED_TRACE("seed " + std::to_string(kSeed));
  std::mt19937 random(kSeed);
  for (int call = 0; call < 300; ++call) {
    Concealer::State state;
    Concealer concealer(state);
    plc_state_t reference;
    plc_init(&reference);
    const double hz = 40 + static_cast<double>(random() % 400);
    const int noise = call % 3 == 0 ? 32'767 : static_cast<int>(1 + random() % 4'000);
    std::size_t position = 0;
    std::size_t gap = 0;
    for (int piece = 0; piece < 30; ++piece) {
      // Short ones, too, so that the history begins anywhere; those that are made up a quarter period at
      // least. What is silent for good ours does not tell it.
      const bool lost = piece > 0 && random() % 3 == 0 && gap < Concealer::kFadeSamples / 2;
      const std::size_t length = lost ? Concealer::kBlendSamplesMax + 1 + random() % 170 : 1 + random() % 400;
      gap = lost ? gap + length : 0;
      auto ours = sine_from(position, length, hz);
      for (auto& sample : ours) {
        const int off = static_cast<int>(random() % static_cast<unsigned>(2 * noise + 1)) - noise;
        sample = static_cast<std::int16_t>(std::clamp(sample + off, -32'768, 32'767));
      }
      auto theirs = ours;
      position += length;
      if (lost) {
        concealer.fill(ours);
        if (reference.missing_samples == 0) {
          std::rotate(reference.history, reference.history + reference.buf_ptr,
                      reference.history + PLC_HISTORY_LEN);
          reference.buf_ptr = 0;
        }
        plc_fillin(&reference, theirs.data(), static_cast<int>(length));
      } else {
        concealer.receive(ours);
        plc_rx(&reference, theirs.data(), static_cast<int>(length));
      }
      ASSERT_EQ(ours, theirs) << "call " << call << ", piece " << piece << (lost ? ", lost" : "");
    }
  }
}

TEST(Concealer, NeedsNoMemoryButItsOwn) {
  Concealer::State state;
  Concealer concealer(state);
  std::array<std::int16_t, 160> frame{};
  const base::RealtimeSection realtime;
  concealer.reset();
  for (int i = 0; i < 100; ++i) {
    concealer.receive(frame);
    concealer.fill(frame);
  }
}

}  // namespace
}  // namespace tutti::stream
