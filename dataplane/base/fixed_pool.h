// FixedPool: a slab of equal blocks made at start, handed out by index; last in, first out, so that the
// blocks in use stay in cache, and in few pages.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <type_traits>

#include "dataplane/base/check.h"
#include "dataplane/base/realtime.h"
#include "dataplane/base/slab_memory.h"

namespace tutti::base {

// Thread: one. Owns: the blocks; each is constructed when it is first handed out, and not again.
template <typename T>
class FixedPool {
 public:
  using Index = std::uint32_t;
  static constexpr Index kNone = UINT32_MAX;

  explicit FixedPool(Index capacity, Pages pages = Pages::kHuge)
      : capacity_(capacity),
        memory_(capacity * sizeof(T), pages),
        blocks_(static_cast<T*>(memory_.data())),
        free_(new Index[capacity]) {
    static_assert(std::is_trivially_destructible_v<T> && alignof(T) <= 4'096);
    CHECK(capacity < kNone);
  }
  FixedPool(const FixedPool&) = delete;
  FixedPool& operator=(const FixedPool&) = delete;

  // kNone when all are in use.
  Index try_acquire() TUTTI_REALTIME {
    if (free_count_ != 0) return free_[--free_count_];
    if (unused_ == capacity_) return kNone;
    new (&blocks_[unused_]) T;  // not T(): who has no constructor is not cleared
    return unused_++;
  }

  void release(Index index) TUTTI_REALTIME {
    DCHECK(index < unused_ && in_use() > 0);
    free_[free_count_++] = index;
  }

  T& operator[](Index index) TUTTI_REALTIME {
    DCHECK(index < unused_);
    return blocks_[index];
  }
  const T& operator[](Index index) const TUTTI_REALTIME {
    DCHECK(index < unused_);
    return blocks_[index];
  }

  Index capacity() const TUTTI_REALTIME { return capacity_; }
  Index in_use() const TUTTI_REALTIME { return unused_ - free_count_; }

 private:
  const Index capacity_;
  const SlabMemory memory_;
  T* const blocks_;
  const std::unique_ptr<Index[]> free_;  // what came back, the last one last
  Index free_count_ = 0;
  Index unused_ = 0;  // from here on no block was ever handed out, and no page of one touched
};

}  // namespace tutti::base
