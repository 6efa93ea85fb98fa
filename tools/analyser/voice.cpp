#include "tools/analyser/voice.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace tutti::analyser {
namespace {

// Formants of five vowels and two nasals, as text books give them. Units: Hz.
constexpr std::array<std::array<double, 4>, 7> kSounds = {{
    {730, 1'090, 2'440, 3'400},  // a
    {530, 1'840, 2'480, 3'400},  // e
    {270, 2'290, 3'010, 3'500},  // i
    {570, 840, 2'410, 3'300},    // o
    {300, 870, 2'240, 3'300},    // u
    {250, 1'200, 2'200, 3'200},  // m
    {250, 1'700, 2'300, 3'200},  // n
}};

// Where the golden ratio falls: numbers next to each other get pitches far apart.
double spread(std::uint32_t number, double step) {
  return std::fmod(static_cast<double>(number) * step, 1.0);
}

}  // namespace

double Voice::Formant::filter(double sample) {
  const double radius = std::exp(-std::numbers::pi * bandwidth / kRateHz);
  const double turn = 2.0 * radius * std::cos(2.0 * std::numbers::pi * frequency / kRateHz);
  const double out = (1.0 - turn + radius * radius) * sample + turn * one - radius * radius * two;
  two = one;
  one = out;
  return out;
}

Voice::Voice(std::uint32_t number)
    : random_(0x70'75'74'74U + number * 7'919U),
      pitch_hz_(85.0 * std::pow(250.0 / 85.0, spread(number, 0.618034))),
      throat_(0.88 + 0.26 * spread(number, 0.618034)),
      tempo_(0.8 + 0.4 * spread(number, 0.754878)) {
  constexpr std::array<double, 4> kBandwidths = {70, 90, 130, 180};
  for (std::size_t i = 0; i < formants_.size(); ++i) {
    formants_[i].bandwidth = kBandwidths[i];
    formants_[i].frequency = aim_[i] = kSounds[0][i] * throat_;
  }
  left_ = static_cast<std::int64_t>(uniform(0.0, 0.3) * kRateHz);  // not all begin at once
  length_ = std::max<std::int64_t>(left_, 1);
}

double Voice::uniform(double low, double high) {
  // Not std::uniform_real_distribution: its numbers are the library's own affair.
  return low + (high - low) * static_cast<double>(random_() >> 5U) / 134'217'728.0;  // 2^27
}

void Voice::next_segment() {
  double seconds = 0.0;
  voiced_ = hiss_ = 0.0;
  if (syllables_left_ <= 0) {
    syllables_left_ = static_cast<int>(uniform(4.0, 9.99));
    intonation_ = uniform(1.05, 1.15);
    seconds = uniform(0.15, 0.45);
  } else {
    --syllables_left_;
    intonation_ *= uniform(0.93, 1.02);
    seconds = uniform(0.14, 0.30) * tempo_;
    voiced_ = uniform(0.7, 1.0);
    hiss_ = uniform(0.0, 1.0) < 0.4 ? 1.0 : 0.0;
    const auto& sound = kSounds[static_cast<std::size_t>(uniform(0.0, 6.999))];
    for (std::size_t i = 0; i < aim_.size(); ++i) aim_[i] = sound[i] * throat_ * uniform(0.95, 1.05);
  }
  length_ = left_ = std::max<std::int64_t>(static_cast<std::int64_t>(seconds * kRateHz), 1);
}

double Voice::next_sample() {
  if (left_ <= 0) next_segment();
  const double done = 1.0 - static_cast<double>(left_) / static_cast<double>(length_);
  --left_;
  // The buzz: a pulse each turn of the glottis, with its sharp closing, behind a low pass.
  phase_ += pitch_hz_ * intonation_ * (1.03 - 0.06 * done) / kRateHz;
  phase_ -= std::floor(phase_);
  const double open = phase_ < 0.6 ? std::sin(std::numbers::pi * phase_ / 0.6) : 0.0;
  const double pulse = open * open * (phase_ < 0.4 ? 1.0 : 0.6) - 0.24;
  const double noise = uniform(-1.0, 1.0);
  const double sharp = noise - breath_;
  breath_ = noise;
  // A consonant's hiss in the first quarter, then the vowel, both with soft edges.
  const double vowel_at = hiss_ > 0.0 ? 0.25 : 0.0;
  const double vowel =
      done < vowel_at ? 0.0 : std::sin(std::numbers::pi * (done - vowel_at) / (1.0 - vowel_at));
  const double buzz = voiced_ * std::sqrt(vowel) * (pulse + 0.02 * noise);
  tilt_ += 0.5 * (buzz - tilt_);
  double sample = 0.35 * tilt_ + 0.65 * buzz;
  for (std::size_t i = 0; i < formants_.size(); ++i) {
    formants_[i].frequency += 0.004 * (aim_[i] - formants_[i].frequency);  // some 30 ms to get there
    sample = formants_[i].filter(sample);
  }
  const double hiss = done < 0.3 ? hiss_ * std::sin(std::numbers::pi * done / 0.3) * sharp * 0.06 : 0.0;
  return sample + hiss;
}

void Voice::next(std::span<std::int16_t> frame) {
  // A higher pitch has more pulses a second, so more power.
  const double scale = 10'100.0 * std::sqrt(85.0 / pitch_hz_);
  for (std::int16_t& sample : frame) {
    const double value = scale * next_sample();
    // Like a microphone: bends towards full scale, never wraps.
    sample = static_cast<std::int16_t>(std::lround(20'000.0 * std::tanh(value / 20'000.0)));
  }
}

}  // namespace tutti::analyser
