#include "tools/analyser/tone_hearing.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "dataplane/base/check.h"

namespace tutti::analyser {
namespace {

constexpr std::size_t kIntervalWindow = 100 * kSamplesPerMs;
constexpr std::size_t kIntervalHop = 5 * kSamplesPerMs;

}  // namespace

std::vector<ToneLevel> tone_levels(SampleView heard, std::span<const std::optional<Tone>> tones,
                                   std::size_t stretch) {
  std::vector<ToneLevel> levels(tones.size());
  if (heard.empty()) return levels;
  stretch = std::min(stretch, heard.size());
  const std::size_t count = (heard.size() + stretch - 1) / stretch;
  std::vector<double> power(tones.size(), 0.0);
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t at = std::min(i * stretch, heard.size() - stretch);
    const ToneProbe probe(heard.subspan(at, stretch));
    for (std::size_t t = 0; t < tones.size(); ++t) {
      if (!tones[t]) continue;
      const double ratio = probe.amplitude(tones[t]->frequency_hz) / tones[t]->amplitude;
      const double level = decibel(ratio);
      power[t] += ratio * ratio;
      levels[t].level_db_min = i == 0 ? level : std::min(levels[t].level_db_min, level);
      levels[t].level_db_max = std::max(levels[t].level_db_max, level);
    }
  }
  for (std::size_t t = 0; t < tones.size(); ++t) {
    levels[t].level_db = decibel(std::sqrt(power[t] / static_cast<double>(count)));
  }
  return levels;
}

HearingMatrix tone_matrix(std::vector<std::string> names, std::span<const Track> heard,
                          std::span<const std::optional<Tone>> tones, std::int64_t from, std::int64_t to,
                          const HearingThresholds& thresholds) {
  CHECK(names.size() == heard.size() && names.size() == tones.size());
  HearingMatrix matrix(std::move(names));
  for (std::size_t listener = 0; listener < heard.size(); ++listener) {
    // What is missing at either end of the time judged counts as silence.
    const Track part = heard[listener].part(from, to);
    Samples whole(static_cast<std::size_t>(std::max<std::int64_t>(to - from, 0)));
    std::copy(part.samples.begin(), part.samples.end(),
              whole.begin() + (part.samples.empty() ? 0 : part.start - from));
    const std::vector<ToneLevel> levels = tone_levels(whole, tones);
    for (std::size_t caller = 0; caller < tones.size(); ++caller) {
      if (tones[caller]) {
        matrix.measure(listener, caller, levels[caller].level_db, levels[caller].level_db_min,
                       levels[caller].level_db_max, thresholds);
      } else {
        matrix.at(listener, caller).expected = Hearing::kNotJudged;
      }
    }
  }
  return matrix;
}

std::vector<Interval> tone_intervals(const Track& heard, const Tone& tone) {
  std::vector<Interval> intervals;
  if (heard.samples.empty()) return intervals;
  // Silence around the track, so that a tone at its very start or end has an edge too.
  Samples padded(kIntervalWindow, 0);
  padded.insert(padded.end(), heard.samples.begin(), heard.samples.end());
  padded.insert(padded.end(), kIntervalWindow, 0);
  const std::int64_t origin = heard.start - static_cast<std::int64_t>(kIntervalWindow);
  bool inside = false;
  for (std::size_t at = 0; at + kIntervalWindow <= padded.size(); at += kIntervalHop) {
    const ToneProbe probe(SampleView(padded).subspan(at, kIntervalWindow));
    const bool there = probe.amplitude(tone.frequency_hz) > tone.amplitude / 2.0;
    // The window's middle: half of a Hann window's weight lies before it, so -6 dB is met when the edge is
    // there.
    const std::int64_t middle = origin + static_cast<std::int64_t>(at + kIntervalWindow / 2);
    if (there && !inside) intervals.push_back({middle, middle});
    if (there) intervals.back().to = middle + static_cast<std::int64_t>(kIntervalHop);
    inside = there;
  }
  for (Interval& interval : intervals) {
    interval.from = std::max(interval.from, heard.start);
    interval.to = std::min(interval.to, heard.end());
  }
  return intervals;
}

}  // namespace tutti::analyser
