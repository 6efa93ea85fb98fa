#include "mixer/dsp/tone_generator.h"

#include <cmath>
#include <numbers>

namespace tutti::dsp {

ToneGenerator::ToneGenerator(double frequency_hz, std::int16_t amplitude,
                             std::uint32_t rate_hz) TUTTI_REALTIME : rate_hz_(rate_hz),
                                                                     amplitude_(amplitude),
                                                                     step_(0) {
  set_frequency(frequency_hz);
}

void ToneGenerator::set_frequency(double frequency_hz) TUTTI_REALTIME {
  constexpr double kTurn = 4'294'967'296.0;  // 2^32
  step_ = static_cast<std::uint32_t>(std::llround(frequency_hz / rate_hz_ * kTurn));
}

void ToneGenerator::generate(std::span<std::int16_t> out) TUTTI_REALTIME {
  constexpr float kRadians = static_cast<float>(std::numbers::pi / 2'147'483'648.0);  // a turn is 2^32
  for (std::int16_t& sample : out) {
    // Signed: from half a turn behind to half a turn ahead, where single precision serves best.
    const float angle = static_cast<float>(static_cast<std::int32_t>(phase_)) * kRadians;
    sample = static_cast<std::int16_t>(std::lrintf(std::sin(angle) * static_cast<float>(amplitude_)));
    phase_ += step_;
  }
}

}  // namespace tutti::dsp
