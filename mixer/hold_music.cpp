#include "mixer/hold_music.h"

#include <cmath>
#include <numbers>
#include <vector>

#include "mixer/codec/codec.h"

namespace tutti::mixer {
namespace {

using base::kFrameSamples;
constexpr std::size_t kSamples = HoldMusic::kFrames * kFrameSamples;
constexpr double kRateHz = base::kMixRateHz;

// Two bars of quavers on the notes of C major without its half tones: any two of them sound well together,
// and they do, for each rings on under the next ones. By MIDI number; 0: none.
constexpr std::array<int, 16> kMelody{72, 76, 79, 0, 81, 79, 76, 0, 74, 79, 84, 0, 81, 76, 74, 0};
constexpr std::size_t kNoteSamples = kSamples / kMelody.size();

// About -30 dBov while it sounds: heard, and no burden.
constexpr double kAmplitude = 900.0;
constexpr double kDecaySeconds = 0.45;
constexpr double kAttackSeconds = 0.012;

double frequency_of(int note) {
  return 440.0 * std::exp2((note - 69) / 12.0);
}

// One struck bar: the fundamental, its octave softer and sooner gone.
void strike(int note, std::size_t at, std::vector<double>& loop) {
  const double omega = 2.0 * std::numbers::pi * frequency_of(note) / kRateHz;
  const auto length = static_cast<std::size_t>(6.0 * kDecaySeconds * kRateHz);
  for (std::size_t i = 0; i < length; ++i) {
    const double t = static_cast<double>(i) / kRateHz;
    const double attack = std::min(t / kAttackSeconds, 1.0);
    const double angle = omega * static_cast<double>(i);
    loop[(at + i) % kSamples] += kAmplitude * attack *
                                 (std::exp(-t / kDecaySeconds) * std::sin(angle) +
                                  0.25 * std::exp(-3.0 * t / kDecaySeconds) * std::sin(2.0 * angle));
  }
}

}  // namespace

HoldMusic::HoldMusic()
    : frames_(new base::Frame[kFrames]), encoded_(new EncodedFrame[codec::kProperties.size() * kFrames]) {
  std::vector<double> loop(kSamples);
  for (std::size_t i = 0; i < kMelody.size(); ++i) {
    if (kMelody[i] != 0) strike(kMelody[i], i * kNoteSamples, loop);
  }
  for (std::size_t i = 0; i < kSamples; ++i) {
    frames_[i / kFrameSamples].samples[i % kFrameSamples] = static_cast<std::int16_t>(std::lround(loop[i]));
  }
  for (std::size_t codec = 0; codec < codec::kProperties.size(); ++codec) {
    for (std::size_t i = 0; i < kFrames; ++i) {
      codec::encode(static_cast<codec::CodecId>(codec), frames_[i].samples, encoded_[codec * kFrames + i]);
    }
  }
}

const HoldMusic& HoldMusic::shared() {
  static const HoldMusic music;
  return music;
}

}  // namespace tutti::mixer
