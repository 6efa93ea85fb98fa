// Buffers of DPDK's of one piece, taken and given back without a look at their second cache line: it is
// another core's that had them before.
#pragma once

#include <span>

#include <rte_mbuf.h>

#include "dataplane/base/realtime.h"

namespace tutti::dpdk {

// Fills all of `out`, or nothing: false where the pool has not as many. A buffer's length, where its data
// begins and its flags are the taker's to set; all else is as DPDK wants it of one that was given back: one
// piece, one owner.
inline bool take_buffers(rte_mempool* pool, std::span<rte_mbuf*> out) TUTTI_REALTIME {
  return ::rte_mempool_get_bulk(pool, reinterpret_cast<void**>(out.data()),
                                static_cast<unsigned>(out.size())) == 0;
}

// Of one piece, and nobody else's: all that it has room for may be written.
inline bool is_whole(const rte_mbuf& buffer) TUTTI_REALTIME {
  return buffer.nb_segs == 1 && RTE_MBUF_DIRECT(&buffer) && ::rte_mbuf_refcnt_read(&buffer) == 1;
}

// Gives them back, whatever they are and of which pools. Ends what is in `buffers`.
inline void give_back(std::span<rte_mbuf*> buffers) TUTTI_REALTIME {
  rte_mempool* pool = nullptr;
  std::size_t begin = 0;
  std::size_t end = 0;  // [begin, end): of `pool`, to be given back together
  const auto put = [&]() TUTTI_REALTIME {
    if (begin != end) {
      ::rte_mempool_put_bulk(pool, reinterpret_cast<void* const*>(&buffers[begin]),
                             static_cast<unsigned>(end - begin));
    }
    begin = end;
  };
  for (rte_mbuf* const buffer : buffers) {
    // Of one piece: there is no next one.
    if (!is_whole(*buffer)) {
      ::rte_pktmbuf_free(buffer);
      continue;
    }
    if (buffer->pool != pool) {
      put();
      pool = buffer->pool;
    }
    buffers[end++] = buffer;
  }
  put();
}

}  // namespace tutti::dpdk
