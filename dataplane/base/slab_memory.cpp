#include "dataplane/base/slab_memory.h"

#include <cstdint>

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

// Transparent huge pages want their alignment: maps more and gives back what is over.
void* map_aligned(std::size_t bytes, std::size_t to) {
  auto* const whole = static_cast<std::byte*>(map(bytes + to, MAP_NORESERVE));
  if (whole == nullptr) return nullptr;
  const std::size_t before = (to - reinterpret_cast<std::uintptr_t>(whole) % to) % to;
  if (before != 0) munmap(whole, before);
  if (before != to) munmap(whole + before + bytes, to - before);
  return whole + before;
}

}  // namespace

SlabMemory::SlabMemory(std::size_t bytes, Pages pages) {
  if (pages == Pages::kHuge && bytes >= kHugePageBytes) {
    bytes_ = round_up(bytes, kHugePageBytes);
    // Fails unless so many are reserved and free: then none is missing later.
    data_ = map(bytes_, MAP_HUGETLB);
    if (data_ == nullptr) {
      data_ = map_aligned(bytes_, kHugePageBytes);
      // Only advice: a kernel without them goes on with plain pages.
      if (data_ != nullptr) static_cast<void>(madvise(data_, bytes_, MADV_HUGEPAGE));
    }
  } else {
    bytes_ = round_up(bytes == 0 ? 1 : bytes, static_cast<std::size_t>(sysconf(_SC_PAGESIZE)));
    data_ = map(bytes_, MAP_NORESERVE);
  }
  CHECK(data_ != nullptr);
}

SlabMemory::~SlabMemory() {
  munmap(data_, bytes_);
}

}  // namespace tutti::base
