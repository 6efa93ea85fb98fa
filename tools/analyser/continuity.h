// Continuity: breaks in a received sum of tones: lost or repeated frames, clicks, holes.
#pragma once

#include <vector>

#include "tools/analyser/tone.h"

namespace tutti::analyser {

enum class BreakKind : std::uint8_t {
  kJump,   // the tones go on in another phase: something was left out, put in or moved
  kClick,  // some samples are wrong, then the tones go on as before
  kHole,   // nothing for a while
};

const char* to_string(BreakKind kind);

struct Break {
  std::size_t at = 0;  // sample of `heard`, some 1 ms exact
  BreakKind kind = BreakKind::kJump;
  double error_db = 0.0;  // the largest error, relative to the signal's rms
};

// Predicts each 10 ms from the 100 ms before (200 ms with more than 16 tones) as a sum of these tones, and
// reports where that fails by more than eight times the usual error. Breaks closer than a window are one.
// Every tone present must be named; one that comes or goes is a break.
std::vector<Break> tone_breaks(SampleView heard, std::span<const Tone> present);

}  // namespace tutti::analyser
