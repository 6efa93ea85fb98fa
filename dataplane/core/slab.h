// Slab: room for `capacity` objects, taken at start; an object is made in its slot and ended there.
//
// Memory that was never used is never touched, so a core pays in pages for whom it holds, not for whom
// it could hold.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <new>
#include <type_traits>
#include <utility>

#include "dataplane/base/check.h"
#include "dataplane/base/realtime.h"

namespace tutti::core {

// Thread: one.
template <typename T>
class Slab {
  // Slots are not ended one by one with the slab: the pages go back whole.
  static_assert(std::is_trivially_destructible_v<T>);

 public:
  explicit Slab(std::uint32_t capacity)
      : capacity_(capacity), memory_(std::aligned_alloc(alignof(T), capacity * sizeof(T))) {
    static_assert(sizeof(T) % alignof(T) == 0);
    CHECK(memory_ != nullptr);
  }

  std::uint32_t capacity() const TUTTI_REALTIME { return capacity_; }

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

  // Only for a slot that holds an object: the caller knows.
  T& operator[](std::uint32_t slot) TUTTI_REALTIME {
    DCHECK(slot < capacity_);
    return *std::launder(address(slot));
  }

 private:
  T* address(std::uint32_t slot) TUTTI_REALTIME { return static_cast<T*>(memory_.get()) + slot; }

  struct Free {
    void operator()(void* memory) const { std::free(memory); }
  };

  const std::uint32_t capacity_;
  const std::unique_ptr<void, Free> memory_;
};

}  // namespace tutti::core
