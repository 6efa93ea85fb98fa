// Samples: what every function of the analyser works on; 16-bit linear at 8 000 Hz.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "dataplane/base/tick.h"

namespace tutti::analyser {

using Samples = std::vector<std::int16_t>;
using SampleView = std::span<const std::int16_t>;

inline constexpr int kRateHz = static_cast<int>(base::kMixRateHz);
inline constexpr int kSamplesPerMs = kRateHz / 1'000;

// A recording with its place in time. Sample 0 of every track of one trial is counted from one common
// origin, so that "sent" and "heard" can be compared.
struct Track {
  SampleView samples;
  std::int64_t start = 0;  // samples from the origin to samples[0]; may be negative

  std::int64_t end() const { return start + static_cast<std::int64_t>(samples.size()); }
  // The part of it inside [from, to), both counted from the origin.
  Track part(std::int64_t from, std::int64_t to) const;
};

// Nothing is reported below this.
inline constexpr double kSilenceDb = -120.0;

// 20 log10 of an amplitude ratio, not below kSilenceDb.
double decibel(double amplitude_ratio);
// The inverse: 10^(db / 20).
double amplitude_ratio(double db);

double rms(SampleView samples);
// Level relative to a full-scale square wave. Source: RFC 6464, dBov.
double level_dbov(SampleView samples);

}  // namespace tutti::analyser
