// TimeCompressor: leaves out a stretch of audio where it resembles itself, and fades over it: a delay is
// given back inside speech or a tone, and nobody hears it.
#pragma once

#include <cstdint>
#include <span>

#include "dataplane/base/realtime.h"
#include "dataplane/base/tick.h"

namespace tutti::stream {

// Units: samples at 8 000 Hz. Costs some 3 us; touches no memory but the stack.
// Source: the idea is WSOLA's (Verhelst and Roelands, ICASSP 1993): overlap and add at the most similar
// place.
class TimeCompressor {
 public:
  static constexpr int kCutMin = 80;        // 10 ms: a period of the lowest voices
  static constexpr int kCutMax = 240;       // 30 ms
  static constexpr int kWholeCutMax = 320;  // 40 ms, where a cut ends at a packet's begin
  static constexpr int kAudioMax = kWholeCutMax + static_cast<int>(base::kFrameSamples);

  // Writes the frame in which `audio` fades from its first frame into the one that lies a cut later, equally
  // loud throughout. Returns the cut, of cut_max samples at most; 0 and nothing written where no place is at
  // least as similar as `least` (correlation, to 1), or the audio does not reach. `into`: samples of the
  // first one's packet before it: of cuts that are similar enough one is preferred that ends with a frame of
  // packets.
  static int compress(std::span<const std::int16_t> audio, int cut_max, int into, float least,
                      base::Frame& out) TUTTI_REALTIME;
};

}  // namespace tutti::stream
