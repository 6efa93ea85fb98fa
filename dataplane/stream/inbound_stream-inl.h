// What every tick asks of an inbound stream, inline: see jitter_buffer-inl.h. Part of inbound_stream.h.
#pragma once

#include "dataplane/stream/inbound_stream.h"

namespace tutti::stream {

// A block that was played takes the place of the one before the last.
inline void InboundStream::keep(CodedBlock played, PayloadPool& pool) TUTTI_REALTIME {
  if (kept_[0]) pool.release(kept_[0].block());
  kept_[0] = kept_[1];
  kept_[1] = played;
}

inline void InboundStream::release_kept(PayloadPool& pool) TUTTI_REALTIME {
  for (CodedBlock& kept : kept_) {
    if (kept) pool.release(kept.block());
    kept = CodedBlock();
  }
}

inline void InboundStream::prefetch_for_arrival(rtp::SequenceNumber number) const TUTTI_REALTIME {
  prefetch_arrivals();
  buffer_.prefetch_slot(number);
}

[[gnu::always_inline]] inline CodedBlock InboundStream::try_pop(PayloadPool& pool) TUTTI_REALTIME {
  if (concealer_.blends_next()) return {};
  const CodedBlock frame = buffer_.try_take_frame();
  if (frame) keep(frame, pool);
  return frame;
}

[[gnu::always_inline]] inline EncodedFrame InboundStream::try_pop_encoded(
    PayloadPool& pool, const PayloadPool::Shelf& own) TUTTI_REALTIME {
  const CodedBlock frame = try_pop(pool);
  if (!frame) return {};
  DCHECK(pool.bytes(frame.block(), own) == pool.bytes(frame.block()));
  return {frame.codec(), pool.bytes(frame.block(), own)};
}

inline void InboundStream::skip(PayloadPool& pool) TUTTI_REALTIME {
  concealer_.reset();
  release_kept(pool);
  if (const auto frame = buffer_.try_take_frame()) return pool.release(frame.block());
  skip_slowly(pool);
}

}  // namespace tutti::stream
