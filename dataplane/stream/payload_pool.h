// PayloadPool: where encoded payloads wait for their tick; one for all participants of a core.
//
// Blocks of two sizes: nearly every packet has 10 or 20 ms, and a block of its own size keeps what waits in
// few pages and in all sets of the cache. The last freed is used first.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "dataplane/base/check.h"
#include "dataplane/base/fixed_pool.h"
#include "dataplane/base/realtime.h"

namespace tutti::stream {

// Thread: one. Size it for the mean, not the sum of the worst: some 5 blocks a participant at 60 ms of delay
// and 20 ms a packet. A participant holds at most JitterBuffer::kSlots. A block that was never used costs no
// memory.
class PayloadPool {
 public:
  using Index = std::uint32_t;
  static constexpr Index kNone = UINT32_MAX;
  static constexpr int kIndexBits = 22;
  // What all who send digital silence share: a block of nothing but zeros of u-law, the only law that has
  // one.
  static constexpr Index kSilence = (1U << kIndexBits) - 1;
  static constexpr std::size_t kShortBytes = 192;  // 20 ms of G.711 are 160: three cache lines
  static constexpr std::size_t kLongBytes = 512;   // 60 ms are 480

  PayloadPool(std::uint32_t shorts, std::uint32_t longs)
      : shorts_(shorts), longs_(longs, base::Pages::kPlain) {
    CHECK(shorts <= kLong && longs < kLong);
    silence_.bytes.fill(std::byte{0xFF});
  }

  // A block for so many bytes, at most kLongBytes; a long one where no short one is left. kNone where none
  // is.
  Index try_acquire(std::size_t bytes) TUTTI_REALTIME {
    if (bytes <= kShortBytes) {
      const Index index = shorts_.try_acquire();
      if (index != Shorts::kNone) return index;
    }
    const Index index = longs_.try_acquire();
    return index == Longs::kNone ? kNone : index | kLong;
  }
  void release(Index index) TUTTI_REALTIME {
    if ((index & kLong) == 0) return shorts_.release(index);
    if (index != kSilence) longs_.release(index & ~kLong);
  }

  // That of kSilence is not to be written.
  std::byte* bytes(Index index) TUTTI_REALTIME {
    if ((index & kLong) == 0) return shorts_[index].bytes.data();
    return index == kSilence ? silence_.bytes.data() : longs_[index & ~kLong].bytes.data();
  }
  const std::byte* bytes(Index index) const TUTTI_REALTIME {
    return const_cast<PayloadPool*>(this)->bytes(index);
  }

  // Whether so much waits that none of it will still be in the cache when it is played: then a block is
  // better written past it (write_past_cache()), so that its lines are not read before they are written.
  bool crowded() const TUTTI_REALTIME { return shorts_.in_use() >= kCrowded; }
  // The payload into a block. Shapes: kShortBytes at most.
  void write_past_cache(Index index, std::span<const std::byte> payload) TUTTI_REALTIME;

  // Fetches the short block that will be acquired after `others` more into the cache, to be written.
  void prefetch_free(std::uint32_t others) const TUTTI_REALTIME {
    if (!crowded()) shorts_.prefetch_free(others, kShortBytes);
  }

  std::uint32_t in_use() const TUTTI_REALTIME { return shorts_.in_use() + longs_.in_use(); }
  std::uint32_t long_in_use() const TUTTI_REALTIME { return longs_.in_use(); }

 private:
  static constexpr Index kLong = 1U << (kIndexBits - 1);
  static constexpr std::uint32_t kCrowded = 65'536;  // 12 MB

  template <std::size_t Bytes>
  struct alignas(64) Block {
    std::array<std::byte, Bytes> bytes;
  };
  using Shorts = base::FixedPool<Block<kShortBytes>>;
  using Longs = base::FixedPool<Block<kLongBytes>>;

  Shorts shorts_;
  Longs longs_;
  Block<kLongBytes> silence_;
};

}  // namespace tutti::stream
