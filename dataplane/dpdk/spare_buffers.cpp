#include "dataplane/dpdk/spare_buffers.h"

#include <algorithm>

#include <rte_mbuf.h>

#include "dataplane/base/prefetch.h"
#include "dataplane/dpdk/buffers.h"
#include "dataplane/net/packet_port.h"
#include "dataplane/net/udp_frame.h"

namespace tutti::dpdk {

// A payload begins behind it, so that it lies on a cache line and the longest head fits before it.
static_assert(RTE_PKTMBUF_HEADROOM >= net::UdpFrame::kHeadBytesMax && RTE_PKTMBUF_HEADROOM % 64 == 0);

SpareBuffers::SpareBuffers(rte_mempool* pool, bool reuses)
    : pool_(pool),
      payload_at_(sizeof(rte_mbuf) + ::rte_pktmbuf_priv_size(pool) + RTE_PKTMBUF_HEADROOM),
      reused_(reuses ? pool : nullptr, net::kPayloadBytesMax) {}

SpareBuffers::~SpareBuffers() {
  give_back(std::span(spare_).first(count_));
}

// The lines that a packet of 20 ms will be written into, and what tells of it.
void SpareBuffers::fetch(std::size_t after) const TUTTI_REALTIME {
  rte_mbuf* const buffer = spare_[count_ - 1 - after];
  base::prefetch_to_write(buffer);
  const std::byte* const payload = payload_of(buffer);
  for (std::ptrdiff_t at = -64; at < 192; at += 64) base::prefetch_to_write(payload + at);
}

bool SpareBuffers::fill() TUTTI_REALTIME {
  if (count_ >= kAhead) return true;
  std::array<rte_mbuf*, kBurst> more;
  std::size_t taken = reused_.take(more);
  // All, or fewer where the pool is nearly empty.
  for (std::size_t wanted = kBurst; wanted > 0 && taken == 0; wanted /= 4) {
    if (take_buffers(pool_, std::span(more).first(wanted))) taken = wanted;
  }
  // Behind those that are there, which have been fetched.
  std::copy_backward(spare_.begin(), spare_.begin() + static_cast<std::ptrdiff_t>(count_),
                     spare_.begin() + static_cast<std::ptrdiff_t>(count_ + taken));
  std::copy_n(more.begin(), taken, spare_.begin());
  const std::size_t fetched = count_;
  count_ += taken;
  for (std::size_t after = fetched; after < std::min(kAhead, count_); ++after) fetch(after);
  return count_ != 0;
}

rte_mbuf* SpareBuffers::take() TUTTI_REALTIME {
  rte_mbuf* const buffer = spare_[--count_];
  if (count_ >= kAhead) fetch(kAhead - 1);
  return buffer;
}

void SpareBuffers::put_off(std::size_t others) TUTTI_REALTIME {
  const auto end = spare_.begin() + static_cast<std::ptrdiff_t>(count_);
  std::rotate(end - 1 - static_cast<std::ptrdiff_t>(others), end - 1, end);
}

}  // namespace tutti::dpdk
