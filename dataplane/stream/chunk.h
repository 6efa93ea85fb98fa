// Chunk: what a jitter buffer hands out where it is not one whole packet.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "dataplane/base/realtime.h"
#include "mixer/codec/codec_id.h"

namespace tutti::stream {

// The samples that are due next, or a hole of so many.
struct Chunk {
  enum class Kind : std::uint8_t {
    kAudio,
    kLost,  // should have come, or may come too late
    kGap,   // the sender left it out: no sequence number is missing
  };
  Kind kind = Kind::kGap;
  codec::CodecId codec = codec::CodecId::kPcmu;
  std::size_t samples = 0;
  std::span<const std::byte> payload;  // of kAudio; in the pool, valid until the next insert()
};

}  // namespace tutti::stream
