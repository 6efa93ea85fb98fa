// HoldMusic: what somebody hears who waits or is alone: a quiet melody that comes round every eight seconds,
// composed and encoded once, so that who waits costs a copy.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "dataplane/base/realtime.h"
#include "dataplane/base/tick.h"
#include "mixer/codec/codec_id.h"

namespace tutti::mixer {

// Without state: a frame is had by its number, whoever asks. Thread: any.
class HoldMusic {
 public:
  static constexpr std::uint32_t kFrames = 400;  // 8 s; what rings on at the end is there at the beginning
  using EncodedFrame = std::array<std::byte, base::kFrameSamples>;

  HoldMusic();
  // The one of the process, made with the first call: not on a core.
  static const HoldMusic& shared();

  // Numbers go round.
  const base::Frame& frame(std::uint32_t number) const TUTTI_REALTIME { return frames_[number % kFrames]; }
  std::span<const std::byte> encoded(codec::CodecId codec, std::uint32_t number) const TUTTI_REALTIME {
    return encoded_[static_cast<std::size_t>(codec) * kFrames + number % kFrames];
  }

 private:
  const std::unique_ptr<base::Frame[]> frames_;
  const std::unique_ptr<EncodedFrame[]> encoded_;  // 64 kB a codec
};

}  // namespace tutti::mixer
