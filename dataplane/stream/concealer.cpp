#include "dataplane/stream/concealer.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <new>
#include <type_traits>

extern "C" {
#include <spandsp.h>
}

#include "mixer/kernel/kernels.h"

namespace tutti::stream {

namespace {

// plc_init() given a state only clears it; plc_rx() and plc_fillin() work within it: none allocates.
static_assert(std::is_trivially_copyable_v<plc_state_t>);
static_assert(alignof(plc_state_t) <= 4);

// SpanDSP's own numbers.
constexpr std::size_t kPitchLeast = PLC_PITCH_MAX;  // it counts them as frequencies
constexpr std::size_t kPitchMost = PLC_PITCH_MIN;
constexpr std::size_t kCompared = PLC_HISTORY_LEN - PLC_PITCH_MIN;
constexpr float kFadeStep = 0.0025F;

plc_state_t* plc(Concealer::State* state) TUTTI_REALTIME {
  return std::launder(reinterpret_cast<plc_state_t*>(state->bytes));
}

// What was known last, in order.
using History = std::array<std::int16_t, PLC_HISTORY_LEN>;
History history_of(const plc_state_t& state) TUTTI_REALTIME {
  History history;
  std::rotate_copy(state.history, state.history + state.buf_ptr, state.history + PLC_HISTORY_LEN,
                   history.begin());
  return history;
}

void append(plc_state_t& state, std::span<const std::int16_t> samples) TUTTI_REALTIME {
  for (const std::int16_t sample : samples) {
    if (state.buf_ptr == PLC_HISTORY_LEN) state.buf_ptr = 0;  // where SpanDSP may leave it, too
    state.history[state.buf_ptr++] = sample;
  }
}

// The samples in which a gap begins, and the state with which plc_fillin() goes on: as it would do both, bit
// for bit, where more than a quarter of the longest period is asked for. It searches 81 lags a sample at a
// time, which takes 2 us; and writes that quarter however little is asked for.
void begin_gap(plc_state_t& state, std::span<std::int16_t> out) TUTTI_REALTIME {
  const History history = history_of(state);
  const auto from_end = [&history](std::size_t back)
                            TUTTI_REALTIME { return history[history.size() - back]; };
  const std::size_t pitch = kernel::closest_lag(history.data(), kPitchLeast, kPitchMost, kCompared);
  const std::size_t overlap = pitch / 4;
  // One period, its end blended into what came before its begin, so that it can follow itself.
  const float step = 1.0F / static_cast<float>(overlap);
  float weight = step;
  for (std::size_t i = 0; i < pitch; ++i) {
    state.pitchbuf[i] = from_end(pitch - i);
    if (i < pitch - overlap) continue;
    state.pitchbuf[i] =
        state.pitchbuf[i] * (1.0F - weight) + static_cast<float>(from_end(2 * pitch - i)) * weight;
    weight += step;
  }
  // Its begin is blended with what is known, played backwards: that goes on from the last sample. A gap that
  // ends before that leaves the blending to what is received.
  const std::size_t blended = out.size() > Concealer::kBlendSamplesMax ? overlap : 0;
  float before = 1.0F - step;
  weight = step;
  for (std::size_t i = 0; i < blended; ++i) {
    out[i] = static_cast<std::int16_t>(
        std::nearbyint(before * static_cast<float>(from_end(i + 1)) + weight * state.pitchbuf[i]));
    weight += step;
    before = std::max(before - step, 0.0F);
  }
  float gain = 1.0F;
  std::size_t at = blended;
  for (std::size_t i = blended; i < out.size(); ++i) {
    out[i] = gain > 0.0F ? static_cast<std::int16_t>(state.pitchbuf[at] * gain) : std::int16_t{0};
    gain -= kFadeStep;
    if (++at == pitch) at = 0;
  }
  state.pitch = static_cast<int>(pitch);
  state.pitch_offset = static_cast<int>(at);
  state.missing_samples = static_cast<int>(out.size());
  append(state, out);
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
  if (missing_ == 0) {
    begin_gap(*plc(state_), samples);
  } else {
    plc_fillin(plc(state_), samples.data(), static_cast<int>(samples.size()));
  }
  missing_ = static_cast<std::uint16_t>(missing_ + std::min(samples.size(), kFadeSamples));
  return true;
}

}  // namespace tutti::stream
