#include "tests/support/crossed_rings.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstring>

#include <rte_eth_ring.h>
#include <rte_ethdev.h>
#include <rte_mbuf.h>
#include <rte_ring.h>

#include "dataplane/base/check.h"

namespace tutti::dpdk {
namespace {

int made = 0;  // names are DPDK's for ever

std::uint16_t number_of(const std::string& name) {
  std::uint16_t number = 0;
  CHECK(::rte_eth_dev_get_port_by_name(name.c_str(), &number) == 0);
  return number;
}

}  // namespace

Eal& test_eal(const EalOptions& options) {
  static const std::unique_ptr<Eal> eal = [&options] {
    auto begun = Eal::start(options, [](LogLevel level, std::string_view line) {
      if (level != LogLevel::kInfo)
        std::fprintf(stderr, "%.*s\n", static_cast<int>(line.size()), line.data());
    });
    if (!begun) std::fprintf(stderr, "%s\n", begun.error().c_str());
    CHECK(begun.has_value());
    return std::move(*begun);
  }();
  return *eal;
}

std::size_t give_back(base::SpscRing<rte_mbuf*>& ring) {
  std::size_t count = 0;
  for (rte_mbuf* buffer = nullptr; ring.try_pop(buffer); ++count) ::rte_pktmbuf_free(buffer);
  return count;
}

CrossedRings::CrossedRings(std::uint16_t queues, std::uint32_t packets) {
  test_eal();
  const std::string number = std::to_string(made++);
  const auto ring = [&](const std::string& name) {
    rte_ring* made_ring =
        ::rte_ring_create(name.c_str(), packets, SOCKET_ID_ANY, RING_F_SP_ENQ | RING_F_SC_DEQ);
    CHECK(made_ring != nullptr);
    rings_.push_back(made_ring);
    return made_ring;
  };
  std::vector<rte_ring*> out;
  std::vector<rte_ring*> in;
  for (std::uint16_t i = 0; i < queues; ++i) in.push_back(ring("in" + number + "." + std::to_string(i)));
  for (std::uint16_t i = 0; i <= queues; ++i) out.push_back(ring("out" + number + "." + std::to_string(i)));
  const auto port = [&](const std::string& name, const std::vector<rte_ring*>& receive,
                        const std::vector<rte_ring*>& transmit) {
    const int port_number =
        ::rte_eth_from_rings(name.c_str(), receive.data(), static_cast<unsigned>(receive.size()),
                             transmit.data(), static_cast<unsigned>(transmit.size()), 0);
    CHECK(port_number >= 0);
    std::array<char, RTE_ETH_NAME_MAX_LEN> full{};
    CHECK(::rte_eth_dev_get_name_by_port(static_cast<std::uint16_t>(port_number), full.data()) == 0);
    return std::string(full.data());
  };
  near_ = port("near" + number, in, out);
  far_ = port("far" + number, out, in);
}

CrossedRings::~CrossedRings() {
  for (const std::string& name : {near_, far_}) {
    const std::uint16_t number = number_of(name);
    rte_eth_dev_info info{};
    CHECK(::rte_eth_dev_info_get(number, &info) == 0);
    ::rte_eth_dev_close(number);
    ::rte_dev_remove(info.device);
  }
  for (rte_ring* ring : rings_) ::rte_ring_free(ring);
}

struct FrameEnd::Port {
  std::uint16_t number = 0;
  std::uint16_t receive_queues = 0;
  rte_mempool* pool = nullptr;
};

FrameEnd::FrameEnd(const std::string& name, std::uint16_t queues, std::uint32_t buffers)
    : port_(std::make_unique<Port>()) {
  port_->number = number_of(name);
  rte_eth_dev_info info{};
  CHECK(::rte_eth_dev_info_get(port_->number, &info) == 0);
  port_->receive_queues = std::min<std::uint16_t>(info.max_rx_queues, static_cast<std::uint16_t>(queues + 1));
  port_->pool = ::rte_pktmbuf_pool_create(("far" + std::to_string(made++)).c_str(), buffers, 0, 0,
                                          RTE_PKTMBUF_HEADROOM + 9'216, 0);
  CHECK(port_->pool != nullptr);
  rte_eth_conf configuration{};
  CHECK(::rte_eth_dev_configure(port_->number, port_->receive_queues, queues, &configuration) == 0);
  for (std::uint16_t i = 0; i < port_->receive_queues; ++i) {
    CHECK(::rte_eth_rx_queue_setup(port_->number, i, 512, 0, nullptr, port_->pool) == 0);
  }
  for (std::uint16_t i = 0; i < queues; ++i) {
    CHECK(::rte_eth_tx_queue_setup(port_->number, i, 512, 0, nullptr) == 0);
  }
  CHECK(::rte_eth_dev_start(port_->number) == 0);
}

FrameEnd::~FrameEnd() {
  drain();
  ::rte_eth_dev_stop(port_->number);
  ::rte_mempool_free(port_->pool);
}

bool FrameEnd::send(std::string_view frame, std::uint16_t queue) {
  rte_mbuf* buffer = ::rte_pktmbuf_alloc(port_->pool);
  if (buffer == nullptr) return false;
  char* at = ::rte_pktmbuf_append(buffer, static_cast<std::uint16_t>(frame.size()));
  CHECK(at != nullptr);
  std::memcpy(at, frame.data(), frame.size());
  if (::rte_eth_tx_burst(port_->number, queue, &buffer, 1) == 1) return true;
  ::rte_pktmbuf_free(buffer);
  return false;
}

bool FrameEnd::send_in_pieces(std::string_view frame, std::size_t bytes) {
  rte_mbuf* whole = nullptr;
  for (std::size_t at = 0; at < frame.size(); at += bytes) {
    const std::string_view piece = frame.substr(at, bytes);
    rte_mbuf* buffer = ::rte_pktmbuf_alloc(port_->pool);
    CHECK(buffer != nullptr);
    std::memcpy(::rte_pktmbuf_append(buffer, static_cast<std::uint16_t>(piece.size())), piece.data(),
                piece.size());
    if (whole == nullptr) {
      whole = buffer;
    } else {
      CHECK(::rte_pktmbuf_chain(whole, buffer) == 0);
    }
  }
  return whole != nullptr && ::rte_eth_tx_burst(port_->number, 0, &whole, 1) == 1;
}

std::vector<std::string> FrameEnd::receive() {
  std::vector<std::string> frames;
  for (std::uint16_t queue = 0; queue < port_->receive_queues; ++queue) {
    rte_mbuf* buffer = nullptr;
    while (::rte_eth_rx_burst(port_->number, queue, &buffer, 1) == 1) {
      frames.emplace_back(rte_pktmbuf_mtod(buffer, const char*), rte_pktmbuf_data_len(buffer));
      ::rte_pktmbuf_free(buffer);
    }
  }
  return frames;
}

void FrameEnd::drain() {
  receive();
}

std::size_t FrameEnd::buffers_in_use() const {
  return ::rte_mempool_in_use_count(port_->pool);
}

}  // namespace tutti::dpdk
