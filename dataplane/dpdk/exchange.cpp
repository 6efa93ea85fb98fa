#include "dataplane/dpdk/exchange.h"

#include <rte_mbuf.h>

#include "dataplane/base/check.h"

namespace tutti::dpdk {
namespace {

constexpr std::uint16_t kCoresMax = 254;

void give_back(Exchange::Ring& ring) {
  for (rte_mbuf* buffer = nullptr; ring.try_pop(buffer);) ::rte_pktmbuf_free(buffer);
}

}  // namespace

Exchange::Exchange(const LocalAddresses& addresses, const ExchangeOptions& options)
    : addresses_(addresses),
      options_(options),
      owners_(std::make_unique<std::atomic<std::uint8_t>[]>(addresses.size() * LocalPort::kPorts)) {
  CHECK(options.cores > 0 && options.cores <= kCoresMax);
  for (std::uint16_t from = 0; from < options.cores; ++from) {
    to_slow_path_.push_back(std::make_unique<Ring>(kExceptions));
    for (std::uint16_t to = 0; to < options.cores; ++to) {
      between_.push_back(from == to ? nullptr : std::make_unique<Ring>(kHandOver));
    }
  }
}

Exchange::~Exchange() {
  for (const auto& ring : between_) {
    if (ring != nullptr) give_back(*ring);
  }
  for (const auto& ring : to_slow_path_) give_back(*ring);
  give_back(from_slow_path_);
}

void Exchange::claim(LocalPort port, std::uint16_t core) TUTTI_REALTIME {
  owners_[port.index()].store(static_cast<std::uint8_t>(core + 1), std::memory_order_relaxed);
}

void Exchange::release(LocalPort port, std::uint16_t core) TUTTI_REALTIME {
  // Who moved it to another core has claimed it there perhaps before this one let go.
  auto own = static_cast<std::uint8_t>(core + 1);
  owners_[port.index()].compare_exchange_strong(own, 0, std::memory_order_relaxed);
}

std::optional<std::uint16_t> Exchange::owner(LocalPort port) const TUTTI_REALTIME {
  const std::uint8_t core = owners_[port.index()].load(std::memory_order_relaxed);
  if (core == 0) return std::nullopt;
  return static_cast<std::uint16_t>(core - 1);
}

}  // namespace tutti::dpdk
