#include "dataplane/stream/concealer.h"

#include <algorithm>
#include <array>
#include <new>
#include <type_traits>

extern "C" {
#include <spandsp.h>
}

#include "dataplane/base/check.h"

namespace tutti::stream {

namespace {

// plc_init() given a state only clears it; plc_rx() and plc_fillin() work within it: none allocates.
static_assert(std::is_trivially_copyable_v<plc_state_t>);
static_assert(alignof(plc_state_t) <= 4);

plc_state_t* plc(std::byte* bytes) TUTTI_REALTIME {
  return std::launder(reinterpret_cast<plc_state_t*>(bytes));
}

}  // namespace

void Concealer::reset() TUTTI_REALTIME {
  static_assert(sizeof(plc_state_t) == kStateBytes);
  static_assert(PLC_PITCH_OVERLAP_MAX == kBlendSamplesMax);
  plc_init(new (state_) plc_state_t);
  missing_ = 0;
  primed_ = false;
}

void Concealer::receive(std::span<std::int16_t> samples) TUTTI_REALTIME {
  if (samples.empty()) return;
  plc_rx(plc(state_), samples.data(), static_cast<int>(samples.size()));
  missing_ = 0;
  primed_ = true;
}

bool Concealer::fill(std::span<std::int16_t> samples) TUTTI_REALTIME {
  if (!primed_ || missing_ >= kFadeSamples) {
    std::fill(samples.begin(), samples.end(), std::int16_t{0});
    return false;
  }
  if (samples.empty()) return false;
  // Where a gap begins, plc_fillin() writes a quarter of a pitch period however little is asked for.
  std::array<std::int16_t, kBlendSamplesMax + 2> scratch;
  const bool tiny = samples.size() < scratch.size();
  plc_fillin(plc(state_), tiny ? scratch.data() : samples.data(), static_cast<int>(samples.size()));
  if (tiny) std::copy_n(scratch.begin(), samples.size(), samples.begin());
  missing_ = static_cast<std::uint16_t>(missing_ + std::min(samples.size(), kFadeSamples));
  return true;
}

void Concealer::splice() TUTTI_REALTIME {
  std::int16_t sample = 0;
  fill(std::span(&sample, 1));
}

}  // namespace tutti::stream
