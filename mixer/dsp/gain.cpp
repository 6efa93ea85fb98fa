#include "mixer/dsp/gain.h"

#include <algorithm>

namespace tutti::dsp {
namespace {

constexpr int kPoint = 12;  // bits behind the point of GainQ12
constexpr std::int32_t kHalf = 1 << (kPoint - 1);
static_assert(kernel::kUnityGain == 1 << kPoint);

// The gain of each sample: half a step off both ends, as dsp::fade has it.
constexpr std::int32_t gain_at(GainRamp gain, std::int32_t sample) TUTTI_REALTIME {
  constexpr auto kSamples = static_cast<std::int32_t>(base::kFrameSamples);
  const std::int32_t way = std::int32_t{gain.to} - gain.from;
  return gain.from + way * (2 * sample + 1) / (2 * kSamples);
}

template <typename Wide>
std::int16_t scaled(Wide sample, std::int32_t gain) TUTTI_REALTIME {
  return static_cast<std::int16_t>(std::clamp<Wide>((sample * gain + kHalf) >> kPoint, -32'768, 32'767));
}

}  // namespace

void apply(GainRamp gain, base::Frame& frame) TUTTI_REALTIME {
  if (gain.steady()) {
    kernel::gain(frame.samples.data(), gain.to, frame.samples.data(), base::kFrameSamples);
    return;
  }
  std::int32_t at = 0;
  for (std::int16_t& sample : frame.samples) {
    // 32 768 x 65 535 + 2 048 < 2^31
    sample = scaled(std::int32_t{sample}, gain_at(gain, at++));
  }
}

void scale_mix(const base::SumFrame& sum, const base::Frame* own, GainRamp gain,
               base::Frame& out) TUTTI_REALTIME {
  if (gain.steady()) {
    const std::int16_t* const minus = own == nullptr ? nullptr : own->samples.data();
    return kernel::scale_mix(sum.samples.data(), minus, gain.to, out.samples.data(), base::kFrameSamples);
  }
  for (std::size_t i = 0; i < base::kFrameSamples; ++i) {
    std::int64_t sample = sum.samples[i];
    if (own != nullptr) sample -= own->samples[i];
    out.samples[i] = scaled(sample, gain_at(gain, static_cast<std::int32_t>(i)));
  }
}

}  // namespace tutti::dsp
