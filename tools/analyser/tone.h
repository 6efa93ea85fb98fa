// Tones: a sine for each caller, so that what a listener hears names who is speaking.
#pragma once

#include <complex>
#include <optional>
#include <vector>

#include "tools/analyser/samples.h"

namespace tutti::analyser {

struct Tone {
  double frequency_hz = 0.0;
  double amplitude = 0.0;  // peak, of 32 767
};

// Makes a tone, frame after frame, without a break in phase.
class ToneGenerator {
 public:
  explicit ToneGenerator(Tone tone) : tone_(tone) {}
  void next(std::span<std::int16_t> frame);

 private:
  Tone tone_;
  std::uint64_t position_ = 0;  // samples made
};

// A stretch of samples under a Hann window, ready to be asked for frequencies (Goertzel). Two tones are
// apart when they differ by 2 kRateHz / samples or more.
class ToneProbe {
 public:
  explicit ToneProbe(SampleView samples);
  // A e^(j phi) of the part A cos(w n + phi), n counted from the first sample.
  std::complex<double> phasor(double frequency_hz) const;
  double amplitude(double frequency_hz) const { return std::abs(phasor(frequency_hz)); }

 private:
  std::vector<double> windowed_;
  double window_sum_ = 0.0;
};

// Who sends which tone. Talkers lie 300 to 3 400 Hz, at least 40 Hz apart; a caller's low odd harmonics (what
// G.711 adds) keep off the others' tones, and a slip of one or two 20 ms frames always shows as a break in
// phase (no multiple of 25 Hz). The sum of all talkers does not saturate.
class TonePlan {
 public:
  static constexpr std::size_t kTalkersMax = 64;
  // Beyond kTalkersMax every n-th caller talks and the others only listen.
  explicit TonePlan(std::size_t callers);

  std::size_t callers() const { return tones_.size(); }
  // None for a caller that only listens.
  std::optional<Tone> tone(std::size_t caller) const { return tones_[caller]; }

 private:
  std::vector<std::optional<Tone>> tones_;
};

}  // namespace tutti::analyser
