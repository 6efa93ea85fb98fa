#include "tools/analyser/voice_fit.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "tools/analyser/least_squares.h"

namespace tutti::analyser {
namespace {

constexpr double kWhitening = 0.9;
constexpr double kPlainGain = 0.1;         // -20 dB: below that the whole recording is asked, not one segment
constexpr double kPlainCorrelation = 0.2;  // of 8 000 samples of speech; chance makes 0.1
constexpr double kTogether = 0.7;          // candidates nearly as good as the best are taken with it
constexpr double kUnexplainedShare = 0.3;  // of a frame's rms; G.711 leaves 0.03
constexpr double kUnexplainedRms = 80.0;   // quieter than this nobody notices

double inner(const double* a, const double* b, std::size_t length) {
  return std::inner_product(a, a + length, b, 0.0);
}

}  // namespace

std::vector<double> whiten(std::span<const double> samples) {
  std::vector<double> out(samples.size());
  double last = samples.empty() ? 0.0 : samples[0];
  for (std::size_t i = 0; i < samples.size(); ++i) {
    out[i] = samples[i] - kWhitening * last;
    last = samples[i];
  }
  return out;
}

std::vector<double> cut(const Track& track, std::int64_t from, std::size_t length) {
  std::vector<double> out(length, 0.0);
  const Track part = track.part(from, from + static_cast<std::int64_t>(length));
  for (std::size_t i = 0; i < part.samples.size(); ++i) {
    out[static_cast<std::size_t>(part.start - from) + i] = part.samples[i];
  }
  return out;
}

SentSegment::SentSegment(std::span<const Track> sent, std::int64_t from, std::size_t length,
                         const VoiceSearch& search)
    : from_(from),
      delay_max_(search.delay_max),
      length_(length),
      delays_(static_cast<std::size_t>(search.delay_max - search.delay_min) + 1) {
  for (const Track& track : sent) {
    Voice voice;
    voice.plain = cut(track, from - search.delay_max, length + delays_ - 1);
    voice.white = whiten(voice.plain);
    voice.energy_sums.assign(voice.white.size() + 1, 0.0);
    for (std::size_t i = 0; i < voice.white.size(); ++i) {
      voice.energy_sums[i + 1] = voice.energy_sums[i] + voice.white[i] * voice.white[i];
    }
    voice.correlator = std::make_unique<Correlator>(voice.white, length);
    voices_.push_back(std::move(voice));
  }
}

VoiceFit::VoiceFit(const SentSegment& sent, const Track& heard)
    : sent_(sent),
      plain_(cut(heard, sent.from(), sent.length())),
      white_(whiten(plain_)),
      rest_(white_),
      found_(sent.voices()) {
  while (pursue()) solve();
  for (int round = 0; round < 2; ++round) refine();
  // What turned out to be faint after all is left to the search over the whole recording.
  for (auto& found : found_) {
    if (found && found->gain < kPlainGain) found.reset();
  }
  solve();
  limit_rest();
}

std::size_t VoiceFit::best_delay(std::size_t voice, const std::vector<double>& correlation) const {
  std::size_t best = 0;
  double best_score = -1.0;
  for (std::size_t i = 0; i < sent_.delays(); ++i) {
    const double energy = sent_.energy(voice, i);
    if (correlation[i] <= 0.0 || energy <= 0.0) continue;
    const double score = correlation[i] * correlation[i] / energy;
    if (score > best_score) {
      best_score = score;
      best = i;
    }
  }
  return best;
}

// Adds the voices that explain most of what is left; false when none does.
bool VoiceFit::pursue() {
  const double power = inner(rest_.data(), rest_.data(), rest_.size());
  if (power <= 0.0 || sent_.voices() == 0) return false;
  struct Candidate {
    std::size_t voice = 0;
    Found found;
    double correlation = 0.0;
  };
  std::vector<Candidate> candidates;
  const Spectrum rest = rest_spectrum();
  std::vector<double> correlation;
  // Chance correlates more in a shorter segment.
  const double plain =
      kPlainCorrelation * std::sqrt(static_cast<double>(kRateHz) / static_cast<double>(sent_.length()));
  double best = plain;
  for (std::size_t voice = 0; voice < sent_.voices(); ++voice) {
    if (found_[voice]) continue;
    correlate(voice, rest, correlation);
    Candidate candidate;
    candidate.voice = voice;
    candidate.found.index = best_delay(voice, correlation);
    const double energy = sent_.energy(voice, candidate.found.index);
    if (energy <= 0.0) continue;
    candidate.found.gain = correlation[candidate.found.index] / energy;
    candidate.correlation = correlation[candidate.found.index] / std::sqrt(energy * power);
    if (candidate.found.gain < kPlainGain) continue;
    best = std::max(best, candidate.correlation);
    candidates.push_back(candidate);
  }
  bool added = false;
  for (const Candidate& candidate : candidates) {
    if (candidate.correlation < kTogether * best || candidate.correlation < plain) continue;
    found_[candidate.voice] = candidate.found;
    added = true;
  }
  return added;
}

// All gains at once, and what they leave.
void VoiceFit::solve() {
  std::vector<std::size_t> chosen;
  for (std::size_t voice = 0; voice < found_.size(); ++voice) {
    if (found_[voice]) chosen.push_back(voice);
  }
  const std::size_t size = chosen.size();
  std::vector<double> gram(size * size);
  std::vector<double> gains(size);
  const auto arriving = [&](std::size_t a) { return sent_.whitened(chosen[a], found_[chosen[a]]->index); };
  for (std::size_t a = 0; a < size; ++a) {
    gains[a] = inner(arriving(a), white_.data(), sent_.length());
    for (std::size_t b = 0; b <= a; ++b) {
      gram[a * size + b] = gram[b * size + a] = inner(arriving(a), arriving(b), sent_.length());
    }
  }
  Cholesky(std::move(gram), size).solve(gains);
  rest_ = white_;
  for (std::size_t a = 0; a < size; ++a) {
    found_[chosen[a]]->gain = gains[a];
    const double* voice = arriving(a);
    for (std::size_t n = 0; n < rest_.size(); ++n) rest_[n] -= gains[a] * voice[n];
  }
}

// Looks for each voice's delay again, now that the others are out of the way.
void VoiceFit::refine() {
  std::vector<double> correlation;
  for (std::size_t voice = 0; voice < found_.size(); ++voice) {
    if (!found_[voice]) continue;
    const Found before = *found_[voice];
    const double* arriving = sent_.whitened(voice, before.index);
    for (std::size_t n = 0; n < rest_.size(); ++n) rest_[n] += before.gain * arriving[n];
    correlate(voice, rest_spectrum(), correlation);
    found_[voice]->index = best_delay(voice, correlation);
    arriving = sent_.whitened(voice, found_[voice]->index);
    for (std::size_t n = 0; n < rest_.size(); ++n) rest_[n] -= before.gain * arriving[n];
  }
  solve();
  while (pursue()) solve();
}

std::vector<double> VoiceFit::plain_rest() const {
  std::vector<double> rest = plain_;
  for (std::size_t voice = 0; voice < found_.size(); ++voice) {
    if (!found_[voice]) continue;
    const double* arriving = sent_.plain(voice, found_[voice]->index);
    for (std::size_t n = 0; n < rest.size(); ++n) rest[n] -= found_[voice]->gain * arriving[n];
  }
  return rest;
}

std::vector<std::size_t> VoiceFit::unexplained(std::size_t samples) const {
  std::vector<std::size_t> frames;
  const std::vector<double> rest = plain_rest();
  constexpr std::size_t kFrame = base::kFrameSamples;
  for (std::size_t at = 0; at + kFrame <= std::min(rest.size(), samples); at += kFrame) {
    double left = 0.0;
    double there = 0.0;
    double expected = 0.0;
    for (std::size_t n = at; n < at + kFrame; ++n) {
      left += rest[n] * rest[n];
      there += plain_[n] * plain_[n];
      expected += (plain_[n] - rest[n]) * (plain_[n] - rest[n]);
    }
    left = std::sqrt(left / kFrame);
    const double whole = std::sqrt(std::max(there, expected) / kFrame);
    if (left > kUnexplainedRms && left > kUnexplainedShare * whole) frames.push_back(at);
  }
  return frames;
}

void VoiceFit::limit_rest() {
  const std::vector<double> rest = plain_rest();
  constexpr std::size_t kFrame = base::kFrameSamples;
  for (std::size_t at = 0; at < rest.size(); at += kFrame) {
    const std::size_t length = std::min(kFrame, rest.size() - at);
    const double left = std::sqrt(inner(&rest[at], &rest[at], length) / static_cast<double>(length));
    const double there = std::sqrt(inner(&plain_[at], &plain_[at], length) / static_cast<double>(length));
    const double most = std::max(kPlainGain * there, kUnexplainedRms);
    if (left <= most) continue;
    for (std::size_t n = at; n < at + length; ++n) rest_[n] *= most / left;
  }
}

}  // namespace tutti::analyser
