// A tick's frame as a length of audio.
#pragma once

#include "dataplane/base/tick.h"

namespace tutti::stream {

// Samples; signed, because places in a stream are told apart with it.
inline constexpr int kFrame = static_cast<int>(base::kFrameSamples);

}  // namespace tutti::stream
