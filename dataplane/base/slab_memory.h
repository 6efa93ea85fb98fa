// SlabMemory: address space for a core's slabs, taken whole at start and touched as it is used.
//
// On huge pages where the host gives them: those it has reserved (vm.nr_hugepages), else transparent ones,
// else plain pages. A core walks more memory in a tick than a processor has address translations for: with
// pages of 4 kB each of them is missed. Pages come from the node of the thread that touches them first: the
// core's.
#pragma once

#include <cstddef>

namespace tutti::base {

enum class Pages {
  kHuge,   // for what is used densely from its beginning
  kPlain,  // for what is used here and there, or by few: a touch costs 4 kB and not 2 MB
};

// Thread: made and ended by one that is not the core's. Aligned to a page at least.
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
