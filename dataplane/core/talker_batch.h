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

// Made anew for each conference and tick. Thread: the core.
class TalkerBatch {
 public:
  explicit TalkerBatch(mixer::ConferenceMixer& mixer) TUTTI_REALTIME : mixer_(mixer) {}

  // Adds it, now or later; decodes it into `own` with that. Both stay where they are until flush().
  void add(const stream::EncodedFrame& frame, base::Frame& own) TUTTI_REALTIME {
    const auto index = static_cast<std::size_t>(frame.codec);
    Lane& lane = lanes_[index];
    const std::size_t place = counts_[index];
    lane.payloads[place] = reinterpret_cast<const std::uint8_t*>(frame.payload);
    lane.own[place] = own.samples.data();
    counts_[index] = place + 1;
    if (place + 1 == kLaneMax) flush(frame.codec);
  }

  void flush() TUTTI_REALTIME {
    flush(codec::CodecId::kPcmu);
    flush(codec::CodecId::kPcma);
  }

 private:
  static constexpr std::size_t kLaneMax = 16;

  struct Lane {
    std::array<const std::uint8_t*, kLaneMax> payloads;
    std::array<std::int16_t*, kLaneMax> own;
  };

  void flush(codec::CodecId codec) TUTTI_REALTIME {
    const auto index = static_cast<std::size_t>(codec);
    const std::size_t count = counts_[index];
    if (count == 0) return;
    mixer_.add_encoded(codec, std::span(lanes_[index].payloads).first(count),
                       std::span(lanes_[index].own).first(count));
    counts_[index] = 0;
  }

  mixer::ConferenceMixer& mixer_;
  std::array<std::size_t, 2> counts_{};  // these two by CodecId
  std::array<Lane, 2> lanes_;
};

}  // namespace tutti::core
