#include "mixer/dsp/fade.h"

namespace tutti::dsp {
namespace {

template <typename Wide, typename Sample>
void fade_line(std::span<Sample> samples, Fade direction) TUTTI_REALTIME {
  const auto length = static_cast<Wide>(samples.size());
  for (Wide i = 0; i < length; ++i) {
    // Half a step off both ends, so that one direction is the other's mirror image.
    const Wide share = direction == Fade::kIn ? 2 * i + 1 : 2 * (length - i) - 1;
    Sample& sample = samples[static_cast<std::size_t>(i)];
    sample = static_cast<Sample>(sample * share / (2 * length));
  }
}

}  // namespace

void fade(std::span<std::int16_t> samples, Fade direction) TUTTI_REALTIME {
  fade_line<std::int32_t>(samples, direction);
}

void fade(std::span<std::int32_t> samples, Fade direction) TUTTI_REALTIME {
  fade_line<std::int64_t>(samples, direction);
}

}  // namespace tutti::dsp
