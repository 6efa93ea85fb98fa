#include "signaling/server/huge_pages.h"

#include <fstream>

#include <fmt/format.h>

#include "dataplane/base/slab_memory.h"

namespace tutti::server {
namespace {

std::size_t megabytes(std::size_t bytes) {
  return bytes >> 20;
}

}  // namespace

std::uint64_t reserved_huge_pages() {
  // Not vm.nr_hugepages: that is of the size which a host has for its default, 1 GB on some.
  std::ifstream file(fmt::format("/sys/kernel/mm/hugepages/hugepages-{}kB/nr_hugepages",
                                 base::SlabMemory::kHugePageBytes / 1024));
  std::uint64_t pages = 0;
  return file >> pages ? pages : 0;
}

std::string huge_page_line(int cpu, const base::HugePageTally& slabs, std::uint64_t reserved_pages) {
  if (reserved_pages == 0 || slabs.wanted_bytes == 0) return "";
  const std::size_t wanting = slabs.wanted_bytes - slabs.reserved_bytes;
  if (wanting == 0) {
    return fmt::format("the core on CPU {} has its slabs of {} MB on reserved huge pages", cpu,
                       megabytes(slabs.wanted_bytes));
  }
  return fmt::format(
      "the core on CPU {} asked for {} MB of reserved huge pages and has {}, too few were free: "
      "reserve {} more pages of 2 MB on its node (nr_hugepages in /sys/kernel/mm/hugepages/hugepages-2048kB)",
      cpu, megabytes(slabs.wanted_bytes), megabytes(slabs.reserved_bytes),
      wanting / base::SlabMemory::kHugePageBytes);
}

}  // namespace tutti::server
