#include "tools/analyser/sweep.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "dataplane/base/check.h"

namespace tutti::analyser {
namespace {

constexpr double kFromHz = 300.0;
constexpr double kToHz = 3'400.0;
constexpr double kLevelLeast = 0.5;  // of what was sent
constexpr double kLevelMost = 2.0;
constexpr std::size_t kPeakHalf = 16;        // samples: the correlation's own peak and its ripples
constexpr double kSecondPeakShareMax = 0.6;  // two peaks of a kind: neither is the sweep

}  // namespace

Samples make_sweep(double amplitude) {
  constexpr double kSeconds = static_cast<double>(kSweepSamples) / kRateHz;
  Samples samples(kSweepSamples);
  for (std::size_t i = 0; i < samples.size(); ++i) {
    const double t = static_cast<double>(i) / kRateHz;
    const double turns = kFromHz * t + (kToHz - kFromHz) * t * t / (2.0 * kSeconds);
    samples[i] = static_cast<std::int16_t>(std::lround(amplitude * std::sin(2.0 * std::numbers::pi * turns)));
  }
  return samples;
}

SweepFinder::SweepFinder(double amplitude, std::size_t heard_samples) : heard_samples_(heard_samples) {
  const Samples sweep = make_sweep(amplitude);
  const std::vector<double> shape(sweep.begin(), sweep.end());
  for (const double sample : shape) energy_ += sample * sample;
  probe_ = Correlator(std::vector<double>(heard_samples, 0.0), kSweepSamples).transform(shape);
}

std::optional<std::size_t> SweepFinder::find(SampleView heard) const {
  CHECK(heard.size() == heard_samples_);
  const Correlator correlator(std::vector<double>(heard.begin(), heard.end()), kSweepSamples);
  std::vector<double> likeness;
  correlator.correlate(probe_, likeness);
  const auto peak =
      static_cast<std::size_t>(std::max_element(likeness.begin(), likeness.end()) - likeness.begin());
  const double level = likeness[peak] / energy_;
  if (level < kLevelLeast || level > kLevelMost) return std::nullopt;
  for (std::size_t i = 0; i < likeness.size(); ++i) {
    const bool own = i + kPeakHalf >= peak && i <= peak + kPeakHalf;
    if (!own && likeness[i] > kSecondPeakShareMax * likeness[peak]) return std::nullopt;
  }
  return peak;
}

}  // namespace tutti::analyser
