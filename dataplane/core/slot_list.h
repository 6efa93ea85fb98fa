// SlotList: a doubly linked list through objects that live in slots; joins and leaves in O(1), in order
// of joining, without memory of its own.
#pragma once

#include <cstdint>

#include "dataplane/base/check.h"
#include "dataplane/base/realtime.h"

namespace tutti::core {

inline constexpr std::uint32_t kNoSlot = UINT32_MAX;

// The links that a member carries for one list.
struct SlotLinks {
  std::uint32_t previous = kNoSlot;
  std::uint32_t next = kNoSlot;
};

// `links(slot)` gives the links of the member in a slot. Thread: one.
class SlotList {
 public:
  template <typename Links>
  void append(std::uint32_t slot, Links&& links) TUTTI_REALTIME {
    links(slot) = SlotLinks{last_, kNoSlot};
    if (last_ == kNoSlot) {
      first_ = slot;
    } else {
      links(last_).next = slot;
    }
    last_ = slot;
    ++size_;
  }

  template <typename Links>
  void remove(std::uint32_t slot, Links&& links) TUTTI_REALTIME {
    DCHECK(size_ > 0);
    const SlotLinks own = links(slot);
    if (own.previous == kNoSlot) {
      first_ = own.next;
    } else {
      links(own.previous).next = own.next;
    }
    if (own.next == kNoSlot) {
      last_ = own.previous;
    } else {
      links(own.next).previous = own.previous;
    }
    links(slot) = SlotLinks{};
    --size_;
  }

  std::uint32_t first() const TUTTI_REALTIME { return first_; }
  std::uint32_t size() const TUTTI_REALTIME { return size_; }
  bool empty() const TUTTI_REALTIME { return size_ == 0; }

 private:
  std::uint32_t first_ = kNoSlot;
  std::uint32_t last_ = kNoSlot;
  std::uint32_t size_ = 0;
};

}  // namespace tutti::core
