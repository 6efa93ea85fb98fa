#include "dataplane/base/slab_memory.h"

#include <algorithm>
#include <bit>
#include <cstdint>

#include <linux/mempolicy.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "dataplane/base/check.h"
#include "dataplane/base/huge_page_tally.h"

namespace tutti::base {
namespace {

// Said, for a host's default may be 1 GB, of which each slab would take one. How: mmap(2), MAP_HUGE_2MB.
constexpr int kHugePageSize = std::countr_zero(SlabMemory::kHugePageBytes) << MAP_HUGE_SHIFT;

std::size_t round_up(std::size_t bytes, std::size_t to) {
  return (bytes + to - 1) / to * to;
}

// The C library has no function for it. Without effect where the kernel knows no nodes, or a container may
// not say which.
void prefer_node(void* at, std::size_t bytes, unsigned node) {
  constexpr unsigned kNodes = 64;
  if (node >= kNodes) return;
  const std::uint64_t mask = std::uint64_t{1} << node;
  syscall(SYS_mbind, at, bytes, MPOL_PREFERRED, &mask, kNodes + 1, 0);
}

void* map(std::size_t bytes, int flags) {
  void* const at = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | flags, -1, 0);
  return at == MAP_FAILED ? nullptr : at;
}

// Both are multiples of a page, and the first a power of two. Null where the address space is not to be had.
std::byte* map_aligned(std::size_t alignment, std::size_t bytes) {
  auto* const begin = static_cast<std::byte*>(map(bytes + alignment, MAP_NORESERVE));
  if (begin == nullptr) return nullptr;
  const std::size_t before =
      round_up(std::bit_cast<std::uintptr_t>(begin), alignment) - std::bit_cast<std::uintptr_t>(begin);
  if (before != 0) munmap(begin, before);
  munmap(begin + before + bytes, alignment - before);
  return begin + before;
}

}  // namespace

SlabMemory::SlabMemory(std::size_t bytes, Pages pages) {
  if (pages == Pages::kHuge && bytes >= kHugePageBytes) {
    bytes_ = round_up(bytes, kHugePageBytes);
    huge_page_tally().wanted_bytes += bytes_;
    // Fails unless so many are reserved and free. Cleared now: 2 MB take longer than a sub-slot has.
    data_ = map(bytes_, MAP_HUGETLB | kHugePageSize | MAP_POPULATE);
    if (data_ != nullptr) {
      ready_ = bytes_;
      huge_page_tally().reserved_bytes += bytes_;
      return;
    }
    data_ = map_aligned(kHugePageBytes, bytes_);
    CHECK(data_ != nullptr);
    // Only as they are made ready, also on a host that gives huge pages to everybody.
    madvise(data_, bytes_, MADV_NOHUGEPAGE);
  } else {
    bytes_ = round_up(bytes == 0 ? 1 : bytes, static_cast<std::size_t>(sysconf(_SC_PAGESIZE)));
    data_ = map(bytes_, MAP_NORESERVE);
    CHECK(data_ != nullptr);
  }
  getcpu(nullptr, &node_);
}

SlabMemory::~SlabMemory() {
  munmap(data_, bytes_);
}

void SlabMemory::make_ready(std::size_t bytes) {
  while (ready_ < std::min(bytes, bytes_)) {
    std::byte* const piece = static_cast<std::byte*>(data_) + ready_;
    const std::size_t length = std::min(kHugePageBytes, bytes_ - ready_);
    prefer_node(piece, length, node_);
    madvise(piece, length, MADV_HUGEPAGE);
    madvise(piece, length, MADV_POPULATE_WRITE);
    // Where these are small pages after all, nobody shall make a large one of them under the core's hands.
    madvise(piece, length, MADV_NOHUGEPAGE);
    ready_ += length;
  }
}

}  // namespace tutti::base
