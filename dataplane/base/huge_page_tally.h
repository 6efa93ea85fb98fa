// HugePageTally: how much memory a thread has wanted on huge pages, and how much of it lies on reserved ones.
#pragma once

#include <cstddef>

namespace tutti::base {

struct HugePageTally {
  std::size_t wanted_bytes = 0;    // in whole huge pages
  std::size_t reserved_bytes = 0;  // the rest found too few of the host's free
};

// Written by SlabMemory, which takes a core's slabs on the core's own thread. Thread: each has its own.
HugePageTally& huge_page_tally();

}  // namespace tutti::base
