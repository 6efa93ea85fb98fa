// Gain: how much louder or quieter a sound is made; a change is a straight line over one frame, no step.
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>

#include "dataplane/base/realtime.h"
#include "dataplane/base/tick.h"
#include "mixer/kernel/kernels.h"

namespace tutti::dsp {

// The factor of so many dB, -72 to +24: below it is silence, above it the most there is.
constexpr kernel::GainQ12 gain_of_db(int db) TUTTI_REALTIME {
  constexpr double kOneDb = 1.1220184543019633;  // 10^(1/20)
  double factor = kernel::kUnityGain;
  for (; db > 0; --db) factor *= kOneDb;
  for (; db < 0; ++db) factor /= kOneDb;
  if (factor >= 65'535.0) return 65'535;
  const auto whole = static_cast<kernel::GainQ12>(factor);  // std::lround is no constant expression yet
  return static_cast<kernel::GainQ12>(whole + (factor - whole >= 0.5 ? 1 : 0));
}

// A frame's gain from its first sample to its last.
struct GainRamp {
  kernel::GainQ12 from = kernel::kUnityGain;
  kernel::GainQ12 to = kernel::kUnityGain;
  bool steady() const TUTTI_REALTIME { return from == to; }
  bool unity() const TUTTI_REALTIME {
    return std::bit_cast<std::uint32_t>(*this) == std::bit_cast<std::uint32_t>(GainRamp{});
  }
};

// frame = saturated (frame x gain), rounded to nearest.
void apply(GainRamp gain, base::Frame& frame) TUTTI_REALTIME;

// out = saturated ((sum - own) x gain): saturated once, so that what is turned down is not cut off before.
// Without `own` the whole sum.
void scale_mix(const base::SumFrame& sum, const base::Frame* own, GainRamp gain,
               base::Frame& out) TUTTI_REALTIME;

// One sound's gain from frame to frame. Thread: one. Four bytes, for a participant's hot state.
class Gain {
 public:
  // What the next frame is to reach.
  void aim_at(kernel::GainQ12 gain) TUTTI_REALTIME { ramp_.to = gain; }
  // The next frame's.
  GainRamp ramp() const TUTTI_REALTIME { return ramp_; }
  bool unity() const TUTTI_REALTIME { return ramp_.unity(); }
  // What that frame makes of a peak.
  std::uint16_t of_peak(std::uint16_t peak) const TUTTI_REALTIME {
    return static_cast<std::uint16_t>(std::min(std::uint32_t{peak} * ramp_.to >> 12, std::uint32_t{32'767}));
  }
  // That frame was made, or nobody heard it.
  void settle() TUTTI_REALTIME { ramp_.from = ramp_.to; }

 private:
  GainRamp ramp_;
};

}  // namespace tutti::dsp
