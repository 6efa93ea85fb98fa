// TalkerBatch: payloads on their way into a conference's sum, several of one codec at a time.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "dataplane/base/realtime.h"
#include "dataplane/base/tick.h"
#include "dataplane/stream/inbound_stream.h"
#include "mixer/codec/codec_id.h"
#include "mixer/conference_mixer.h"

namespace tutti::core {

// Of one conference and tick at a time: flushed behind it. Thread: the core.
class TalkerBatch {
 public:
  explicit TalkerBatch(mixer::ConferenceMixer& mixer) TUTTI_REALTIME : mixer_(mixer) {}

  // Adds it, now or later; decodes it into `own` with that. Both stay where they are until flush().
  void add(const stream::EncodedFrame& frame, base::Frame& own) TUTTI_REALTIME {
    std::size_t& next = next_[static_cast<std::size_t>(frame.codec)];
    const std::size_t place = next;  // not read anew behind each store
    payloads_[place] = reinterpret_cast<const std::uint8_t*>(frame.payload);
    own_[place] = own.samples.data();
    next = place + 1;
    if (place % kLaneMax == kLaneMax - 1) flush(frame.codec);
  }

  void flush() TUTTI_REALTIME {
    flush(codec::CodecId::kPcmu);
    flush(codec::CodecId::kPcma);
  }

 private:
  static constexpr std::size_t kLaneMax = 16;

  // Where a codec's lane begins in the arrays of both.
  static constexpr std::size_t begin_of(codec::CodecId codec) {
    return static_cast<std::size_t>(codec) * kLaneMax;
  }

  void flush(codec::CodecId codec) TUTTI_REALTIME {
    const std::size_t begin = begin_of(codec);
    const std::size_t count = next_[static_cast<std::size_t>(codec)] - begin;
    if (count == 0) return;
    mixer_.add_encoded(codec, std::span(payloads_).subspan(begin, count),
                       std::span(own_).subspan(begin, count));
    next_[static_cast<std::size_t>(codec)] = begin;
  }

  mixer::ConferenceMixer& mixer_;
  // By CodecId: the next place in its lane.
  std::array<std::size_t, 2> next_{begin_of(codec::CodecId::kPcmu), begin_of(codec::CodecId::kPcma)};
  std::array<const std::uint8_t*, 2 * kLaneMax> payloads_;
  std::array<std::int16_t*, 2 * kLaneMax> own_;
};

}  // namespace tutti::core
