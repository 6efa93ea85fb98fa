// SpeechGate: whether a participant is in the mix for what is said: open from before the first syllable
// until some time after the last.
#pragma once

#include <cstdint>

#include "dataplane/base/realtime.h"

namespace tutti::dsp {

struct SpeechGateOptions {
  // The peak, of 32 767, from which a frame counts as speech; 0: the gate is always open.
  // 65 = peak_of_dbov(54): a sine of -57 dBov. Line noise of a step or two of G.711 stays below.
  std::uint16_t threshold = 65;
  // How long it stays open behind the last such frame: the pauses within a sentence. 25 x 20 ms = 500 ms.
  std::uint16_t hold_ticks = 25;
};

// The peak, of 32 767, that is so many dB below full scale; 0 for 0: no threshold at all.
std::uint16_t peak_of_dbov(unsigned below_full_scale_db);

// The threshold does not follow the noise, so that a steady tone is never taken for it.
// Thread: one. Two bytes, so that a participant's hot state has room for it.
class SpeechGate {
 public:
  // Once a tick. `peak_ahead` is the greatest peak of what is due in this tick and of what already waits
  // behind it: that is how the gate opens before the syllable does.
  bool update(std::uint16_t peak_ahead, const SpeechGateOptions& options) TUTTI_REALTIME {
    if (peak_ahead >= options.threshold) {
      hold(options);
      return true;
    }
    if (left_ == 0) return false;
    --left_;
    return true;
  }
  // The same of a peak that is known to be speech.
  void hold(const SpeechGateOptions& options) TUTTI_REALTIME { left_ = options.hold_ticks; }
  // Nothing of what it heard keeps it open.
  bool closed() const TUTTI_REALTIME { return left_ == 0; }

 private:
  std::uint16_t left_ = 0;
};

}  // namespace tutti::dsp
