#include "dataplane/stream/time_compressor.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <complex>
#include <cstdlib>
#include <numbers>
#include <random>
#include <vector>

#include <gtest/gtest.h>

#include "dataplane/stream/frame.h"
#include "tests/unit/stream/inbound_line.h"

namespace tutti::stream {
namespace {

std::vector<std::int16_t> sine(double hz, std::size_t samples, double amplitude = 10'000,
                               double phase = 0.3) {
  std::vector<std::int16_t> out(samples);
  for (std::size_t i = 0; i < samples; ++i) {
    const double at = phase + 2 * std::numbers::pi * hz * static_cast<double>(i) / 8'000;
    out[i] = static_cast<std::int16_t>(std::lround(amplitude * std::sin(at)));
  }
  return out;
}

// Amplitude of one frequency, seen through a Hann window.
double amplitude_of(std::span<const std::int16_t> samples, double hz) {
  std::complex<double> sum;
  double weights = 0;
  for (std::size_t i = 0; i < samples.size(); ++i) {
    const double part = (static_cast<double>(i) + 0.5) / static_cast<double>(samples.size());
    const double weight = 0.5 - 0.5 * std::cos(2 * std::numbers::pi * part);
    weights += weight;
    sum += weight * samples[i] * std::polar(1.0, -2 * std::numbers::pi * hz * static_cast<double>(i) / 8'000);
  }
  return 2 * std::abs(sum) / weights;
}

TEST(TimeCompressor, LeavesWholePeriodsOutOfAnyTone) {
  for (int hz = 100; hz <= 3'400; hz += 37) {
    SCOPED_TRACE(hz);
    std::vector<std::int16_t> audio = sine(hz, 2 * TimeCompressor::kAudioMax);
    base::Frame out;
    const int cut =
        TimeCompressor::compress(std::span(audio).first(TimeCompressor::kAudioMax), 1'000, 0, 0.9F, out);
    ASSERT_GE(cut, TimeCompressor::kCutMin);
    // From the last of the frame before on, to the first of the one after: as if nothing had been cut.
    const double periods = hz * cut / 8'000.0;
    EXPECT_LT(std::abs(periods - std::round(periods)), 0.12);
    const std::vector<std::int16_t> after(audio.begin() + kFrame + cut, audio.begin() + 2 * kFrame + cut);
    std::vector<std::int16_t> heard(out.samples.begin(), out.samples.end());
    heard.insert(heard.end(), after.begin(), after.end());
    const int steepest = static_cast<int>(10'000 * 2 * std::sin(std::numbers::pi * hz / 8'000)) + 2;
    for (std::size_t i = 1; i < heard.size(); ++i) {
      ASSERT_LE(std::abs(heard[i] - heard[i - 1]), steepest * 11 / 10) << "a click at " << i;
    }
    EXPECT_LT(std::abs(out.samples[0] - audio[0]), steepest / 10 + 2);
    EXPECT_LT(std::abs(20 * std::log10(amplitude_of(out.samples, hz) / 10'000)), 1.0);
  }
}

TEST(TimeCompressor, PrefersACutThatEndsWithAFrameOfPackets) {
  base::Frame out;
  const std::vector<std::int16_t> thousand = sine(1'000, TimeCompressor::kAudioMax);  // 8 samples a period
  EXPECT_EQ(TimeCompressor::compress(thousand, 1'000, 0, 0.9F, out) % kFrame, 0);
  EXPECT_EQ((40 + TimeCompressor::compress(thousand, 1'000, 40, 0.9F, out)) % kFrame, 0);
  // Out of phase after a frame, in phase after two.
  EXPECT_EQ(TimeCompressor::compress(sine(425, TimeCompressor::kAudioMax), 1'000, 0, 0.9F, out), 2 * kFrame);
  EXPECT_NE(TimeCompressor::compress(sine(425, TimeCompressor::kAudioMax), 200, 0, 0.9F, out), kFrame);
}

TEST(TimeCompressor, CutsNoMoreThanItMayOrHas) {
  const std::vector<std::int16_t> tone = sine(437, TimeCompressor::kAudioMax);
  for (int cut_max = 0; cut_max <= 400; cut_max += 13) {
    base::Frame out;
    const int cut = TimeCompressor::compress(tone, cut_max, 0, -1.0F, out);
    EXPECT_LE(cut, cut_max);
    EXPECT_EQ(cut != 0, cut_max >= TimeCompressor::kCutMin);
  }
  for (std::size_t known = 0; known <= tone.size(); known += 7) {
    base::Frame out;
    const int cut = TimeCompressor::compress(std::span(tone).first(known), 400, 0, -1.0F, out);
    EXPECT_LE(cut == 0 ? 0 : cut + kFrame, static_cast<int>(known));
  }
}

TEST(TimeCompressor, WaitsForAPlaceThatResemblesAndKeepsNoisesPower) {
  constexpr unsigned kSeed = 20'261'125;
  SCOPED_TRACE(kSeed);
  std::mt19937 random(kSeed);
  std::normal_distribution<double> noise(0, 3'000);
  double before = 0;
  double after = 0;
  for (int run = 0; run < 200; ++run) {
    std::vector<std::int16_t> audio(TimeCompressor::kAudioMax);
    for (auto& sample : audio) sample = static_cast<std::int16_t>(noise(random));
    base::Frame out;
    out.samples.fill(77);
    EXPECT_EQ(TimeCompressor::compress(audio, 400, 0, 0.8F, out), 0);
    EXPECT_EQ(out.samples[5], 77) << "nothing is written";
    EXPECT_GT(TimeCompressor::compress(audio, 400, 0, -1.0F, out), 0);
    for (int i = 0; i < kFrame; ++i) {
      before += audio[i] * audio[i];
      after += out.samples[i] * out.samples[i];
    }
  }
  EXPECT_LT(std::abs(10 * std::log10(after / before)), 0.3);
}

TEST(TimeCompressor, TakesExtremesAndSilence) {
  base::Frame out;
  for (const int value : {0, 1, -1, 32'767, -32'768}) {
    const std::vector<std::int16_t> audio(TimeCompressor::kAudioMax, static_cast<std::int16_t>(value));
    const base::RealtimeSection realtime;
    EXPECT_GT(TimeCompressor::compress(audio, 400, 0, 0.8F, out), 0);
    for (const std::int16_t sample : out.samples) EXPECT_NEAR(sample, value, 1);
  }
}

// The whole of it: a stall of the network, then none, and a tone that never pauses.
TEST(TimeCompressor, ADelayThatAStallBroughtIsGivenBackWithinTenSecondsOfATone) {
  constexpr unsigned kSeed = 160'017;
  std::mt19937 random(kSeed);
  for (int run = 0; run < 40; ++run) {
    const int hz = 200 + static_cast<int>(random() % 3'000);
    const int delay_ms = run % 2 == 0 ? 40 : 0;
    const int ptime = run % 4 < 3 ? 160 : 240;
    const auto first = static_cast<std::int64_t>(random());
    SCOPED_TRACE(testing::Message() << "seed " << kSeed << ", run " << run << ": " << hz << " Hz, "
                                    << delay_ms << " ms, packets of " << ptime << " samples from " << first);
    const std::vector<std::int16_t> second = sine(hz, 8'000);
    InboundLine line(delay_ms);
    int sent = 0;
    const auto send = [&] {
      std::vector<std::int16_t> samples(static_cast<std::size_t>(ptime));
      for (int i = 0; i < ptime; ++i)
        samples[static_cast<std::size_t>(i)] = second[(sent * ptime + i) % 8'000];
      std::vector<std::byte> payload(samples.size());
      codec::encode(codec::CodecId::kPcmu, samples, payload);
      rtp::RtpPacket packet;
      packet.header = InboundLine::header(sent, first + std::int64_t{sent} * ptime, kAlice, kPcmu);
      packet.payload = payload;
      EXPECT_EQ(line.receive(packet), kOk);
      ++sent;
    };
    int ticks = 0;
    std::vector<std::int16_t> heard;
    const auto step = [&](bool stalled) {
      ++ticks;
      while (!stalled && (sent + 1) * ptime <= (ticks + 1) * kFrame) send();
      line.pop();
      heard.insert(heard.end(), line.frame.samples.begin(), line.frame.samples.end());
    };
    for (int i = 0; i < 150; ++i) step(false);
    const int usual = line.stream.packets_waiting();
    for (int i = 0; i < 8; ++i) step(true);  // 160 ms
    step(false);
    EXPECT_GE(line.stream.packets_waiting(), usual + 100 * 8 / ptime);
    for (int i = 0; i < 50; ++i) step(false);
    const std::size_t steady_from = heard.size();
    for (int i = 0; i < 450; ++i) step(false);  // until 10 s after the stall
    EXPECT_LE(line.stream.packets_waiting(), usual + (ptime == 160 ? 1 : 2));
    // The margin, what leaves no choice of where to splice, and a packet that is no multiple of a frame.
    EXPECT_LE(line.stream.buffer_delay() / 8, delay_ms + (ptime == 160 ? 25 : 35));
    const std::span<const std::int16_t> steady = std::span(heard).subspan(steady_from);
    for (std::size_t at = 0; at + 8'000 <= steady.size(); at += 4'000) {
      const auto window = steady.subspan(at, 8'000);
      EXPECT_LT(std::abs(20 * std::log10(amplitude_of(window, hz) / 10'000)), 1.0) << "at " << at;
    }
    const int steepest = static_cast<int>(10'000 * 2 * std::sin(std::numbers::pi * hz / 8'000));
    for (std::size_t i = 1; i < steady.size(); ++i) {
      ASSERT_LE(std::abs(steady[i] - steady[i - 1]), steepest * 12 / 10 + 900) << "a click at " << i;
    }
    EXPECT_EQ(line.stream.totals().packets_dropped, 0U);
  }
}

}  // namespace
}  // namespace tutti::stream
