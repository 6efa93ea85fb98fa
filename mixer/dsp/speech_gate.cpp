#include "mixer/dsp/speech_gate.h"

#include <cmath>

namespace tutti::dsp {

std::uint16_t peak_of_dbov(unsigned below_full_scale_db) {
  if (below_full_scale_db == 0) return 0;
  return static_cast<std::uint16_t>(std::lround(32'767.0 * std::pow(10.0, -0.05 * below_full_scale_db)));
}

}  // namespace tutti::dsp
