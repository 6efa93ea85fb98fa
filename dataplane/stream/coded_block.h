// CodedBlock: a block of the pool, and the law of the payload that is in it; or none. What a jitter buffer
// hands out as a rule, and what is kept of it once it was played, for what may be learned from it.
#pragma once

#include <cstdint>

#include "dataplane/base/realtime.h"
#include "dataplane/stream/payload_pool.h"
#include "mixer/codec/codec_id.h"

namespace tutti::stream {

// One word, written and read whole, handed over in a register: as an optional it went through memory, a byte
// written and a word read, which waits for all stores before it. Owns nothing: whoever has it releases the
// block.
class CodedBlock {
 public:
  CodedBlock() = default;
  CodedBlock(PayloadPool::Index block, codec::CodecId codec) TUTTI_REALTIME
      : word_(block | static_cast<std::uint32_t>(codec) << 31) {}

  explicit operator bool() const TUTTI_REALTIME { return block() != kNone; }
  PayloadPool::Index block() const TUTTI_REALTIME { return word_ & kNone; }
  codec::CodecId codec() const TUTTI_REALTIME { return static_cast<codec::CodecId>(word_ >> 31); }

 private:
  static constexpr std::uint32_t kNone = (1U << 31) - 1;
  static_assert(PayloadPool::kIndexBits < 31);

  std::uint32_t word_ = kNone;
};

}  // namespace tutti::stream
