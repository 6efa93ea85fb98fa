// Level: how loud a frame is, in the terms of RFC 6464.
#pragma once

#include <cstdint>
#include <span>

#include "dataplane/base/realtime.h"

namespace tutti::dsp {

// A level in -dBov: 0 is the overload point, 127 is digital silence; greater is quieter.
using LevelDbov = std::uint8_t;
inline constexpr LevelDbov kLoudest = 0;
inline constexpr LevelDbov kSilent = 127;

// The level of `n` samples whose squares sum to `energy`, rounded to whole dB; kSilent for no samples.
// Source: RFC 6464, section 3; RFC 6465, appendix A: 20 log10(rms / 32 767).
LevelDbov level_dbov(std::uint64_t energy, std::size_t n) TUTTI_REALTIME;

// The level of the samples.
LevelDbov level_dbov(std::span<const std::int16_t> samples) TUTTI_REALTIME;

}  // namespace tutti::dsp
