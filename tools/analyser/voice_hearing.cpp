#include "tools/analyser/voice_hearing.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>

#include "dataplane/base/check.h"
#include "tools/analyser/voice_fit.h"

namespace tutti::analyser {
namespace {

constexpr double kSpeaksShare = 0.05;      // of the voice's usual power: a segment with less says nothing
constexpr double kUnexplainedShare = 0.3;  // of a frame's rms; G.711 leaves 0.03
constexpr double kUnexplainedRms = 80.0;   // quieter than this nobody notices

// What is known of one voice at one listener so far.
struct Sum {
  double energy = 0.0;              // of the voice, in all segments
  double gained = 0.0;              // gain^2 x energy, of the segments in which it was plainly heard
  double rest_energy = 0.0;         // of the other segments
  std::vector<double> correlation;  // over the other segments, for each delay
  std::vector<std::pair<double, double>> segments;  // energy, gain (below 0: not plainly heard)
  std::map<std::size_t, double> delays;             // index -> energy heard at it
};

// One listener's way through the segments.
class Listener {
 public:
  Listener(const Track& heard, std::size_t voices, const VoiceSearch& search)
      : heard_(heard), search_(search), sums_(voices) {}

  void take(const SentSegment& sent, std::int64_t to) {
    const VoiceFit fit(sent, heard_);
    for (std::size_t voice = 0; voice < sums_.size(); ++voice) take_voice(sent, fit, voice);
    // Frames that the voices found do not explain.
    const std::vector<double> rest = fit.plain_rest();
    const auto judged = static_cast<std::size_t>(to - sent.from());
    for (std::size_t at = 0; at + base::kFrameSamples <= std::min(rest.size(), judged);
         at += base::kFrameSamples) {
      double left = 0.0;
      double there = 0.0;
      double expected = 0.0;
      for (std::size_t n = at; n < at + base::kFrameSamples; ++n) {
        left += rest[n] * rest[n];
        there += fit.plain()[n] * fit.plain()[n];
        expected += (fit.plain()[n] - rest[n]) * (fit.plain()[n] - rest[n]);
      }
      left = std::sqrt(left / base::kFrameSamples);
      const double whole = std::sqrt(std::max(there, expected) / base::kFrameSamples);
      ++report_.frames;
      if (left > kUnexplainedRms && left > kUnexplainedShare * whole) {
        report_.unexplained.push_back(sent.from() + static_cast<std::int64_t>(at));
      }
    }
  }

  VoiceReport finish() {
    for (Sum& sum : sums_) report_.voices.push_back(level_of(sum));
    return std::move(report_);
  }

 private:
  void take_voice(const SentSegment& sent, const VoiceFit& fit, std::size_t voice) {
    Sum& sum = sums_[voice];
    const auto& found = fit.found(voice);
    if (found) {
      const double energy = sent.energy(voice, found->index);
      sum.energy += energy;
      sum.gained += found->gain * found->gain * energy;
      sum.segments.emplace_back(energy, found->gain);
      sum.delays[found->index] += energy;
      return;
    }
    // Not plainly heard: which part of it should have been depends on the delay; take the likely one.
    const double energy = sent.energy(voice, usual_delay(sent, sum));
    sum.energy += energy;
    sum.rest_energy += energy;
    sum.segments.emplace_back(energy, -1.0);
    std::vector<double> correlation;
    fit.correlate_rest(voice, correlation);
    sum.correlation.resize(correlation.size(), 0.0);
    for (std::size_t i = 0; i < correlation.size(); ++i) sum.correlation[i] += correlation[i];
  }

  // Where the voice was heard most so far, or 60 ms: a server's usual delay.
  std::size_t usual_delay(const SentSegment& sent, const Sum& sum) const {
    const auto most = std::max_element(sum.delays.begin(), sum.delays.end(),
                                       [](const auto& a, const auto& b) { return a.second < b.second; });
    if (most != sum.delays.end()) return most->first;
    const std::int64_t index = search_.delay_max - 60 * kSamplesPerMs;
    return static_cast<std::size_t>(
        std::clamp<std::int64_t>(index, 0, static_cast<std::int64_t>(sent.delays()) - 1));
  }

