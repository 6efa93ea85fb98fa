// The tick and the frame: the beat of every conference and the audio that fills one of them.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "dataplane/base/clock.h"

namespace tutti::base {

// Every conference mixes once a tick.
inline constexpr Duration kTick = std::chrono::milliseconds(20);

// The rate that conferences mix at, and what a tick holds of it.
inline constexpr std::uint32_t kMixRateHz = 8'000;
inline constexpr std::size_t kFrameSamples = 160;  // 8 000 Hz x 20 ms
static_assert(Duration(std::chrono::seconds(1)) / kTick * kFrameSamples == kMixRateHz);

// One participant's audio of one tick: 16-bit linear, full scale +-32 767.
struct alignas(64) Frame {
  std::array<std::int16_t, kFrameSamples> samples{};
};

// A sum of frames, not yet saturated: 65 535 participants at full scale fit.
struct alignas(64) SumFrame {
  std::array<std::int32_t, kFrameSamples> samples{};
};

}  // namespace tutti::base
