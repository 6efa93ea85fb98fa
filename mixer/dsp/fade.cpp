#include "mixer/dsp/fade.h"

namespace tutti::dsp {

void fade(std::span<std::int16_t> samples, Fade direction) TUTTI_REALTIME {
  const auto length = static_cast<std::int32_t>(samples.size());
  for (std::int32_t i = 0; i < length; ++i) {
    // Half a step off both ends, so that one direction is the other's mirror image.
    const std::int32_t share = direction == Fade::kIn ? 2 * i + 1 : 2 * (length - i) - 1;
    samples[i] = static_cast<std::int16_t>(samples[i] * share / (2 * length));
  }
}

}  // namespace tutti::dsp
