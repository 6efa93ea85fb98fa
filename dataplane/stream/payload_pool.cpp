#include "dataplane/stream/payload_pool.h"

#include <cstring>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace tutti::stream {

void PayloadPool::write_past_cache(Index index, std::span<const std::byte> payload) TUTTI_REALTIME {
  DCHECK(payload.size() <= kShortBytes);
#if defined(__SSE2__)
  constexpr std::size_t kPiece = sizeof(__m128i);
  constexpr std::size_t kLine = 64;
  auto* to = reinterpret_cast<__m128i*>(bytes(index));
  const std::byte* from = payload.data();
  std::size_t left = payload.size();
  for (; left >= kPiece; left -= kPiece, from += kPiece) {
    _mm_stream_si128(to++, _mm_loadu_si128(reinterpret_cast<const __m128i*>(from)));
  }
  if (left != 0) {
    alignas(kPiece) std::byte rest[kPiece]{};
    std::memcpy(rest, from, left);
    _mm_stream_si128(to++, _mm_load_si128(reinterpret_cast<const __m128i*>(rest)));
  }
  // Whole lines: a part of one would have to be read before it could be written.
  while (reinterpret_cast<std::uintptr_t>(to) % kLine != 0) _mm_stream_si128(to++, _mm_setzero_si128());
#else
  std::memcpy(bytes(index), payload.data(), payload.size());  // through it, where it cannot be passed by
#endif
}

}  // namespace tutti::stream
