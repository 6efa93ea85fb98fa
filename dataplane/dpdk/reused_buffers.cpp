#include "dataplane/dpdk/reused_buffers.h"

#include <algorithm>

#include <rte_mbuf.h>

#include "dataplane/dpdk/buffers.h"

namespace tutti::dpdk {

ReusedBuffers::~ReusedBuffers() {
  give_back(std::span(kept_).first(count_));
}

void ReusedBuffers::keep(std::span<rte_mbuf*> buffers) TUTTI_REALTIME {
  std::size_t others = 0;
  for (rte_mbuf* const buffer : buffers) {
    if (count_ < kMax && fits(buffer->pool) && is_whole(*buffer)) {
      kept_[count_++] = buffer;
    } else {
      buffers[others++] = buffer;
    }
  }
  give_back(buffers.first(others));
}

std::size_t ReusedBuffers::take(std::span<rte_mbuf*> out) TUTTI_REALTIME {
  const std::size_t taken = std::min(count_, out.size());
  count_ -= taken;
  std::copy_n(kept_.begin() + static_cast<std::ptrdiff_t>(count_), taken, out.begin());
  return taken;
}

bool ReusedBuffers::fits(const rte_mempool* pool) TUTTI_REALTIME {
  if (pool == known_) return known_fits_;
  known_ = pool;
  // DPDK's own functions of this do not say that they only read.
  const auto room = [](const rte_mempool* of) TUTTI_REALTIME {
    return std::size_t{::rte_pktmbuf_data_room_size(const_cast<rte_mempool*>(of))};
  };
  const auto before = [](const rte_mempool* of)
                          TUTTI_REALTIME { return ::rte_pktmbuf_priv_size(const_cast<rte_mempool*>(of)); };
  known_fits_ =
      pool_ != nullptr && before(pool) == before(pool_) && room(pool) >= RTE_PKTMBUF_HEADROOM + bytes_;
  return known_fits_;
}

}  // namespace tutti::dpdk
