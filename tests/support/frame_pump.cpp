#include "tests/support/frame_pump.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <vector>

#include <rte_ethdev.h>
#include <rte_mbuf.h>

#include "dataplane/base/check.h"
#include "dataplane/net/udp_frame.h"
#include "tests/support/crossed_rings.h"

namespace tutti::dpdk {

class FramePump::Impl {
 public:
  Impl(const std::string& port, const net::MacAddress& from, const net::MacAddress& to,
       std::size_t payload_bytes)
      : end_(port), from_(from), to_(to), payload_(payload_bytes, std::byte{0x55}) {
    CHECK(::rte_eth_dev_get_port_by_name(port.c_str(), &number_) == 0);
    pool_ = ::rte_pktmbuf_pool_create(("pump" + std::to_string(number_)).c_str(), 16'383, 256, 0,
                                      RTE_MBUF_DEFAULT_BUF_SIZE, 0);
    CHECK(pool_ != nullptr);
  }
  ~Impl() {
    discard();
    ::rte_mempool_free(pool_);
  }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  void add(const base::SocketAddress& from, const base::SocketAddress& to) {
    flows_.emplace_back().make(from_, to_, from, to);
  }

  std::size_t send(std::size_t count) {
    std::array<rte_mbuf*, kBurst> buffers;
    std::size_t sent = 0;
    while (sent < count) {
      const std::size_t now = std::min(kBurst, count - sent);
      if (::rte_pktmbuf_alloc_bulk(pool_, buffers.data(), static_cast<unsigned>(now)) != 0) break;
      for (std::size_t i = 0; i < now; ++i) write(*buffers[i]);
      const std::size_t gone =
          ::rte_eth_tx_burst(number_, 0, buffers.data(), static_cast<std::uint16_t>(now));
      sent += gone;
      if (gone == now) continue;
      ::rte_pktmbuf_free_bulk(&buffers[gone], static_cast<unsigned>(now - gone));
      break;
    }
    return sent;
  }

  std::size_t discard() {
    std::array<rte_mbuf*, kBurst> buffers;
    std::size_t all = 0;
    for (std::size_t count = kBurst; count != 0; all += count) {
      count = ::rte_eth_rx_burst(number_, 0, buffers.data(), kBurst);
      ::rte_pktmbuf_free_bulk(buffers.data(), static_cast<unsigned>(count));
    }
    return all;
  }

 private:
  static constexpr std::size_t kBurst = 64;

  void write(rte_mbuf& buffer) {
    const net::UdpFrame& flow = flows_[next_];
    next_ = next_ + 1 == flows_.size() ? 0 : next_ + 1;
    auto* const at = rte_pktmbuf_mtod(&buffer, std::byte*);
    const std::size_t head = flow.head_bytes();
    std::memcpy(at + head, payload_.data(), payload_.size());
    flow.write_summed(payload_.size(), at);
    buffer.data_len = static_cast<std::uint16_t>(head + payload_.size());
    buffer.pkt_len = buffer.data_len;
  }

  FrameEnd end_;
  const net::MacAddress from_;
  const net::MacAddress to_;
  const std::vector<std::byte> payload_;
  std::vector<net::UdpFrame> flows_;
  std::size_t next_ = 0;
  std::uint16_t number_ = 0;
  rte_mempool* pool_ = nullptr;
};

FramePump::FramePump(const std::string& port, const net::MacAddress& from, const net::MacAddress& to,
                     std::size_t payload_bytes)
    : impl_(std::make_unique<Impl>(port, from, to, payload_bytes)) {}
FramePump::~FramePump() = default;
void FramePump::add(const base::SocketAddress& from, const base::SocketAddress& to) {
  impl_->add(from, to);
}
std::size_t FramePump::send(std::size_t count) {
  return impl_->send(count);
}
std::size_t FramePump::discard() {
  return impl_->discard();
}

}  // namespace tutti::dpdk
