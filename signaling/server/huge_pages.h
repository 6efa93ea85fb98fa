// HugePages: what is told at start of a core's slabs where the host has reserved huge pages for them.
#pragma once

#include <cstdint>
#include <string>

#include "dataplane/base/huge_page_tally.h"

namespace tutti::server {

// How many of SlabMemory's size the host has reserved, free or not; 0 where that cannot be read, or the host
// has none of this size. Source: the kernel's admin-guide/mm/hugetlbpage.
std::uint64_t reserved_huge_pages();

// One line for the log; empty where none are reserved at all, or the slabs are smaller than one.
std::string huge_page_line(int cpu, const base::HugePageTally& slabs, std::uint64_t reserved_pages);

}  // namespace tutti::server
