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

plc_state_t* plc(Concealer::State* state) TUTTI_REALTIME {
  return std::launder(reinterpret_cast<plc_state_t*>(state->bytes));
}

// Begins the ring of known samples at its start. plc_fillin() would do it with a memcpy() onto itself, which
// moves the right bytes only by luck.
void straighten_history(plc_state_t& state) TUTTI_REALTIME {
  std::rotate(state.history, state.history + state.buf_ptr, state.history + PLC_HISTORY_LEN);
  state.buf_ptr = 0;
}

}  // namespace

void Concealer::receive(std::span<std::int16_t> samples) TUTTI_REALTIME {
  static_assert(sizeof(plc_state_t) == kStateBytes);
  static_assert(PLC_PITCH_OVERLAP_MAX == kBlendSamplesMax);
  static_assert(PLC_HISTORY_LEN == kHistorySamples);
  if (samples.empty()) return;
  if (!primed_) plc_init(new (state_->bytes) plc_state_t);
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
  const int wanted = static_cast<int>(samples.size());
  if (missing_ == 0) straighten_history(*plc(state_));
  if (missing_ > 0 || samples.size() > kBlendSamplesMax) {
    plc_fillin(plc(state_), samples.data(), wanted);
  } else {
    // Where a gap begins, plc_fillin() writes a quarter of a pitch period however little is asked for, and
    // goes on behind it. So few samples are taken straight from the period that it repeats.
    std::array<std::int16_t, kBlendSamplesMax + 1> scratch;
    plc_fillin(plc(state_), scratch.data(), wanted);
    plc_state_t& state = *plc(state_);
    for (int i = 0; i < wanted; ++i) samples[i] = static_cast<std::int16_t>(state.pitchbuf[i]);
    state.pitch_offset = wanted;
  }
  missing_ = static_cast<std::uint16_t>(missing_ + std::min(samples.size(), kFadeSamples));
  return true;
}

}  // namespace tutti::stream
