// ConferenceMixer: one conference's sum of one tick, and what each participant hears of it.
//
// Every talker is added once, everyone's mix is the sum minus their own (N-1): O(N) a tick. Nothing is
// divided by the number of talkers, so nobody's level changes as people join; the 32-bit sum saturates
// once, at the end, for each listener.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "dataplane/base/realtime.h"
#include "dataplane/base/tick.h"
#include "mixer/codec/codec_id.h"

namespace tutti::mixer {

// Order in a tick: begin_tick(), all that adds, then all that hands out, as often as wanted.
// Thread: the conference's core.
class ConferenceMixer {
 public:
  // Frames that may be added in a tick, those inside added sums included.
  // 65 535 x 32 768 = 2 147 450 880 < 2^31, and the sum minus a frame of its own is smaller still.
  static constexpr std::uint32_t kContributorsMax = 65'535;

  void begin_tick() TUTTI_REALTIME;

  // Adds one participant's frame.
  void add(const base::Frame& frame) TUTTI_REALTIME;

  // Decodes a tick's payload into `own` and adds it, in one pass; a short payload is filled up with silence,
  // what is beyond a frame is left out.
  void add_encoded(codec::CodecId codec, std::span<const std::byte> payload, base::Frame& own) TUTTI_REALTIME;

  // The same for several talkers of one codec, a whole frame each, in one pass over the sum.
  // Shapes: as many of `own` as of `payloads`, each with base::kFrameSamples.
  void add_encoded(codec::CodecId codec, std::span<const std::uint8_t* const> payloads,
                   std::span<std::int16_t* const> own) TUTTI_REALTIME;

  // Adds the sum of `contributors` frames of the same conference that were mixed on another core.
  void add_sum(const base::SumFrame& sum, std::uint32_t contributors) TUTTI_REALTIME;

  // The sum without `own`, which was added this tick as it is.
  void mix_minus(const base::Frame& own, base::Frame& out) TUTTI_REALTIME;

  // The same for several of one codec, each encoded into its payload, in one pass over the sum.
  // Shapes: as many payloads as `own`, each with base::kFrameSamples.
  void mix_minus_encoded(codec::CodecId codec, std::span<const std::int16_t* const> own,
                         std::span<std::uint8_t* const> payloads) TUTTI_REALTIME;

  // The whole sum, saturated: for those who are not in the mix.
  void full_mix(base::Frame& out) TUTTI_REALTIME;
  std::size_t full_mix_encoded(codec::CodecId codec, std::span<std::byte> payload) TUTTI_REALTIME;

  // Not yet saturated; for the ring and for other cores.
  const base::SumFrame& sum() TUTTI_REALTIME {
    clear_once();
    return sum_;
  }
  // How many frames are in the sum; with none it is silence.
  std::uint32_t contributors() const TUTTI_REALTIME { return contributors_; }

 private:
  void count(std::uint32_t contributors) TUTTI_REALTIME;
  void clear_once() TUTTI_REALTIME;
  void split_once() TUTTI_REALTIME;

  base::SumFrame sum_;  // unless it is nothing_
  // The sum in two halves, as N-1 wants it; made when the first one asks.
  base::Frame mix_;
  base::Frame excess_;
  bool split_ = false;
  bool nothing_ = false;  // the sum is nothing; who writes all of it need not clear it first
  std::uint32_t contributors_ = 0;
};
static_assert(sizeof(ConferenceMixer) == 1'344);  // docs/BUDGETS.md

}  // namespace tutti::mixer
