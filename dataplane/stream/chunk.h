// Chunk and WholeFrame: what a jitter buffer hands out.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "dataplane/base/realtime.h"
#include "dataplane/stream/payload_pool.h"
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

// A frame that is one whole packet, or none. Handed over in a register: as an optional it went through
// memory, a byte written and a word read, which waits for all stores before it.
struct WholeFrame {
  PayloadPool::Index block = PayloadPool::kNone;
  codec::CodecId codec = codec::CodecId::kPcmu;

  explicit operator bool() const TUTTI_REALTIME { return block != PayloadPool::kNone; }
};

}  // namespace tutti::stream
