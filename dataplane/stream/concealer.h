// Concealer: makes up the samples that were lost from those before, fading to silence within 50 ms, and
// blends into the audio that follows. SpanDSP's packet loss concealment, in place.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "dataplane/base/realtime.h"

namespace tutti::stream {

// Thread: one. What every tick asks is here; the history and SpanDSP's state are elsewhere, and touched
// only to learn and to conceal.
class Concealer {
 public:
  static constexpr std::size_t kStateBytes = 1'056;  // sizeof(plc_state_t), proven in the source
  struct alignas(4) State {
    std::byte bytes[kStateBytes];
  };

  // SpanDSP attenuates by 0.0025 a sample: 400 samples to silence.
  static constexpr std::size_t kFadeSamples = 400;
  // The part of the audio after a gap that may be blended: a quarter of the longest pitch, 120 samples.
  static constexpr std::size_t kBlendSamplesMax = 30;

  // Needs no more history than this: all older is overwritten by it.
  static constexpr std::size_t kHistorySamples = 280;

  // Writes to the state when it first learns. The state outlives it.
  explicit Concealer(State& state) TUTTI_REALTIME : state_(&state) {}
  // What was learned is of no use for what is lost next.
  void reset() TUTTI_REALTIME {
    missing_ = 0;
    primed_ = false;
  }

  // Learns from received audio; after a gap the first samples are blended with what was made up.
  void receive(std::span<std::int16_t> samples) TUTTI_REALTIME;
  // Writes every sample; all are zero once faded out.
  // Returns whether any was made up.
  bool fill(std::span<std::int16_t> samples) TUTTI_REALTIME;
  // Whether what is received next is blended with what was made up.
  bool blends_next() const TUTTI_REALTIME { return missing_ > 0; }

 private:
  State* state_;
  std::uint16_t missing_ = 0;  // samples filled since audio was received; saturates
  bool primed_ = false;        // audio was received
};

}  // namespace tutti::stream
