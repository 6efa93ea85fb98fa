#include "dataplane/core/listener_classes.h"

#include "mixer/codec/codec.h"

namespace tutti::core {

std::span<const std::byte> ListenerClasses::hear_scaled(
    codec::CodecId codec, const base::Frame* own, dsp::GainRamp gain,
    std::span<std::byte, kFrameBytes> place) TUTTI_REALTIME {
  const bool silence = gain.steady() && gain.to == 0;
  if (gain.steady() && (own == nullptr || silence)) {
    if (const GainClass* shared = find(codec, gain.to)) return shared->frame;
  }
  encode(codec, own, gain, place);
  return place;
}

// The class, encoded when it is first asked for; none where there is no room for another.
ListenerClasses::GainClass* ListenerClasses::find(codec::CodecId codec, kernel::GainQ12 gain) TUTTI_REALTIME {
  for (std::size_t i = 0; i < gains_; ++i) {
    if (by_gain_[i].codec == codec && by_gain_[i].gain == gain) return &by_gain_[i];
  }
  if (gains_ == kGainsMax) return nullptr;
  GainClass& made = by_gain_[gains_++];
  made.codec = codec;
  made.gain = gain;
  encode(codec, nullptr, {gain, gain}, made.frame);
  return &made;
}

void ListenerClasses::encode(codec::CodecId codec, const base::Frame* own, dsp::GainRamp gain,
                             std::span<std::byte> out) TUTTI_REALTIME {
  base::Frame heard;
  dsp::scale_mix(mixer_.sum(), own, gain, heard);
  codec::encode(codec, heard.samples, out);
}

}  // namespace tutti::core
