// ToneGenerator: a sine without a break from one frame to the next; for tests, tools and hold tones.
#pragma once

#include <cstdint>
#include <span>

#include "dataplane/base/realtime.h"
#include "dataplane/base/tick.h"

namespace tutti::dsp {

// Thread: one.
class ToneGenerator {
 public:
  // Units: `amplitude` is the peak, 0 to 32 767. Frequencies lie below half the rate.
  ToneGenerator(double frequency_hz, std::int16_t amplitude,
                std::uint32_t rate_hz = base::kMixRateHz) TUTTI_REALTIME;

  // The next samples.
  void generate(std::span<std::int16_t> out) TUTTI_REALTIME;

  // From the next sample on; the phase goes on from where it is.
  void set_frequency(double frequency_hz) TUTTI_REALTIME;
  void set_amplitude(std::int16_t amplitude) TUTTI_REALTIME { amplitude_ = amplitude; }

 private:
  std::uint32_t rate_hz_;
  std::int16_t amplitude_;
  std::uint32_t phase_ = 0;  // a turn is 2^32, so it wraps by itself and never loses precision
  std::uint32_t step_;
};

}  // namespace tutti::dsp
