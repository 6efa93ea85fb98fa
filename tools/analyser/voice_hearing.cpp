#include "tools/analyser/voice_hearing.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <map>
#include <optional>
#include <utility>

#include "dataplane/base/check.h"
#include "tools/analyser/voice_fit.h"

namespace tutti::analyser {
namespace {

constexpr double kSpeaksShare = 0.05;  // of the voice's usual power: a segment with less says nothing
constexpr std::size_t kShortest = 12 * base::kFrameSamples;  // 240 ms are enough to find a voice again
constexpr double kDoubtfulGain = 0.5;                        // below it a delay met only once is chance

// What is known of one voice at one listener so far.
struct Sum {
  double energy = 0.0;              // of the voice, in all segments
  double gained = 0.0;              // gain^2 x energy, of the segments in which it was plainly heard
  double rest_energy = 0.0;         // of the other segments
  std::vector<double> correlation;  // over the other segments, for each delay
  struct Segment {
    double energy = 0.0;
    double gain = -1.0;     // below 0: not plainly heard
    std::size_t index = 0;  // of the delay, where it was
  };
  std::vector<Segment> segments;
  std::map<std::size_t, double> delays;  // index -> energy heard at it
};

// One listener's way through the segments.
class Listener {
 public:
  Listener(const Track& heard, std::size_t voices, const VoiceSearch& search)
      : heard_(heard), search_(search), sums_(voices) {}

  // `tracks` are the voices that `sent` was cut from.
  void take(const SentSegment& sent, std::span<const Track> tracks, std::int64_t to) {
    Explanation explanation;
    explain(sent, tracks, to, explanation);
    for (const Piece& piece : explanation.pieces) adopt(piece);
  }

  VoiceReport finish() {
    for (Sum& sum : sums_) {
      doubt(sum);
      report_.voices.push_back(level_of(sum));
    }
    return std::move(report_);
  }

 private:
  // What of a segment is kept of its fit.
  struct Piece {
    struct Voice {
      double energy = 0.0;
      std::optional<VoiceFit::Found> found;
      std::vector<double> correlation;  // with what is left, where it was not found
    };
    std::vector<Voice> voices;
    std::vector<std::int64_t> unexplained;
    std::size_t frames = 0;
  };
  struct Explanation {
    std::vector<Piece> pieces;
    std::size_t unexplained = 0;
  };

  // Where a delay changed inside a segment, its halves are explained better: take the better of both.
  void explain(const SentSegment& sent, std::span<const Track> tracks, std::int64_t to,
               Explanation& out) const {
    const VoiceFit fit(sent, heard_);
    const auto judged = static_cast<std::size_t>(std::max<std::int64_t>(to - sent.from(), 0));
    const auto unexplained = fit.unexplained(judged);
    // Whole frames, so that the halves look at the same ones.
    const std::size_t half = sent.length() / 2 / base::kFrameSamples * base::kFrameSamples;
    if (unexplained.size() >= 2 && half >= kShortest) {
      Explanation halves;
      explain(SentSegment(tracks, sent.from(), half, search_), tracks, to, halves);
      explain(
          SentSegment(tracks, sent.from() + static_cast<std::int64_t>(half), sent.length() - half, search_),
          tracks, to, halves);
      if (halves.unexplained < unexplained.size()) {
        out.unexplained += halves.unexplained;
        std::move(halves.pieces.begin(), halves.pieces.end(), std::back_inserter(out.pieces));
        return;
      }
    }
    out.unexplained += unexplained.size();
    Piece piece;
    piece.frames = std::min(sent.length(), judged) / base::kFrameSamples;
    for (const std::size_t at : unexplained) {
      piece.unexplained.push_back(sent.from() + static_cast<std::int64_t>(at));
    }
    const VoiceFit::Spectrum rest = sums_.empty() ? VoiceFit::Spectrum{} : fit.rest_spectrum();
    for (std::size_t voice = 0; voice < sums_.size(); ++voice) {
      Piece::Voice one;
      one.found = fit.found(voice);
      // Not plainly heard: which part of it should have been depends on the delay; take the likely one.
      one.energy = sent.energy(voice, one.found ? one.found->index : usual_delay(sent, sums_[voice]));
      if (!one.found) fit.correlate(voice, rest, one.correlation);
      piece.voices.push_back(std::move(one));
    }
    out.pieces.push_back(std::move(piece));
  }

  void adopt(const Piece& piece) {
    report_.frames += piece.frames;
    report_.unexplained.insert(report_.unexplained.end(), piece.unexplained.begin(), piece.unexplained.end());
    for (std::size_t voice = 0; voice < sums_.size(); ++voice) {
      const Piece::Voice& one = piece.voices[voice];
      Sum& sum = sums_[voice];
      sum.energy += one.energy;
      if (one.found) {
        sum.gained += one.found->gain * one.found->gain * one.energy;
        sum.segments.push_back({one.energy, one.found->gain, one.found->index});
        sum.delays[one.found->index] += one.energy;
        continue;
      }
      sum.rest_energy += one.energy;
      sum.segments.push_back({one.energy, -1.0, 0});
      sum.correlation.resize(one.correlation.size(), 0.0);
      for (std::size_t i = 0; i < one.correlation.size(); ++i) sum.correlation[i] += one.correlation[i];
    }
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

  // Takes back faint finds at delays that no other segment confirms.
  static void doubt(Sum& sum) {
    if (sum.segments.size() < 3) return;
    for (Sum::Segment& segment : sum.segments) {
      if (segment.gain < 0.0 || segment.gain >= kDoubtfulGain) continue;
      const bool confirmed =
          std::any_of(sum.segments.begin(), sum.segments.end(), [&](const Sum::Segment& other) {
            const std::size_t apart =
                std::max(other.index, segment.index) - std::min(other.index, segment.index);
            return &other != &segment && other.gain >= 0.0 && apart <= 2;
          });
      if (confirmed) continue;
      sum.gained -= segment.gain * segment.gain * segment.energy;
      sum.rest_energy += segment.energy;
      sum.delays[segment.index] -= segment.energy;
      segment.gain = -1.0;
    }
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
    for (const auto& [energy, gain, at] : sum.segments) {
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
    for (Listener& listener : listeners) listener.take(segment, sent, to);
  }
  std::vector<VoiceReport> reports;
  reports.reserve(listeners.size());
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
