// ListenerClasses: what all who hear the same are sent of a tick, encoded once.
//
// A class is a codec and a gain. The ptime makes none: it only tells where each one's bytes are cut
// (stream::Packetizer), so that all ptimes, in whatever phase, share one encoding.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "dataplane/base/realtime.h"
#include "dataplane/base/tick.h"
#include "mixer/codec/codec_id.h"
#include "mixer/conference_mixer.h"
#include "mixer/dsp/gain.h"

namespace tutti::core {

// Of one conference and tick at a time. Thread: the core.
class ListenerClasses {
 public:
  // G.711: a byte a sample.
  static constexpr std::size_t kFrameBytes = base::kFrameSamples;
  using EncodedFrame = std::array<std::byte, kFrameBytes>;
  // Gains other than 0 dB that are shared, over all codecs; who is beyond has an encoding of his own.
  static constexpr std::size_t kGainsMax = 8;

  explicit ListenerClasses(mixer::ConferenceMixer& mixer) : mixer_(mixer) {}

  void begin_tick() TUTTI_REALTIME {
    encoded_ = {};
    gains_ = 0;
  }

  // The frame that is heard through that gain, in that codec: the sum without `own`, or the whole of it.
  // Encoded into `place` unless others share it. Valid while both are.
  std::span<const std::byte> hear(codec::CodecId codec, const base::Frame* own, dsp::GainRamp gain,
                                  std::span<std::byte, kFrameBytes> place) TUTTI_REALTIME {
    if (!gain.unity()) return hear_scaled(codec, own, gain, place);
    if (own == nullptr) return whole_mix(codec);
    const std::int16_t* const samples = own->samples.data();
    auto* const payload = reinterpret_cast<std::uint8_t*>(place.data());
    mixer_.mix_minus_encoded(codec, std::span(&samples, 1), std::span(&payload, 1));
    return place;
  }

  // What all hear who have no gain and no part in it.
  std::span<const std::byte> whole_mix(codec::CodecId codec) TUTTI_REALTIME {
    const auto index = static_cast<std::size_t>(codec);
    if (!encoded_[index]) mixer_.full_mix_encoded(codec, at_unity_gain_[index]);
    encoded_[index] = true;
    return at_unity_gain_[index];
  }

 private:
  struct GainClass {
    codec::CodecId codec;
    kernel::GainQ12 gain;
    EncodedFrame frame;
  };

  std::span<const std::byte> hear_scaled(codec::CodecId codec, const base::Frame* own, dsp::GainRamp gain,
                                         std::span<std::byte, kFrameBytes> place) TUTTI_REALTIME;
  GainClass* find(codec::CodecId codec, kernel::GainQ12 gain) TUTTI_REALTIME;
  void encode(codec::CodecId codec, const base::Frame* own, dsp::GainRamp gain,
              std::span<std::byte> out) TUTTI_REALTIME;

  mixer::ConferenceMixer& mixer_;
  std::array<bool, 2> encoded_{};              // by CodecId
  std::array<EncodedFrame, 2> at_unity_gain_;  // where encoded_
  std::size_t gains_ = 0;
  std::array<GainClass, kGainsMax> by_gain_;
};

}  // namespace tutti::core
