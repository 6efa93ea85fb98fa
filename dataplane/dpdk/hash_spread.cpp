#include "dataplane/dpdk/hash_spread.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include <rte_byteorder.h>
#include <rte_thash.h>

#include "dataplane/base/check.h"

namespace tutti::dpdk {

std::uint32_t toeplitz_hash(std::span<const std::uint8_t> key, const base::SocketAddress& source,
                            const base::SocketAddress& destination) {
  const std::size_t address_bytes = source.family == base::AddressFamily::kIpv4 ? 4 : 16;
  CHECK(source.family == destination.family && key.size() >= 2 * address_bytes + 8);
  std::array<std::uint32_t, 9> words{};
  const std::size_t address_words = address_bytes / 4;
  std::memcpy(words.data(), source.ip.data(), address_bytes);
  std::memcpy(words.data() + address_words, destination.ip.data(), address_bytes);
  for (std::size_t i = 0; i < 2 * address_words; ++i) words[i] = rte_be_to_cpu_32(words[i]);
  words[2 * address_words] = static_cast<std::uint32_t>(source.port) << 16U | destination.port;
  return ::rte_softrss(words.data(), static_cast<std::uint32_t>(2 * address_words + 1), key.data());
}

HashSpread::HashSpread(std::vector<std::uint8_t> key, std::vector<std::uint16_t> queues, bool ipv4, bool ipv6)
    : key_(std::move(key)), queues_(std::move(queues)), ipv4_(ipv4), ipv6_(ipv6) {
  CHECK(key_.size() >= 40 && !queues_.empty());
}

bool HashSpread::fills(std::uint16_t count) const {
  for (std::uint16_t queue = 0; queue < count; ++queue) {
    if (std::find(queues_.begin(), queues_.end(), queue) == queues_.end()) return false;
  }
  return true;
}

bool HashSpread::leads_to(const base::SocketAddress& remote, const base::SocketAddress& local,
                          std::uint16_t queue) const {
  const bool hashed = local.family == base::AddressFamily::kIpv4 ? ipv4_ : ipv6_;
  if (empty() || !hashed || remote.family != local.family) return true;
  return queues_[toeplitz_hash(key_, remote, local) % queues_.size()] == queue;
}

}  // namespace tutti::dpdk
