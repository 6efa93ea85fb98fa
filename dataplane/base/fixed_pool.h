// FixedPool: a slab of equal blocks made at start, handed out by index; last in, first out, so that the
// blocks in use stay in cache.
#pragma once

#include <cstdint>
#include <memory>

#include "dataplane/base/check.h"
#include "dataplane/base/realtime.h"

namespace tutti::base {

// Thread: one. Owns: the blocks; they are constructed once, and not again between two acquires.
template <typename T>
class FixedPool {
 public:
  using Index = std::uint32_t;
  static constexpr Index kNone = UINT32_MAX;

  explicit FixedPool(Index capacity)
      : capacity_(capacity), blocks_(new T[capacity]), free_(new Index[capacity]), free_count_(capacity) {
    CHECK(capacity < kNone);
    for (Index i = 0; i < capacity; ++i) free_[i] = capacity - 1 - i;
  }
  FixedPool(const FixedPool&) = delete;
  FixedPool& operator=(const FixedPool&) = delete;

  // kNone when all are in use.
  Index try_acquire() TUTTI_REALTIME { return free_count_ == 0 ? kNone : free_[--free_count_]; }

  void release(Index index) TUTTI_REALTIME {
    DCHECK(index < capacity_ && free_count_ < capacity_);
    free_[free_count_++] = index;
  }

  T& operator[](Index index) TUTTI_REALTIME {
    DCHECK(index < capacity_);
    return blocks_[index];
  }
  const T& operator[](Index index) const TUTTI_REALTIME {
    DCHECK(index < capacity_);
    return blocks_[index];
  }

  Index capacity() const TUTTI_REALTIME { return capacity_; }
  Index in_use() const TUTTI_REALTIME { return capacity_ - free_count_; }

 private:
  const Index capacity_;
  // Default-initialised: a page of a block that was never used is never touched.
  const std::unique_ptr<T[]> blocks_;
  const std::unique_ptr<Index[]> free_;
  Index free_count_;
};

}  // namespace tutti::base
