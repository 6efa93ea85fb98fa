// SlotTable: one core's slots of one kind: which are free, who has the others.
//
// Signaling owns the slots (dataplane/mailbox/handles.h): a slot is taken before the command that fills it
// and released by the event that says the core is done with it. Who belongs together is given neighbouring
// slots, in runs of eight: a core walks a conference's participants in one direction through its memory.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace tutti::conference {

template <typename Handle, typename Tenant>
class SlotTable {
 public:
  explicit SlotTable(std::uint32_t capacity)
      : slots_(capacity), runs_((capacity + kRun - 1) / kRun), free_slots_(capacity) {
    for (std::uint32_t slot = 0; slot < capacity; ++slot) runs_[slot / kRun].free |= bit(slot);
    for (std::size_t run = runs_.size(); run > 0; --run) enlist(static_cast<std::uint32_t>(run - 1));
  }

  // A slot in the run of `beside`; where that is full or not given, one that begins a run of its own while
  // there are such. Empty when every slot has a tenant.
  std::optional<Handle> try_take(const Tenant& tenant, std::optional<std::uint32_t> beside = std::nullopt) {
    if (full()) return std::nullopt;
    const std::uint32_t run = choose_run(beside);
    const auto slot = run * kRun + static_cast<std::uint32_t>(std::countr_zero(runs_[run].free));
    runs_[run].free &= static_cast<std::uint8_t>(~bit(slot));
    enlist(run);
    --free_slots_;
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
    runs_[handle.slot / kRun].free |= bit(handle.slot);
    enlist(handle.slot / kRun);
    ++free_slots_;
    return true;
  }

  std::size_t in_use() const { return slots_.size() - free_slots_; }
  bool full() const { return free_slots_ == 0; }

 private:
  static constexpr std::uint32_t kRun = 8;

  struct Slot {
    std::optional<Tenant> tenant;
    std::uint32_t generation = 0;
  };
  struct Run {
    std::uint8_t free = 0;  // a bit for each slot
    bool in_whole = false;  // stands in that list
    bool in_partly = false;
  };

  static std::uint8_t bit(std::uint32_t slot) { return static_cast<std::uint8_t>(1U << slot % kRun); }
  bool whole(std::uint32_t run) const { return runs_[run].free == UINT8_MAX; }

  // Called whenever `free` has changed, so that every run with a free slot stands in its list, once. Whether
  // it still belongs there shows when it is looked at.
  void enlist(std::uint32_t run) {
    bool& listed = whole(run) ? runs_[run].in_whole : runs_[run].in_partly;
    if (listed || runs_[run].free == 0) return;
    listed = true;
    (whole(run) ? whole_ : partly_).push_back(run);
  }

  std::uint32_t choose_run(std::optional<std::uint32_t> beside) {
    if (beside && runs_[*beside / kRun].free != 0) return *beside / kRun;
    while (!whole_.empty()) {
      const std::uint32_t run = whole_.back();
      whole_.pop_back();
      runs_[run].in_whole = false;
      if (whole(run)) return run;
    }
    while (runs_[partly_.back()].free == 0) {
      runs_[partly_.back()].in_partly = false;
      partly_.pop_back();
    }
    return partly_.back();
  }

  std::vector<Slot> slots_;
  std::vector<Run> runs_;
  std::vector<std::uint32_t> whole_;   // runs that nobody is in, and some that were such
  std::vector<std::uint32_t> partly_;  // with a free slot, and some that had one
  std::size_t free_slots_;
};

}  // namespace tutti::conference
