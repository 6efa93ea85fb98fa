// SlabMemory: address space for a core's slabs, taken whole at start.
//
// On huge pages: a core walks more memory in a tick than a processor has address translations for, and with
// pages of 4 kB each of them is missed. Where the host has reserved some (vm.nr_hugepages), they are cleared
// at start, by the thread that makes it: of a core's slabs the pinned one (CoreThread), so that they are of
// its node. Else transparent ones, for what somebody makes ready before the core gets to it: clearing one at
// its first touch would hold the core up for milliseconds (docs/decisions/0051-pages-made-ready.md). What
// nobody makes ready is plain pages, touched as they are used, which is the same node.
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

  // Has the first `bytes` there, as zeros and of the maker's node, so that their first touch costs nothing.
  // By 2 MB at a time, each of which takes 0.1 to 40 ms; what is ready is left alone. What the kernel refuses
  // stays as it was. Thread: one, always the same, while others use the memory.
  void make_ready(std::size_t bytes);

 private:
  void* data_ = nullptr;
  std::size_t bytes_ = 0;
  std::size_t ready_ = 0;
  unsigned node_ = 0;  // the maker's
};

}  // namespace tutti::base
