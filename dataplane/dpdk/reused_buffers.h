// ReusedBuffers: buffers that packets came in, for the next ones to leave in: they are in this core's cache,
// and no pool is asked.
#pragma once

#include <array>
#include <cstddef>
#include <span>

#include "dataplane/base/realtime.h"

struct rte_mbuf;
struct rte_mempool;

namespace tutti::dpdk {

// Thread: the core.
class ReusedBuffers {
 public:
  static constexpr std::size_t kMax = 512;

  // For packets of so many bytes, their heads besides, in buffers laid out as `pool`'s; that outlives it.
  // nullptr: none is kept.
  ReusedBuffers(const rte_mempool* pool, std::size_t bytes) : pool_(pool), bytes_(bytes) {}
  ~ReusedBuffers();  // gives them back
  ReusedBuffers(const ReusedBuffers&) = delete;
  ReusedBuffers& operator=(const ReusedBuffers&) = delete;

  // Keeps those that may be written into, and gives back the others. Ends what is in `buffers`.
  void keep(std::span<rte_mbuf*> buffers) TUTTI_REALTIME;
  // Those that were kept last, the very last one last; how many.
  std::size_t take(std::span<rte_mbuf*> out) TUTTI_REALTIME;

 private:
  bool fits(const rte_mempool* pool) TUTTI_REALTIME;

  const rte_mempool* const pool_;
  const std::size_t bytes_;
  std::array<rte_mbuf*, kMax> kept_;
  std::size_t count_ = 0;
  const rte_mempool* known_ = nullptr;  // whose the last one was, and whether its buffers have room
  bool known_fits_ = false;
};

}  // namespace tutti::dpdk
