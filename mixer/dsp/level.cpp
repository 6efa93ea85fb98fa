#include "mixer/dsp/level.h"

#include <algorithm>
#include <cmath>

#include "mixer/kernel/kernels.h"

namespace tutti::dsp {

LevelDbov level_dbov(std::uint64_t energy, std::size_t n) TUTTI_REALTIME {
  if (energy == 0 || n == 0) return kSilent;
  constexpr float kDbPerOctaveOfPower = 3.0103f;            // 10 log10(2)
  constexpr float kFullScalePower = 32'767.0f * 32'767.0f;  // the mean square of full scale
  // Single precision: off by less than 0.001 dB, and a fraction of the cost.
  const float share = static_cast<float>(energy) / (static_cast<float>(n) * kFullScalePower);
  const float level = -kDbPerOctaveOfPower * std::log2(share);
  return static_cast<LevelDbov>(std::lrintf(std::clamp(level, 0.0f, 127.0f)));
}

LevelDbov level_dbov(std::span<const std::int16_t> samples) TUTTI_REALTIME {
  return level_dbov(kernel::energy(samples.data(), samples.size()), samples.size());
}

}  // namespace tutti::dsp
