// HashSpread: how a card that hashes addresses and ports (RSS) spreads what comes over its queues.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "dataplane/base/socket_address.h"

namespace tutti::dpdk {

// The Toeplitz hash of a packet from `source` to `destination`, of one family.
// Shapes: a key of 40 bytes at least. Source: Microsoft, "RSS Hashing Functions".
std::uint32_t toeplitz_hash(std::span<const std::uint8_t> key, const base::SocketAddress& source,
                            const base::SocketAddress& destination);

// Thread: any; made once.
class HashSpread {
 public:
  HashSpread() = default;  // of a card that has no hash
  // `queues`: of each remainder of the hash (DPDK's RETA). Shapes: a key of 40 bytes at least.
  HashSpread(std::vector<std::uint8_t> key, std::vector<std::uint16_t> queues, bool ipv4, bool ipv6);

  bool empty() const { return queues_.empty(); }
  // Whether each of the queues 0 to `count` - 1 gets something.
  bool fills(std::uint16_t count) const;

  // Whether what comes from `remote` to our port `local` comes to that queue; true where nobody can tell,
  // for the hash is not of that family's ports.
  bool leads_to(const base::SocketAddress& remote, const base::SocketAddress& local,
                std::uint16_t queue) const;

 private:
  std::vector<std::uint8_t> key_;
  std::vector<std::uint16_t> queues_;
  bool ipv4_ = false;
  bool ipv6_ = false;
};

}  // namespace tutti::dpdk
