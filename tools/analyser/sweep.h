// Sweep: a moment's marker: a short rising tone that survives mixing and G.711, found again to the sample.
#pragma once

#include <complex>
#include <optional>
#include <vector>

#include "tools/analyser/correlation.h"
#include "tools/analyser/samples.h"

namespace tutti::analyser {

inline constexpr std::size_t kSweepSamples = 1'600;  // 200 ms: 10 packets

// A sine that climbs from 300 to 3 400 Hz. Shapes: kSweepSamples. Units: peak amplitude, of 32 767.
Samples make_sweep(double amplitude);

// Finds a sweep under other tones: by correlation, so that what it tells is one sample (0.125 ms) exact where
// the far end neither resamples nor stretches.
class SweepFinder {
 public:
  // Shapes: every recording asked about has `heard_samples`, at least kSweepSamples.
  SweepFinder(double amplitude, std::size_t heard_samples);

  // Where in `heard` the sweep begins. None: it is not there, not whole, or 6 dB off the level sent.
  std::optional<std::size_t> find(SampleView heard) const;

 private:
  std::size_t heard_samples_;
  double energy_ = 0.0;
  std::vector<std::complex<double>> probe_;
};

}  // namespace tutti::analyser
