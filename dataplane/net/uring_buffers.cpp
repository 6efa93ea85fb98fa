#include "dataplane/net/uring_buffers.h"

#include <bit>
#include <cerrno>

#include <sys/mman.h>

#include "dataplane/net/net_error.h"

namespace tutti::net {
namespace {

// Pages that are there before the first packet; null when there is no memory.
void* map_pages(std::size_t bytes) {
  void* pages =
      ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
  return pages == MAP_FAILED ? nullptr : pages;
}

}  // namespace

UringBuffers::UringBuffers(std::uint32_t count)
    : count_(count), entries_(std::bit_ceil(count)), mask_(::io_uring_buf_ring_mask(entries_)) {}

base::Result<std::unique_ptr<UringBuffers>, NetError> UringBuffers::make(UringRing& ring,
                                                                         std::uint32_t count) {
  CHECK(count > 0 && count <= kCountMax);
  std::unique_ptr<UringBuffers> buffers(new UringBuffers(count));
  buffers->memory_ = static_cast<std::byte*>(map_pages(count * kBufferBytes));
  buffers->ring_ = static_cast<io_uring_buf_ring*>(map_pages(buffers->entries_ * sizeof(io_uring_buf)));
  if (buffers->memory_ == nullptr || buffers->ring_ == nullptr) return base::unexpected(NetError::kOther);
  io_uring_buf_reg registration{};
  registration.ring_addr = reinterpret_cast<std::uintptr_t>(buffers->ring_);
  registration.ring_entries = buffers->entries_;
  registration.bgid = kGroup;
  const int registered = ::io_uring_register_buf_ring(&ring.raw(), &registration, 0);
  if (registered == -EINVAL) return base::unexpected(NetError::kNotSupported);
  if (registered < 0) return base::unexpected(net_error_from_errno(-registered));
  ::io_uring_buf_ring_init(buffers->ring_);
  for (std::uint32_t i = 0; i < count; ++i) buffers->give_back(static_cast<std::uint16_t>(i));
  buffers->publish();
  return buffers;
}

UringBuffers::~UringBuffers() {
  if (memory_ != nullptr) ::munmap(memory_, count_ * kBufferBytes);
  if (ring_ != nullptr) ::munmap(ring_, entries_ * sizeof(io_uring_buf));
}

}  // namespace tutti::net
