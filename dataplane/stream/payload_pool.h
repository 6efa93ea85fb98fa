// PayloadPool: where encoded payloads wait for their tick; one for all participants of a core.
//
// Blocks of two sizes: nearly every packet has 10 or 20 ms, and a block of its own size keeps what waits in
// few pages and all sets of the cache. What waits for one participant is on his shelf, wherever the rest of
// him is: to find a page costs more than a line of it (docs/decisions/0045-a-canary-beside-the-core.md).
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

#include "dataplane/base/check.h"
#include "dataplane/base/fixed_pool.h"
#include "dataplane/base/realtime.h"

namespace tutti::stream {

// Thread: one. Size it for the mean: some 5 blocks a participant at 60 ms of delay and 20 ms a packet, which
// his shelf holds; the rest all share, JitterBuffer::kSlots a participant at most. What is unused costs none.
class PayloadPool {
 public:
  using Index = std::uint32_t;
  static constexpr Index kNone = UINT32_MAX;
  static constexpr int kIndexBits = 22;
  // What all who send digital silence share, and nobody writes: zeros of u-law, the only law that has one.
  static constexpr Index kSilence = (1U << kIndexBits) - 1;
  static constexpr std::size_t kShortBytes = 192;  // 20 ms of G.711 are 160: three cache lines
  static constexpr std::size_t kLongBytes = 512;   // 60 ms are 480

  using Owner = std::uint32_t;  // a participant's slot: whose shelf it is
  static constexpr Owner kNobody = UINT32_MAX;
  static constexpr std::uint32_t kShelf = 6;  // 60 ms, the packet of the tick, and the two played last
  struct alignas(64) Shelf {                  // one owner's; without initial values
    std::array<std::byte, kShelf * kShortBytes> bytes;
  };
  // Where so many owners' lie: the first, and how far behind it the next. The same of a byte of each: a bit
  // for each block that is taken, none at the begin.
  struct Shelves {
    Owner count = 0;
    std::byte* first = nullptr;
    std::size_t stride = sizeof(Shelf);
    std::uint8_t* taken = nullptr;
    std::size_t taken_stride = 1;
  };

  // `shorts` and `longs` are for all; the shelves outlive it.
  PayloadPool(std::uint32_t shorts, std::uint32_t longs) : PayloadPool(shorts, longs, Shelves()) {}
  PayloadPool(std::uint32_t shorts, std::uint32_t longs, const Shelves& shelves)
      : shelves_(shelves), shorts_(shorts), longs_(longs, base::Pages::kPlain) {
    CHECK(shelves.count <= kOfAll >> kShelfBits && shorts <= kOfAll && longs < kOfAll);
    silence_.bytes.fill(std::byte{0xFF});
  }

  // A block for so many bytes, at most kLongBytes: the owner's first free one, or one of all; a long one
  // where no short one is left. kNone where none is.
  Index try_acquire(std::size_t bytes, Owner owner = kNobody) TUTTI_REALTIME {
    if (bytes <= kShortBytes) {
      if (owner < shelves_.count && taken(owner) != kShelfFull) {
        std::uint8_t& taken_now = taken(owner);
        const Index index = owner << kShelfBits | first_free(taken_now);
        taken_now = static_cast<std::uint8_t>(taken_now | (taken_now + 1U));
        return index;
      }
      const Index index = shorts_.try_acquire();
      if (index != Shorts::kNone) return index | kOfAll;
    }
    const Index index = longs_.try_acquire();
    return index == Longs::kNone ? kNone : index | kOfAll | kLong;
  }
  void release(Index index) TUTTI_REALTIME {
    if (shelved(index)) [[likely]] {
      std::uint8_t& taken_now = taken(index >> kShelfBits);
      const unsigned bit = 1U << (index & kShelfMask);
      DCHECK((taken_now & bit) != 0);
      taken_now = static_cast<std::uint8_t>(taken_now & ~bit);
    } else if ((index & kLong) == 0) {
      shorts_.release(index & kPlaceMask);
    } else if (index != kSilence) {
      longs_.release(index & kPlaceMask);
    }
  }

  std::byte* bytes(Index index) TUTTI_REALTIME {
    if (shelved(index)) return on_shelf(index >> kShelfBits, index & kShelfMask);
    if ((index & kLong) == 0) return shorts_[index & kPlaceMask].bytes.data();
    return index == kSilence ? silence_.bytes.data() : longs_[index & kPlaceMask].bytes.data();
  }
  const std::byte* bytes(Index index) const TUTTI_REALTIME {
    return const_cast<PayloadPool*>(this)->bytes(index);
  }
  // The same for who has at hand the owner's shelf, on which it is as a rule.
  const std::byte* bytes(Index index, const Shelf& own) const TUTTI_REALTIME {
    return shelved(index) ? bytes_on(own, index) : bytes(index);
  }
  // The same to be fetched, unasked whether it is there: else of no use, and not always on the shelf.
  static const std::byte* bytes_on(const Shelf& own, Index index) TUTTI_REALTIME {
    return own.bytes.data() + (index & kShelfMask) * kShortBytes;
  }

  // What of an owner's shelf is written next, to be fetched: kShortBytes; behind it where it is full. None
  // where no block is taken: who sends digital silence takes none.
  const std::byte* next_written(Owner owner) const TUTTI_REALTIME {
    if (owner >= shelves_.count || taken(owner) == 0) return nullptr;
    return on_shelf(owner, first_free(taken(owner)));
  }

  std::uint32_t in_use() const {  // looks at every shelf
    int shelved = 0;
    for (Owner owner = 0; owner < shelves_.count; ++owner) shelved += std::popcount(taken(owner));
    return static_cast<std::uint32_t>(shelved) + shorts_.in_use() + longs_.in_use();
  }
  std::uint32_t long_in_use() const TUTTI_REALTIME { return longs_.in_use(); }

 private:
  // The two highest bits of an index tell where its block is: on a shelf where both are clear.
  static constexpr Index kLong = 1U << (kIndexBits - 1);
  static constexpr Index kOfAll = kLong >> 1;
  static constexpr Index kPlaceMask = kOfAll - 1;
  static constexpr std::uint8_t kShelfFull = (1U << kShelf) - 1;
  static constexpr int kShelfBits = 3;  // of an index there: which block, below whose
  static constexpr Index kShelfMask = (1U << kShelfBits) - 1;
  static_assert(kShelf <= kShelfMask + 1);

  template <std::size_t Bytes>
  struct alignas(64) Block {
    std::array<std::byte, Bytes> bytes;
  };
  using Shorts = base::FixedPool<Block<kShortBytes>>;
  using Longs = base::FixedPool<Block<kLongBytes>>;

  static bool shelved(Index index) TUTTI_REALTIME { return (index & kOfAll) == 0; }
  // The lowest that is free: few lines are touched.
  static Index first_free(std::uint8_t taken) TUTTI_REALTIME {
    return static_cast<Index>(std::countr_one(std::uint32_t{taken}));
  }
  std::uint8_t& taken(Owner owner) const TUTTI_REALTIME {
    return shelves_.taken[owner * shelves_.taken_stride];
  }
  std::byte* on_shelf(Owner owner, Index block) const TUTTI_REALTIME {
    return shelves_.first + owner * shelves_.stride + block * kShortBytes;
  }

  const Shelves shelves_;
  Shorts shorts_;
  Longs longs_;
  Block<kLongBytes> silence_;
};

}  // namespace tutti::stream
