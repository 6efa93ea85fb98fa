#include "tests/support/frame_echo.h"

#include <algorithm>
#include <array>

#include <rte_ethdev.h>
#include <rte_mbuf.h>

#include "dataplane/dpdk/device.h"

namespace tutti::dpdk {
namespace {

constexpr std::size_t kEchoBurst = 64;  // as DpdkPort's
constexpr std::size_t kAhead = 4;
constexpr std::size_t kEthernet = 14;
constexpr std::size_t kAddresses = kEthernet + 12;  // of the IPv4 header
constexpr std::size_t kPorts = kEthernet + 20;      // of the UDP header

// Of so many bytes each. No checksum changes by that.
void swap_neighbours(std::byte* at, std::size_t bytes) {
  std::swap_ranges(at, at + bytes, at + bytes);
}

}  // namespace

FrameEcho::FrameEcho(const Device& device) : device_(device.number()) {}

std::size_t FrameEcho::run_once() {
  std::array<rte_mbuf*, kEchoBurst> buffers;
  const std::size_t count = ::rte_eth_rx_burst(device_, 0, buffers.data(), kEchoBurst);
  for (std::size_t i = 0; i < count; ++i) __builtin_prefetch(buffers[i]);
  for (std::size_t i = 0; i < std::min(kAhead, count); ++i) {
    __builtin_prefetch(rte_pktmbuf_mtod(buffers[i], std::byte*), 1);
  }
  for (std::size_t i = 0; i < count; ++i) {
    if (i + kAhead < count) __builtin_prefetch(rte_pktmbuf_mtod(buffers[i + kAhead], std::byte*), 1);
    auto* const frame = rte_pktmbuf_mtod(buffers[i], std::byte*);
    swap_neighbours(frame, 6);
    swap_neighbours(frame + kAddresses, 4);
    swap_neighbours(frame + kPorts, 2);
  }
  std::size_t gone = 0;
  while (gone < count) {
    const std::size_t more =
        ::rte_eth_tx_burst(device_, 0, &buffers[gone], static_cast<std::uint16_t>(count - gone));
    if (more == 0) break;
    gone += more;
  }
  sent_ += gone;
  lost_ += count - gone;
  if (gone < count) ::rte_pktmbuf_free_bulk(&buffers[gone], static_cast<unsigned>(count - gone));
  return count;
}

}  // namespace tutti::dpdk
