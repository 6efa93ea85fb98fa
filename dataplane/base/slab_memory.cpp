#include "dataplane/base/slab_memory.h"

#include <sys/mman.h>
#include <unistd.h>

#include "dataplane/base/check.h"

namespace tutti::base {
namespace {

std::size_t round_up(std::size_t bytes, std::size_t to) {
  return (bytes + to - 1) / to * to;
}

void* map(std::size_t bytes, int flags) {
  void* const at = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | flags, -1, 0);
  return at == MAP_FAILED ? nullptr : at;
}

}  // namespace

SlabMemory::SlabMemory(std::size_t bytes, Pages pages) {
  if (pages == Pages::kHuge && bytes >= kHugePageBytes) {
    bytes_ = round_up(bytes, kHugePageBytes);
    // Fails unless so many are reserved and free. Cleared now: 2 MB take longer than a sub-slot has.
    data_ = map(bytes_, MAP_HUGETLB | MAP_POPULATE);
    if (data_ != nullptr) return;
  }
  bytes_ = round_up(bytes == 0 ? 1 : bytes, static_cast<std::size_t>(sysconf(_SC_PAGESIZE)));
  data_ = map(bytes_, MAP_NORESERVE);
  CHECK(data_ != nullptr);
}

SlabMemory::~SlabMemory() {
  munmap(data_, bytes_);
}

}  // namespace tutti::base