  VoiceLevel level_of(const Sum& sum) const {
    VoiceLevel level;
    const double usual = sum.energy / static_cast<double>(std::max<std::size_t>(sum.segments.size(), 1));
    level.spoke = sum.energy > 0.0;
    if (!level.spoke) return level;
    // The gain in the segments in which it was not plain, from all of them together.
    double faint = 0.0;
    std::size_t faint_index = 0;
    for (std::size_t i = 0; i < sum.correlation.size(); ++i) {
      if (sum.rest_energy > 0.0 && sum.correlation[i] > faint * sum.rest_energy) {
        faint = sum.correlation[i] / sum.rest_energy;
        faint_index = i;
      }
    }
    level.level_db = decibel(std::sqrt((sum.gained + faint * faint * sum.rest_energy) / sum.energy));
    bool first = true;
    for (const auto& [energy, gain] : sum.segments) {
      if (energy < kSpeaksShare * usual) continue;
      const double db = decibel(gain < 0.0 ? faint : gain);
      level.level_db_min = first ? db : std::min(level.level_db_min, db);
      level.level_db_max = first ? db : std::max(level.level_db_max, db);
      first = false;
    }
    const auto most = std::max_element(sum.delays.begin(), sum.delays.end(),
                                       [](const auto& a, const auto& b) { return a.second < b.second; });
    const std::size_t index = most == sum.delays.end() ? faint_index : most->first;
    level.delay = search_.delay_max - static_cast<std::int64_t>(index);
    std::size_t least = index;
    std::size_t greatest = index;
    for (const auto& [other, energy] : sum.delays) {
      if (energy < kSpeaksShare * usual) continue;
      least = std::min(least, other);
      greatest = std::max(greatest, other);
    }
    level.delay_spread = static_cast<std::int64_t>(greatest - least);
    return level;
  }

  Track heard_;
  VoiceSearch search_;
  std::vector<Sum> sums_;
  VoiceReport report_;
};

std::vector<VoiceReport> search_all(std::span<const Track> heard, std::span<const Track> sent,
                                    std::int64_t from, std::int64_t to, const VoiceSearch& search) {
  std::vector<Listener> listeners;
  for (const Track& track : heard) listeners.emplace_back(track, sent.size(), search);
  for (std::int64_t at = from; at < to; at += static_cast<std::int64_t>(search.segment)) {
    const auto length =
        static_cast<std::size_t>(std::min<std::int64_t>(static_cast<std::int64_t>(search.segment), to - at));
    if (length < search.segment / 2 && at != from) break;  // too little to find anything in
    const SentSegment segment(sent, at, length, search);
    for (Listener& listener : listeners) listener.take(segment, to);
  }
  std::vector<VoiceReport> reports;
  for (Listener& listener : listeners) reports.push_back(listener.finish());
  return reports;
}

}  // namespace

VoiceReport find_voices(const Track& heard, std::span<const Track> sent, std::int64_t from, std::int64_t to,
                        const VoiceSearch& search) {
  return std::move(search_all(std::span(&heard, 1), sent, from, to, search).front());
}

VoiceHearing voice_matrix(std::vector<std::string> names, std::span<const Track> heard,
                          std::span<const Track> sent, std::int64_t from, std::int64_t to,
                          const HearingThresholds& thresholds, const VoiceSearch& search) {
  CHECK(names.size() == heard.size() && names.size() == sent.size());
  VoiceHearing hearing{HearingMatrix(std::move(names)), search_all(heard, sent, from, to, search)};
  for (std::size_t listener = 0; listener < heard.size(); ++listener) {
    for (std::size_t caller = 0; caller < sent.size(); ++caller) {
      const VoiceLevel& level = hearing.reports[listener].voices[caller];
      if (level.spoke) {
        hearing.matrix.measure(listener, caller, level.level_db, level.level_db_min, level.level_db_max,
                               thresholds);
      } else {
        hearing.matrix.at(listener, caller).expected = Hearing::kNotJudged;
      }
    }
  }
  return hearing;
}

}  // namespace tutti::analyser
