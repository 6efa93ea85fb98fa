// SlabMemory: address space for a core's slabs, taken whole at start.
//
// On huge pages where the host has reserved them (vm.nr_hugepages): a core walks more memory in a tick than a
// processor has address translations for, and with pages of 4 kB each of them is missed. Those are cleared at
// start, by the thread that makes it: of a core's slabs the pinned one (CoreThread), so that they are of its
// node. Plain pages are touched as they are used, which is the same node. Transparent huge pages are not
// asked for: clearing one at its first touch holds the core up for milliseconds
// (docs/decisions/0007-hot-state-and-lazy-concealment.md).
#pragma once

#include <cstddef>

namespace tutti::base {

enum class Pages {
  kHuge,   // for what is used densely from its beginning
  kPlain,  // for what is used here and there, or by few: they are never all in use
};

// Thread: made by the core's before its first turn, or by one of the same node; ended by any. Aligned to a
// page at least.
class SlabMemory {
 public:
  static constexpr std::size_t kHugePageBytes = 2 << 20;

  // CHECKs that the address space is to be had.
  SlabMemory(std::size_t bytes, Pages pages);
  ~SlabMemory();
  SlabMemory(const SlabMemory&) = delete;
  SlabMemory& operator=(const SlabMemory&) = delete;

  void* data() const { return data_; }

 private:
  void* data_ = nullptr;
  std::size_t bytes_ = 0;
};

}  // namespace tutti::base
