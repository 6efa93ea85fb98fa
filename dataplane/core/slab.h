// Slab: room for `capacity` objects, taken at start; an object is made in its slot and ended there.
//
// Memory that was never used is never touched, so a core pays in pages for whom it holds, not for whom
// it could hold.
#pragma once

#include <cstddef>
#include <cstdint>
#include <new>
#include <type_traits>
#include <utility>

#include "dataplane/base/check.h"
#include "dataplane/base/realtime.h"
#include "dataplane/base/slab_memory.h"

namespace tutti::core {

// Thread: one.
template <typename T>
class Slab {
  // Slots are not ended one by one with the slab: the pages go back whole.
  static_assert(std::is_trivially_destructible_v<T>);

 public:
  explicit Slab(std::uint32_t capacity, base::Pages pages = base::Pages::kHuge)
      : capacity_(capacity), memory_(capacity * sizeof(T), pages) {
    static_assert(alignof(T) <= 4'096);  // a page's
  }

  std::uint32_t capacity() const TUTTI_REALTIME { return capacity_; }

  // The memory of the slots up to this one is there from now on. Thread: as SlabMemory::make_ready()'s.
  void make_ready(std::uint32_t slot) {
    DCHECK(slot < capacity_);
    memory_.make_ready((std::size_t{slot} + 1) * sizeof(T));
  }

  template <typename... Arguments>
  T& make(std::uint32_t slot, Arguments&&... arguments) TUTTI_REALTIME {
    DCHECK(slot < capacity_);
    void* const at = address(slot);
    // Without arguments nothing is written to what has no initial values.
    if constexpr (sizeof...(Arguments) == 0)
      return *::new (at) T;
    else
      return *::new (at) T(std::forward<Arguments>(arguments)...);
  }

  // Where a slot's object is or would be.
  T* at(std::uint32_t slot) TUTTI_REALTIME { return address(slot); }
  // Only for a slot that holds an object: the caller knows.
  T& operator[](std::uint32_t slot) TUTTI_REALTIME {
    DCHECK(slot < capacity_);
    return *std::launder(address(slot));
  }

 private:
  T* address(std::uint32_t slot) TUTTI_REALTIME { return static_cast<T*>(memory_.data()) + slot; }

  const std::uint32_t capacity_;
  base::SlabMemory memory_;
};

}  // namespace tutti::core
