#include "dataplane/stream/time_compressor.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstdlib>

#include "dataplane/base/check.h"
#include "dataplane/stream/frame.h"

namespace tutti::stream {
namespace {

constexpr float kAlike = 0.8F;    // a tone that is off by a tenth of its period
constexpr float kBetter = 0.01F;  // a longer cut is worth so much

// 12 bits of each, so that a frame's products add up to less than 2^31: 2^22 x 160.
struct Scaled {
  std::array<std::int16_t, TimeCompressor::kAudioMax> samples;

  std::int32_t product(int one, int other) const TUTTI_REALTIME {
    std::int32_t sum = 0;
    for (int i = 0; i < kFrame; ++i) sum += samples[one + i] * samples[other + i];
    return sum;
  }
};

Scaled scale(std::span<const std::int16_t> audio) TUTTI_REALTIME {
  unsigned peak = 0;
  for (const std::int16_t sample : audio) peak = std::max(peak, static_cast<unsigned>(std::abs(int{sample})));
  const int shift = std::max(static_cast<int>(std::bit_width(peak)) - 11, 0);
  Scaled scaled;
  for (std::size_t i = 0; i < audio.size(); ++i) {
    scaled.samples[i] = static_cast<std::int16_t>(audio[i] >> shift);
  }
  return scaled;
}

struct Match {
  int cut = 0;
  float alike = -1.0F;
};

// Equally loud: the sum of two signals with this correlation keeps its power.
void fade(std::span<const std::int16_t> audio, Match match, base::Frame& out) TUTTI_REALTIME {
  const float common = std::clamp(match.alike, 0.0F, 1.0F);
  for (int i = 0; i < kFrame; ++i) {
    const float at = (static_cast<float>(i) + 0.5F) / kFrame;
    const float in = at * at * (3.0F - 2.0F * at);
    const float away = 1.0F - in;
    const float power = away * away + in * in + 2.0F * away * in * common;
    const float sum = (away * static_cast<float>(audio[i]) + in * static_cast<float>(audio[i + match.cut])) /
                      std::sqrt(power);
    out.samples[i] = static_cast<std::int16_t>(std::lrint(std::clamp(sum, -32'768.0F, 32'767.0F)));
  }
}

}  // namespace

int TimeCompressor::compress(std::span<const std::int16_t> audio, int cut_max, int into, float least,
                             base::Frame& out) TUTTI_REALTIME {
  DCHECK(audio.size() <= kAudioMax);
  const int longest = std::min(cut_max, static_cast<int>(audio.size()) - kFrame);
  if (longest < kCutMin) return 0;
  const Scaled scaled = scale(audio);
  const auto power = static_cast<float>(scaled.product(0, 0));
  const auto match_at = [&](int cut) {
    const auto other = static_cast<float>(scaled.product(cut, cut));
    const float both = std::sqrt(power * other);
    return Match{cut, both > 0.0F ? static_cast<float>(scaled.product(0, cut)) / both : 1.0F};
  };
  Match best;
  for (int cut = kFrame - into % kFrame; cut <= std::min(longest, kWholeCutMax); cut += kFrame) {
    const Match match = cut >= kCutMin ? match_at(cut) : Match{};
    if (match.alike > best.alike) best = match;
  }
  if (best.alike < std::max(kAlike, least)) {
    for (int cut = std::min(longest, kCutMax); cut >= kCutMin; --cut) {
      const Match match = match_at(cut);
      if (match.alike > best.alike + kBetter) best = match;
    }
  }
  if (best.alike < least) return 0;
  fade(audio, best, out);
  return best.cut;
}

}  // namespace tutti::stream
