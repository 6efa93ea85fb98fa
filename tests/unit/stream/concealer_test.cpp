#include "dataplane/stream/concealer.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <numbers>
#include <vector>

#include <gtest/gtest.h>

#include "dataplane/base/realtime.h"

namespace tutti::stream {
namespace {

constexpr int kAmplitude = 8'000;

std::vector<std::int16_t> sine(std::size_t from, std::size_t samples, double hz = 200) {
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
    auto frame = sine(at, 160);
    concealer.receive(frame);
    ASSERT_EQ(frame, sine(at, 160));
  }
}

TEST(Concealer, IsSilentBeforeAnyAudioAndBlendsNothingIntoTheFirst) {
  Concealer::State state;
  Concealer concealer(state);
  std::array<std::int16_t, 160> out;
  out.fill(77);
  EXPECT_FALSE(concealer.fill(out));
  EXPECT_EQ(peak(out), 0);
  auto frame = sine(40, 160);
  concealer.receive(frame);
  EXPECT_EQ(frame, sine(40, 160));
}

TEST(Concealer, FadesOutWithinSixtyMilliseconds) {
  Concealer::State state;
  Concealer concealer(state);
  auto before = sine(0, 320);
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
      std::vector<std::int16_t> all = sine(0, 480);
      concealer.receive(all);
      std::vector<std::int16_t> hole(gap);
      {
        const base::RealtimeSection realtime;
        for (std::size_t at = 0; at < gap; at += piece) {
          concealer.fill(std::span(hole).subspan(at, std::min(piece, gap - at)));
        }
      }
      auto after = sine(480 + gap, 160);
      concealer.receive(after);
      all.insert(all.end(), hole.begin(), hole.end());
      all.insert(all.end(), after.begin(), after.end());
      // The sine's own step is 1 255; half the amplitude at once would be a click.
      EXPECT_LT(largest_step(all), piece < 30 ? 3 * 1'255 : 2 * 1'255);
      // And from the blend on all is as it was received.
      const auto original = sine(480 + gap, 160);
      EXPECT_TRUE(std::equal(after.begin() + Concealer::kBlendSamplesMax, after.end(),
                             original.begin() + Concealer::kBlendSamplesMax));
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
