// PayloadPool: where encoded payloads wait for their tick; one for all participants of a core.
//
// Blocks of two sizes: nearly every packet has 10 or 20 ms, and a block of its own size keeps what waits in
// few pages and in all sets of the cache. What waits for one participant waits on a shelf of his: a tick
// reads that of a conference one behind the other, in a few pages, and not in a page each (to find where a
// page lies costs more than a line of it: docs/decisions/0039-what-a-packet-waits-for.md).
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "dataplane/base/check.h"
#include "dataplane/base/fixed_pool.h"
#include "dataplane/base/prefetch.h"
#include "dataplane/base/realtime.h"

namespace tutti::stream {

// Thread: one. Size it for the mean, not the sum of the worst: some 5 blocks a participant at 60 ms of delay
// and 20 ms a packet, which his shelf holds; what has no room there takes what all share. A participant holds
// at most JitterBuffer::kSlots. A block that was never used costs no memory.
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

  // A participant's slot: whose shelf it is.
  using Owner = std::uint32_t;
  static constexpr Owner kNobody = UINT32_MAX;
  static constexpr std::uint32_t kShelf = 6;  // 60 ms, the packet of the tick, and the two played last

  // `shorts` and `longs` are for all; besides, each of so many owners has a shelf of kShelf short blocks.
  PayloadPool(std::uint32_t shorts, std::uint32_t longs, std::uint32_t owners = 0)
      : owners_(owners),
        shelved_(owners * kShelf),
        shorts_(shelved_ + shorts, base::Pages::kHuge, shelved_),
        longs_(longs, base::Pages::kPlain),
        taken_(std::make_unique<std::uint8_t[]>(owners)) {
    CHECK(shelved_ + shorts <= kLong && longs < kLong);
    silence_.bytes.fill(std::byte{0xFF});
  }

  // A block for so many bytes, at most kLongBytes: the owner's first free one, or one of all; a long one
  // where no short one is left. kNone where none is.
  Index try_acquire(std::size_t bytes, Owner owner = kNobody) TUTTI_REALTIME {
    if (bytes <= kShortBytes) {
      if (owner < owners_ && taken_[owner] != kShelfFull) {
        const Index index = next_of(owner);
        taken_[owner] = static_cast<std::uint8_t>(taken_[owner] | (taken_[owner] + 1U));
        ++on_shelves_;
        return index;
      }
      const Index index = shorts_.try_acquire();
      if (index != Shorts::kNone) return index;
    }
    const Index index = longs_.try_acquire();
    return index == Longs::kNone ? kNone : index | kLong;
  }
  void release(Index index) TUTTI_REALTIME {
    if (index < shelved_) {
      const Owner owner = index / kShelf;
      const unsigned bit = 1U << (index - owner * kShelf);
      DCHECK((taken_[owner] & bit) != 0);
      taken_[owner] = static_cast<std::uint8_t>(taken_[owner] & ~bit);
      --on_shelves_;
    } else if ((index & kLong) == 0) {
      shorts_.release(index);
    } else if (index != kSilence) {
      longs_.release(index & ~kLong);
    }
  }

  // That of kSilence is not to be written.
  std::byte* bytes(Index index) TUTTI_REALTIME {
    if ((index & kLong) == 0) return shorts_[index].bytes.data();
    return index == kSilence ? silence_.bytes.data() : longs_[index & ~kLong].bytes.data();
  }
  const std::byte* bytes(Index index) const TUTTI_REALTIME {
    return const_cast<PayloadPool*>(this)->bytes(index);
  }

  // Fetches into the cache which blocks of an owner's shelf are taken.
  void prefetch_shelf(Owner owner) const TUTTI_REALTIME { base::prefetch(taken_.get() + owner); }
  // What of the shelf will be written next, to be fetched: kShortBytes. None where no block is taken: who
  // sends digital silence takes none. Of a full shelf it is the next one's: harmless.
  const std::byte* next_written(Owner owner) const TUTTI_REALTIME {
    if (owner >= owners_ || taken_[owner] == 0) return nullptr;
    return shorts_[0].bytes.data() + next_of(owner) * sizeof(Block<kShortBytes>);
  }

  std::uint32_t in_use() const TUTTI_REALTIME { return on_shelves_ + shorts_.in_use() + longs_.in_use(); }
  std::uint32_t long_in_use() const TUTTI_REALTIME { return longs_.in_use(); }

 private:
  static constexpr Index kLong = 1U << (kIndexBits - 1);
  static constexpr std::uint8_t kShelfFull = (1U << kShelf) - 1;

  template <std::size_t Bytes>
  struct alignas(64) Block {
    std::array<std::byte, Bytes> bytes;
  };
  using Shorts = base::FixedPool<Block<kShortBytes>>;
  using Longs = base::FixedPool<Block<kLongBytes>>;

  // The lowest that is free: few pages are touched.
  Index next_of(Owner owner) const TUTTI_REALTIME {
    return owner * kShelf + static_cast<Index>(std::countr_one(std::uint32_t{taken_[owner]}));
  }

  const std::uint32_t owners_;
  const std::uint32_t shelved_;  // so many of the short ones, the first ones, are on shelves
  Shorts shorts_;
  Longs longs_;
  const std::unique_ptr<std::uint8_t[]> taken_;  // by owner: a bit for each block of the shelf. Dense
  std::uint32_t on_shelves_ = 0;                 // are taken
  Block<kLongBytes> silence_;
};

}  // namespace tutti::stream
