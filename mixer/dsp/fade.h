// Fade: a frame that begins or ends without a click.
#pragma once

#include <cstdint>
#include <span>

#include "dataplane/base/realtime.h"

namespace tutti::dsp {

enum class Fade : std::uint8_t { kIn, kOut };

// A straight line from silence to the whole, or back, over the length of the samples.
void fade(std::span<std::int16_t> samples, Fade direction) TUTTI_REALTIME;
// The same for sums of samples.
void fade(std::span<std::int32_t> samples, Fade direction) TUTTI_REALTIME;

}  // namespace tutti::dsp
