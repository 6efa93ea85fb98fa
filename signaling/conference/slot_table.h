// SlotTable: one core's slots of one kind: which are free, who has the others.
//
// Signaling owns the slots (dataplane/mailbox/handles.h): a slot is taken before the command that fills it
// and released by the event that says the core is done with it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace tutti::conference {

template <typename Handle, typename Tenant>
class SlotTable {
 public:
  explicit SlotTable(std::uint32_t capacity) : slots_(capacity) {
    free_.reserve(capacity);
    for (std::uint32_t slot = capacity; slot > 0; --slot) free_.push_back(slot - 1);
  }

  // Empty when every slot has a tenant.
  std::optional<Handle> try_take(const Tenant& tenant) {
    if (free_.empty()) return std::nullopt;
    const std::uint32_t slot = free_.back();
    free_.pop_back();
    slots_[slot].tenant = tenant;
    return Handle{slot, slots_[slot].generation};
  }

  // Null where that tenant is gone, even if the slot has another one by now.
  const Tenant* find(const Handle& handle) const {
    if (handle.slot >= slots_.size()) return nullptr;
    const Slot& slot = slots_[handle.slot];
    return slot.tenant && slot.generation == handle.generation ? &*slot.tenant : nullptr;
  }

  // False, and nothing done, where find() is null.
  bool release(const Handle& handle) {
    if (find(handle) == nullptr) return false;
    slots_[handle.slot].tenant.reset();
    ++slots_[handle.slot].generation;
    free_.push_back(handle.slot);
    return true;
  }

  std::size_t in_use() const { return slots_.size() - free_.size(); }
  bool full() const { return free_.empty(); }

 private:
  struct Slot {
    std::optional<Tenant> tenant;
    std::uint32_t generation = 0;
  };
  std::vector<Slot> slots_;
  std::vector<std::uint32_t> free_;
};

}  // namespace tutti::conference
