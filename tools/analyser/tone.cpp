#include "tools/analyser/tone.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "dataplane/base/check.h"

namespace tutti::analyser {
namespace {

constexpr double kTwoPi = 2.0 * std::numbers::pi;
constexpr double kLowestHz = 300.0;
constexpr double kHighestHz = 3'400.0;

// Where a frequency above 4 000 Hz appears after sampling.
double folded(double frequency_hz) {
  const double rest = std::fmod(frequency_hz, kRateHz);
  return rest > kRateHz / 2.0 ? kRateHz - rest : rest;
}

// How much of what one would wish for is asked; the more callers, the less.
struct Strictness {
  int harmonic_max;
  double harmonic_distance_hz;
};

constexpr Strictness kStrictness[] = {{15, 12.0}, {11, 10.0}, {9, 8.0}, {7, 6.0},
                                      {5, 6.0},   {3, 6.0},   {3, 3.0}, {1, 0.0}};

bool harmonics_collide(double one, double other, const Strictness& strictness) {
  for (int harmonic = 3; harmonic <= strictness.harmonic_max; harmonic += 2) {
    if (std::fabs(folded(harmonic * one) - other) < strictness.harmonic_distance_hz) return true;
    if (std::fabs(folded(harmonic * other) - one) < strictness.harmonic_distance_hz) return true;
  }
  return false;
}

// A slip of 20 ms turns the phase by 2 pi f / 50, one of 40 ms by 2 pi f / 25: keep 4 Hz off both.
bool shows_slips(double frequency_hz) {
  const double rest = std::fmod(frequency_hz, 25.0);
  return rest >= 4.0 && rest <= 21.0;
}

bool fits(double candidate, const std::vector<double>& chosen, double spacing_hz,
          const Strictness& strictness) {
  if (!shows_slips(candidate)) return false;
  for (int harmonic = 3; harmonic <= strictness.harmonic_max; harmonic += 2) {
    // Its own harmonic folded back onto itself changes its level.
    if (std::fabs(folded(harmonic * candidate) - candidate) < strictness.harmonic_distance_hz) return false;
  }
  return std::none_of(chosen.begin(), chosen.end(), [&](double other) {
    return std::fabs(other - candidate) < spacing_hz || harmonics_collide(other, candidate, strictness);
  });
}

std::vector<double> choose_frequencies(std::size_t count) {
  const double cell_hz = (kHighestHz - kLowestHz) / static_cast<double>(count);
  const double spacing_hz = std::max(40.0, cell_hz / 2.0);
  for (const Strictness& strictness : kStrictness) {
    std::vector<double> chosen;
    // Upwards, each as low as it fits, but not below its own cell's start less a third of a cell.
    for (std::size_t i = 0; i < count; ++i) {
      const double from = std::max(kLowestHz, kLowestHz + cell_hz * (static_cast<double>(i) - 0.33));
      for (double candidate = std::ceil(from); candidate <= kHighestHz; candidate += 1.0) {
        if (fits(candidate, chosen, spacing_hz, strictness)) {
          chosen.push_back(candidate);
          break;
        }
      }
      if (chosen.size() != i + 1) break;
    }
    if (chosen.size() == count) return chosen;
  }
  CHECK(false);  // the last strictness fits kTalkersMax: held by a unit test for every count
}

}  // namespace

void ToneGenerator::next(std::span<std::int16_t> frame) {
  const double step = kTwoPi * tone_.frequency_hz / kRateHz;
  for (std::int16_t& sample : frame) {
    // kRateHz samples hold a whole number of turns of any whole frequency: keep the argument small.
    const double turn = std::fmod(static_cast<double>(position_), static_cast<double>(kRateHz) * 1'000.0);
    sample = static_cast<std::int16_t>(std::lround(tone_.amplitude * std::sin(step * turn)));
    ++position_;
  }
}

ToneProbe::ToneProbe(SampleView samples) : windowed_(samples.size()) {
  const double step = kTwoPi / static_cast<double>(std::max<std::size_t>(samples.size(), 1));
  for (std::size_t i = 0; i < samples.size(); ++i) {
    const double weight = 0.5 - 0.5 * std::cos(step * (static_cast<double>(i) + 0.5));
    windowed_[i] = weight * samples[i];
    window_sum_ += weight;
  }
}

std::complex<double> ToneProbe::phasor(double frequency_hz) const {
  if (windowed_.empty()) return {};
  const double angle = kTwoPi * frequency_hz / kRateHz;
  const double coefficient = 2.0 * std::cos(angle);
  double last = 0.0;
  double before = 0.0;
  for (const double sample : windowed_) {
    const double now = sample + coefficient * last - before;
    before = last;
    last = now;
  }
  const std::complex<double> sum = last - std::polar(1.0, -angle) * before;
  const double turned = std::fmod(angle * static_cast<double>(windowed_.size() - 1), kTwoPi);
  return 2.0 / window_sum_ * sum * std::polar(1.0, -turned);
}

TonePlan::TonePlan(std::size_t callers) : tones_(callers) {
  if (callers == 0) return;
  const std::size_t stride = (callers + kTalkersMax - 1) / kTalkersMax;
  const std::size_t talkers = (callers + stride - 1) / stride;
  const std::vector<double> frequencies = choose_frequencies(talkers);
  // Peaks may meet: 30 000 of 32 767 shared by all; 8 000 is a usual speech peak.
  const double amplitude = std::min(8'000.0, 30'000.0 / static_cast<double>(talkers));
  // Neighbours in number are far apart in frequency: 7 is coprime to most counts, 1 to all.
  std::size_t jump = 1;
  for (const std::size_t wish : {7U, 5U, 3U}) {
    if (talkers > 2 * wish && talkers % wish != 0) {
      jump = wish;
      break;
    }
  }
  for (std::size_t talker = 0; talker < talkers; ++talker) {
    tones_[talker * stride] = Tone{frequencies[talker * jump % talkers], amplitude};
  }
}

}  // namespace tutti::analyser
