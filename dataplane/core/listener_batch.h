// ListenerBatch: packets of those who hear the same on their way to the port, several at a time.
#pragma once

#include <array>
#include <cstddef>
#include <span>

#include "dataplane/base/realtime.h"
#include "dataplane/core/core_state.h"
#include "dataplane/core/packet_heads.h"
#include "mixer/codec/codec_id.h"

namespace tutti::core {

// Made anew for each conference and tick; flushed before it is left, and before anything else of one who is
// in it is sent. Thread: the core.
class ListenerBatch {
 public:
  explicit ListenerBatch(CoreState& state) TUTTI_REALTIME : state_(state) {}

  // Whose packet of this tick is one whole frame, due now, that others share. Valid until flush().
  void add(Participant& participant, base::Instant due, std::span<const std::byte> payload) TUTTI_REALTIME {
    Lane& lane = lanes_[static_cast<std::size_t>(participant.outbound.codec())];
    lane.payload = payload;
    lane.heads.add(participant, due);
    if (lane.heads.full()) flush(lane);
  }

  void flush() TUTTI_REALTIME {
    for (Lane& lane : lanes_) flush(lane);
  }

 private:
  struct Lane {
    PacketHeads heads;
    std::span<const std::byte> payload;
  };

  void flush(Lane& lane) TUTTI_REALTIME {
    if (lane.heads.empty()) return;
    lane.heads.finish(state_, state_.port.send(lane.heads.all(), lane.payload));
  }

  CoreState& state_;
  std::array<Lane, 2> lanes_;  // by CodecId
};

}  // namespace tutti::core
