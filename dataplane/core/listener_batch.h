// ListenerBatch: packets of those who hear the same on their way to the port, several at a time.
#pragma once

#include <array>
#include <cstddef>

#include "dataplane/base/realtime.h"
#include "dataplane/core/core_state.h"
#include "dataplane/core/listener_classes.h"
#include "dataplane/core/packet_heads.h"
#include "mixer/codec/codec_id.h"

namespace tutti::core {

// Of one conference and tick at a time; flushed before it is left, and before anything else of one who is
// in it is sent. Thread: the core.
class ListenerBatch {
 public:
  ListenerBatch(CoreState& state, ListenerClasses& classes) TUTTI_REALTIME : state_(state),
                                                                             classes_(classes) {}

  // Whose packet of this tick is one whole frame, due now: the whole mix.
  void add(Participant& participant, base::Instant due) TUTTI_REALTIME {
    const codec::CodecId codec = participant.outbound.codec();
    const std::size_t place = heads_[static_cast<std::size_t>(codec)].add(participant, due);
    if (place == PacketHeads::kLast) flush(codec);
  }

  void flush() TUTTI_REALTIME {
    flush(codec::CodecId::kPcmu);
    flush(codec::CodecId::kPcma);
  }

 private:
  void flush(codec::CodecId codec) TUTTI_REALTIME {
    PacketHeads& heads = heads_[static_cast<std::size_t>(codec)];
    if (!heads.empty()) send(codec, heads);
  }

  [[gnu::noinline]] void send(codec::CodecId codec, PacketHeads& heads) TUTTI_REALTIME {
    heads.finish(state_, state_.port.send(heads.all(), classes_.whole_mix(codec)));
  }

  CoreState& state_;
  ListenerClasses& classes_;
  std::array<PacketHeads, 2> heads_;  // by CodecId
};

}  // namespace tutti::core
