// UringBuffers: the receive buffers, lent to the kernel through a ring of provided buffers.
//
// Private to this module: it shows liburing.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "dataplane/base/check.h"
#include "dataplane/base/realtime.h"
#include "dataplane/base/result.h"
#include "dataplane/net/packet_port.h"
#include "dataplane/net/uring_ring.h"

namespace tutti::net {

// Thread: make() by anyone before the ring is enabled, the rest by the ring's. Outlives the ring's use of it,
// so it is destroyed after the ring.
class UringBuffers {
 public:
  static constexpr std::uint16_t kGroup = 0;
  static constexpr std::uint32_t kCountMax = 32'768;  // the kernel's limit

  // In front of a payload that came with its source: io_uring_recvmsg_out, then the address.
  static constexpr std::size_t kNameBytes = 28;  // sockaddr_in6
  static constexpr std::size_t kHeadBytes = 16 + kNameBytes;
  // A buffer holds more than the largest payload, so that a longer packet shows itself by its length:
  // 1 536 = 44 + 1 452, rounded up to cache lines.
  static constexpr std::size_t kBufferBytes = 1'536;
  static_assert(sizeof(io_uring_recvmsg_out) + kNameBytes == kHeadBytes);
  static_assert(kBufferBytes > kHeadBytes + kPayloadBytesMax && kBufferBytes % 64 == 0);

  // `count` buffers, at most kCountMax.
  static base::Result<std::unique_ptr<UringBuffers>, NetError> make(UringRing& ring, std::uint32_t count);
  ~UringBuffers();
  UringBuffers(const UringBuffers&) = delete;
  UringBuffers& operator=(const UringBuffers&) = delete;

  const std::byte* data(std::uint16_t buffer) const TUTTI_REALTIME {
    DCHECK(buffer < count_);
    return memory_ + buffer * kBufferBytes;
  }

  // Gives a buffer back; the kernel sees it after publish().
  void give_back(std::uint16_t buffer) TUTTI_REALTIME {
    DCHECK(buffer < count_);
    ::io_uring_buf_ring_add(ring_, memory_ + buffer * kBufferBytes, kBufferBytes, buffer, mask_,
                            static_cast<int>(given_++));
  }
  void publish() TUTTI_REALTIME {
    if (given_ == 0) return;
    ::io_uring_buf_ring_advance(ring_, static_cast<int>(given_));
    given_ = 0;
  }

 private:
  explicit UringBuffers(std::uint32_t count);

  const std::uint32_t count_;
  const std::uint32_t entries_;
  const int mask_;
  std::byte* memory_ = nullptr;
  io_uring_buf_ring* ring_ = nullptr;
  std::uint32_t given_ = 0;  // since the last publish()
};

}  // namespace tutti::net
