#include "tools/analyser/samples.h"

#include <algorithm>
#include <cmath>

namespace tutti::analyser {

Track Track::part(std::int64_t from, std::int64_t to) const {
  const std::int64_t first = std::clamp(from, start, end());
  const std::int64_t last = std::clamp(to, first, end());
  return {samples.subspan(static_cast<std::size_t>(first - start), static_cast<std::size_t>(last - first)),
          first};
}

double decibel(double amplitude_ratio) {
  const double magnitude = std::fabs(amplitude_ratio);
  return magnitude < 1e-6 ? kSilenceDb : std::max(kSilenceDb, 20.0 * std::log10(magnitude));
}

double amplitude_ratio(double db) {
  return std::pow(10.0, db / 20.0);
}

double rms(SampleView samples) {
  if (samples.empty()) return 0.0;
  double sum = 0.0;
  for (const std::int16_t sample : samples) sum += static_cast<double>(sample) * sample;
  return std::sqrt(sum / static_cast<double>(samples.size()));
}

double level_dbov(SampleView samples) {
  return decibel(rms(samples) / 32'767.0);
}

}  // namespace tutti::analyser
