// What every tick asks of an inbound stream, inline: see jitter_buffer-inl.h. Part of inbound_stream.h.
#pragma once

#include "dataplane/stream/inbound_stream.h"

namespace tutti::stream {

// A block that was played takes the place of the one before the last.
inline void InboundStream::keep(PayloadPool::Index block, codec::CodecId codec,
                                PayloadPool& pool) TUTTI_REALTIME {
  if (kept_[0]) pool.release(kept_[0].block());
  kept_[0] = kept_[1];
  kept_[1] = KeptBlock(block, codec);
}

inline void InboundStream::release_kept(PayloadPool& pool) TUTTI_REALTIME {
  for (KeptBlock& kept : kept_) {
    if (kept) pool.release(kept.block());
    kept = KeptBlock();
  }
}

inline void InboundStream::prefetch_for_arrival(rtp::SequenceNumber number) const TUTTI_REALTIME {
  base::prefetch(&formats_);
  buffer_.prefetch_slot(number);
}

[[gnu::always_inline]] inline EncodedFrame InboundStream::try_pop_encoded(PayloadPool& pool) TUTTI_REALTIME {
  if (concealer_.blends_next()) return {};
  const WholeFrame frame = buffer_.try_take_frame();
  if (!frame) return {};
  keep(frame.block, frame.codec, pool);
  return {frame.codec, pool.bytes(frame.block)};
}

inline void InboundStream::skip(PayloadPool& pool) TUTTI_REALTIME {
  concealer_.reset();
  release_kept(pool);
  if (const auto frame = buffer_.try_take_frame()) return pool.release(frame.block);
  skip_slowly(pool);
}

}  // namespace tutti::stream
