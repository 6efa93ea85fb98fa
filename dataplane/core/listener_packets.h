// ListenerPackets: the payload that all listeners of one class hear in a tick, encoded once.
//
// A class is a codec so far: everyone who hears the whole mix in frames of 20 ms.
#pragma once

#include <array>
#include <cstddef>
#include <span>

#include "dataplane/base/realtime.h"
#include "dataplane/base/tick.h"
#include "mixer/codec/codec_id.h"
#include "mixer/conference_mixer.h"

namespace tutti::core {

// Made anew for each conference and tick. Thread: the core.
class ListenerPackets {
 public:
  explicit ListenerPackets(mixer::ConferenceMixer& mixer) : mixer_(mixer) {}

  // The whole mix in that codec; encoded when it is first asked for.
  std::span<const std::byte> payload(codec::CodecId codec) TUTTI_REALTIME {
    Class& of_codec = classes_[static_cast<std::size_t>(codec)];
    if (of_codec.bytes == 0) of_codec.bytes = mixer_.full_mix_encoded(codec, of_codec.payload);
    return std::span(of_codec.payload).first(of_codec.bytes);
  }

 private:
  struct Class {
    std::size_t bytes = 0;
    std::array<std::byte, base::kFrameSamples> payload;
  };

  mixer::ConferenceMixer& mixer_;
  std::array<Class, 2> classes_;  // by CodecId
};

}  // namespace tutti::core
