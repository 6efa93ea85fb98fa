#include "tools/analyser/continuity.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <numeric>

#include "tools/analyser/least_squares.h"

namespace tutti::analyser {
namespace {

constexpr std::size_t kHop = 80;       // predicted at a time: 10 ms
constexpr std::size_t kHorizon = 240;  // how far a fit is trusted: 30 ms
constexpr double kLeastRms = 16.0;     // quieter than this is silence
constexpr double kLeastError = 0.05;   // of the rms: G.711's own error is 0.014
constexpr double kTimesUsualError = 8.0;

// What a window of tones foretells: `horizon` samples as a linear function of the `window` before them.
class Predictor {
 public:
  Predictor(std::span<const Tone> tones, std::size_t window) : window_(window) {
    const std::size_t unknowns = 2 * tones.size();
    const auto base_function = [&](std::size_t k, double n) {
      const double angle = 2.0 * std::numbers::pi * tones[k / 2].frequency_hz / kRateHz * n;
      return k % 2 == 0 ? std::cos(angle) : std::sin(angle);
    };
    std::vector<double> design(unknowns * window);  // a row a base function
    for (std::size_t k = 0; k < unknowns; ++k) {
      for (std::size_t n = 0; n < window; ++n)
        design[k * window + n] = base_function(k, static_cast<double>(n));
    }
    std::vector<double> normal(unknowns * unknowns);
    for (std::size_t a = 0; a < unknowns; ++a) {
      for (std::size_t b = 0; b <= a; ++b) {
        normal[a * unknowns + b] = normal[b * unknowns + a] =
            std::inner_product(&design[a * window], &design[a * window] + window, &design[b * window], 0.0);
      }
    }
    const Cholesky cholesky(std::move(normal), unknowns);
    weights_.resize(kHorizon * window);
    std::vector<double> row(unknowns);
    for (std::size_t h = 0; h < kHorizon; ++h) {
      for (std::size_t k = 0; k < unknowns; ++k) row[k] = base_function(k, static_cast<double>(window + h));
      cholesky.solve(row);
      for (std::size_t k = 0; k < unknowns; ++k) {
        for (std::size_t n = 0; n < window; ++n) weights_[h * window + n] += row[k] * design[k * window + n];
      }
    }
  }

  // The sample `ahead` after the window that starts at `from`.
  double predict(const std::int16_t* from, std::size_t ahead) const {
    return std::inner_product(from, from + window_, &weights_[ahead * window_], 0.0);
  }

 private:
  std::size_t window_;
  std::vector<double> weights_;
};

bool quiet(SampleView samples, std::size_t at, std::size_t count, double reference) {
  if (at + count > samples.size()) count = samples.size() - at;
  return rms(samples.subspan(at, count)) < 0.1 * reference;
}

}  // namespace

const char* to_string(BreakKind kind) {
  switch (kind) {
    case BreakKind::kJump:
      return "jump";
    case BreakKind::kClick:
      return "click";
    case BreakKind::kHole:
      return "hole";
  }
  return "?";
}

std::vector<Break> tone_breaks(SampleView heard, std::span<const Tone> present) {
  std::vector<Break> breaks;
  const std::size_t window = (present.size() > 16 ? 200U : 100U) * kSamplesPerMs;
  if (present.empty() || heard.size() < window + kHorizon) return breaks;
  const Predictor predictor(present, window);
  std::vector<double> errors(heard.size(), 0.0);  // absolute; 0 before the first window is full
  std::vector<double> hop_errors;
  for (std::size_t at = window; at + kHop <= heard.size(); at += kHop) {
    double sum = 0.0;
    for (std::size_t i = 0; i < kHop; ++i) {
      errors[at + i] = std::fabs(predictor.predict(&heard[at - window], i) - heard[at + i]);
      sum += errors[at + i] * errors[at + i];
    }
    hop_errors.push_back(std::sqrt(sum / kHop));
  }
  std::nth_element(hop_errors.begin(), hop_errors.begin() + hop_errors.size() / 2, hop_errors.end());
  const double usual = hop_errors[hop_errors.size() / 2];

  for (std::size_t at = window; at + kHop <= heard.size();) {
    const double reference = rms(heard.subspan(at - window, window));
    const double bound = std::max(kTimesUsualError * usual, kLeastError * reference);
    const auto first = errors.begin() + static_cast<std::ptrdiff_t>(at);
    const auto wrong = std::find_if(first, first + kHop, [&](double error) { return error > bound; });
    if (reference < kLeastRms || wrong == first + kHop) {
      at += kHop;
      continue;
    }
    const auto where = static_cast<std::size_t>(wrong - errors.begin());
    Break found{where, BreakKind::kJump, decibel(*std::max_element(wrong, first + kHop) / reference)};
    std::size_t resume = where;
    if (quiet(heard, where + 1, kHop / 2, reference)) {
      found.kind = BreakKind::kHole;
      while (resume + kHop / 2 < heard.size() && quiet(heard, resume + 1, kHop / 2, reference))
        resume += kHop / 4;
    } else {
      // With the fit from before the break: is the last third of the horizon right again?
      bool right = at + kHorizon <= heard.size();
      for (std::size_t ahead = 2 * kHorizon / 3; right && ahead < kHorizon; ++ahead) {
        right = std::fabs(predictor.predict(&heard[at - window], ahead) - heard[at + ahead]) <= bound;
      }
      if (right) found.kind = BreakKind::kClick;
    }
    breaks.push_back(found);
    // Whole hops, so that `errors` was computed with the window that is looked at.
    const std::size_t hops = (resume - at) / kHop + 1 + (window + kHop - 1) / kHop;
    at += (found.kind == BreakKind::kClick ? hops + 1 : hops) * kHop;
  }
  return breaks;
}

}  // namespace tutti::analyser
