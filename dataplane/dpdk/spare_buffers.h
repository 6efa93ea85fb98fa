// SpareBuffers: the buffers that the next packets will be written into, of which the first ones are on their
// way into this core's cache.
#pragma once

#include <array>
#include <cstddef>
#include <span>

#include "dataplane/base/realtime.h"
#include "dataplane/dpdk/reused_buffers.h"

struct rte_mbuf;
struct rte_mempool;

namespace tutti::dpdk {

// Thread: the core.
class SpareBuffers {
 public:
  // So many are taken from the pool at once.
  static constexpr std::size_t kBurst = 64;

  // For payloads of kPayloadBytesMax, each behind its head, in buffers of `pool`, which outlives it;
  // `reuses`: or in those that packets came in.
  SpareBuffers(rte_mempool* pool, bool reuses);
  ~SpareBuffers();  // gives them back
  SpareBuffers(const SpareBuffers&) = delete;
  SpareBuffers& operator=(const SpareBuffers&) = delete;

  // Ends what is in `buffers`: packets came in them.
  void keep(std::span<rte_mbuf*> buffers) TUTTI_REALTIME { reused_.keep(buffers); }

  // Takes more where few are left. False where none is to be had.
  bool fill() TUTTI_REALTIME;
  // How many are there, after fill().
  std::size_t size() const TUTTI_REALTIME { return count_; }
  // Where the payload of the next one begins, or of that after so many others.
  std::byte* payload(std::size_t after = 0) const TUTTI_REALTIME {
    return payload_of(spare_[count_ - 1 - after]);
  }
  // The next one. Owns: the caller.
  rte_mbuf* take() TUTTI_REALTIME;
  // The next one comes after so many others.
  void put_off(std::size_t others) TUTTI_REALTIME;

  // From where the buffer is, not from what it says: it may still be on its way here.
  std::byte* payload_of(rte_mbuf* buffer) const TUTTI_REALTIME {
    return reinterpret_cast<std::byte*>(buffer) + payload_at_;
  }

 private:
  // So many are fetched before they are written: those of a conference of 16 are written at once. A store
  // that waits for its line is waited for by all that come after it.
  static constexpr std::size_t kAhead = 16;

  void fetch(std::size_t after) const TUTTI_REALTIME;

  rte_mempool* const pool_;
  const std::size_t payload_at_;                  // from a buffer's begin
  std::array<rte_mbuf*, kBurst + kAhead> spare_;  // the last one is the next
  std::size_t count_ = 0;
  ReusedBuffers reused_;  // the ones after those
};

}  // namespace tutti::dpdk
