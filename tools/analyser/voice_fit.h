// VoiceFit: one segment of a recording explained as a sum of sent voices (matching pursuit, least squares).
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "tools/analyser/correlation.h"
#include "tools/analyser/voice_hearing.h"

namespace tutti::analyser {

// The voices as far as they can be heard in [from, from + length).
class SentSegment {
 public:
  SentSegment(std::span<const Track> sent, std::int64_t from, std::size_t length, const VoiceSearch& search);

  std::size_t voices() const { return voices_.size(); }
  std::size_t length() const { return length_; }
  std::int64_t from() const { return from_; }
  std::size_t delays() const { return delays_; }
  // Delay of an index: index 0 is the longest delay.
  std::int64_t delay(std::size_t index) const { return delay_max_ - static_cast<std::int64_t>(index); }

  // The voice as it arrives at that delay, whitened, and as sent. Shapes: length().
  const double* whitened(std::size_t voice, std::size_t index) const { return &voices_[voice].white[index]; }
  const double* plain(std::size_t voice, std::size_t index) const { return &voices_[voice].plain[index]; }
  // Of the whitened voice at that delay.
  double energy(std::size_t voice, std::size_t index) const {
    const auto& sums = voices_[voice].energy_sums;
    return sums[index + length_] - sums[index];
  }
  const Correlator& correlator(std::size_t voice) const { return *voices_[voice].correlator; }

 private:
  struct Voice {
    std::vector<double> plain;
    std::vector<double> white;
    std::vector<double> energy_sums;
    std::unique_ptr<Correlator> correlator;
  };
  std::int64_t from_;
  std::int64_t delay_max_;
  std::size_t length_;
  std::size_t delays_;
  std::vector<Voice> voices_;
};

// Takes away the low end's weight: speech has most of its power there, and its echoes in the correlation.
std::vector<double> whiten(std::span<const double> samples);
// Track's samples of [from, from + length), zero outside.
std::vector<double> cut(const Track& track, std::int64_t from, std::size_t length);

class VoiceFit {
 public:
  VoiceFit(const SentSegment& sent, const Track& heard);

  struct Found {
    std::size_t index = 0;  // of the delay
    double gain = 0.0;
  };
  // None: not plainly heard.
  const std::optional<Found>& found(std::size_t voice) const { return found_[voice]; }
  // Of what is left, loud frames made small: what one slip leaves must not pass for a faint voice.
  // Made once and asked for each voice.
  using Spectrum = std::vector<std::complex<double>>;
  Spectrum rest_spectrum() const { return sent_.correlator(0).transform(rest_); }
  // Correlation of what is left with a voice, for each delay index.
  void correlate(std::size_t voice, const Spectrum& rest, std::vector<double>& out) const {
    sent_.correlator(voice).correlate(rest, out);
  }
  // Frames of 20 ms in [0, samples) that are not the sum of what was found: their first samples.
  std::vector<std::size_t> unexplained(std::size_t samples) const;

 private:
  std::vector<double> plain_rest() const;  // what is left, in the recording's own samples
  void limit_rest();
  bool pursue();
  void refine();
  void solve();
  std::size_t best_delay(std::size_t voice, const std::vector<double>& correlation) const;

  const SentSegment& sent_;
  std::vector<double> plain_;
  std::vector<double> white_;
  std::vector<double> rest_;  // white_ less what was found
  std::vector<std::optional<Found>> found_;
};

}  // namespace tutti::analyser
