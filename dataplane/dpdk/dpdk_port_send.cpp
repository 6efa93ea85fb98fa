// How a DpdkPort sends.
#include <algorithm>

#include <rte_ethdev.h>
#include <rte_mbuf.h>

#include "dataplane/base/check.h"
#include "dataplane/dpdk/dpdk_port.h"

namespace tutti::dpdk {
namespace {

using base::DropReason;
using net::EndpointId;
using net::Flow;

// A payload begins there, so that it lies on a cache line and the longest head fits before it.
constexpr std::uint16_t kPayloadAt = RTE_PKTMBUF_HEADROOM;
static_assert(kPayloadAt >= net::UdpFrame::kHeadBytesMax && kPayloadAt % 64 == 0);

// How often a flow looks its next hop up again: a second at 20 ms.
constexpr std::uint8_t kSendsBetweenLooks = 50;
// What is sent at once.
constexpr std::size_t kTogether = 32;

// Which of the spare buffers is fetched while one is written.
constexpr std::size_t kWriteAhead = 3;

constexpr std::size_t kUdpBytes = 8;

std::byte* payload_of(rte_mbuf* buffer) TUTTI_REALTIME {
  return static_cast<std::byte*>(buffer->buf_addr) + kPayloadAt;
}

// The lines that a packet of 20 ms will be written into.
void prefetch_to_write(rte_mbuf* buffer) TUTTI_REALTIME {
  const std::byte* const payload = payload_of(buffer);
  for (std::ptrdiff_t at = -64; at < 192; at += 64) __builtin_prefetch(payload + at, 1);
}

}  // namespace

std::span<std::byte> DpdkPort::reserve() TUTTI_REALTIME {
  if (unsent_count_ == unsent_max_) transmit();
  if (unsent_count_ == unsent_max_) return {};
  if (spare_count_ == 0) {
    // All, or fewer where the pool is nearly empty.
    for (std::size_t wanted = kBurst; wanted > 0 && spare_count_ == 0; wanted /= 4) {
      if (::rte_pktmbuf_alloc_bulk(transmit_pool_, spare_.data(), static_cast<unsigned>(wanted)) == 0) {
        spare_count_ = wanted;
      }
    }
    if (spare_count_ == 0) {
      queue_counters_.no_buffers.add();
      return {};
    }
  }
  return {payload_of(spare_[spare_count_ - 1]), net::kPayloadBytesMax};
}

bool DpdkPort::look_up(FlowState& flow, Place at) TUTTI_REALTIME {
  const Place asked = !flow.via_gateway                              ? at
                      : flow.to.family == base::AddressFamily::kIpv4 ? 2 * endpoints_
                                                                     : 2 * endpoints_ + 1;
  const auto mac = hops_.find(asked);
  flow.hop_known = mac.has_value();
  if (!mac) return false;
  flow.sends_until_asked = kSendsBetweenLooks;
  if (*mac == flow.mac) return true;
  flow.mac = *mac;
  const LocalPort local = LocalPort::unpack(flow.local);
  flow.frame.make(station_.mac, flow.mac, exchange_.addresses()[local.address].with_port(local.port), flow.to,
                  station_.vlan);
  flow.head_bytes = static_cast<std::uint8_t>(flow.frame.head_bytes());
  return true;
}

// Whether a packet may be sent there.
bool DpdkPort::prepare(FlowState& flow, Place at, const base::SocketAddress& to) TUTTI_REALTIME {
  if (flow.to == to && to.valid()) {
    if (flow.hop_known && flow.sends_until_asked != 0) {
      --flow.sends_until_asked;
      return true;
    }
    return look_up(flow, at);
  }
  const LocalPort local = LocalPort::unpack(flow.local);
  const LocalAddresses& ours = exchange_.addresses();
  if (!to.reachable() || to.family != ours[local.address].family) return false;
  flow.to = to;
  flow.mac = {};
  flow.via_gateway = !ours.on_link(to);
  if (flow.via_gateway) {
    hops_.clear(at);
  } else {
    hops_.set(at, to);
  }
  return look_up(flow, at);
}

void DpdkPort::send(EndpointId id, Flow flow, const base::SocketAddress& to,
                    std::size_t bytes) TUTTI_REALTIME {
  CHECK(bytes <= net::kPayloadBytesMax && spare_count_ > 0 && unsent_count_ < unsent_max_);
  FlowState& from = open_flow(id, flow);
  counters_.packets_sent.add();
  counters_.bytes_sent.add(bytes);
  const base::SocketAddress& destination = from.peer.valid() ? from.peer : to;
  if (!prepare(from, place(id, flow), destination)) {
    if (from.to == destination && !from.hop_known) queue_counters_.no_next_hop.add();
    counters_.drops.add(DropReason::kSendFailed);
    return;  // the buffer stays reserved
  }
  rte_mbuf* const buffer = spare_[--spare_count_];
  if (spare_count_ >= kWriteAhead) prefetch_to_write(spare_[spare_count_ - kWriteAhead]);
  std::byte* const head = payload_of(buffer) - from.head_bytes;
  if (sums_sent_) {
    from.frame.write(bytes, head);
    const bool ipv6 = from.to.family == base::AddressFamily::kIpv6;
    buffer->ol_flags = RTE_MBUF_F_TX_UDP_CKSUM | (ipv6 ? RTE_MBUF_F_TX_IPV6 : RTE_MBUF_F_TX_IPV4);
    buffer->l3_len = ipv6 ? 40 : 20;
    buffer->l2_len = static_cast<std::uint64_t>(from.head_bytes - kUdpBytes - buffer->l3_len) & 0x7FU;
  } else {
    from.frame.write_summed(bytes, head);
  }
  buffer->data_off = static_cast<std::uint16_t>(kPayloadAt - from.head_bytes);
  buffer->data_len = static_cast<std::uint16_t>(from.head_bytes + bytes);
  buffer->pkt_len = buffer->data_len;
  unsent_[unsent_count_++] = buffer;
  if (unsent_count_ >= std::min<std::size_t>(kTogether, unsent_max_)) transmit();
}

bool DpdkPort::send(EndpointId id, Flow flow, const base::SocketAddress& to, std::span<const std::byte> head,
                    std::span<const std::byte> payload) TUTTI_REALTIME {
  const std::span<std::byte> buffer = reserve();
  if (buffer.empty()) return false;
  CHECK(head.size() + payload.size() <= buffer.size());
  std::copy(payload.begin(), payload.end(), std::copy(head.begin(), head.end(), buffer.begin()));
  send(id, flow, to, head.size() + payload.size());
  return true;
}

void DpdkPort::transmit() TUTTI_REALTIME {
  std::size_t sent = 0;
  while (sent < unsent_count_) {
    const std::uint16_t now =
        ::rte_eth_tx_burst(device_, core_, &unsent_[sent], static_cast<std::uint16_t>(unsent_count_ - sent));
    if (now == 0) break;
    sent += now;
  }
  if (sent < unsent_count_) {
    queue_counters_.queue_full.add();
    std::copy(unsent_.begin() + static_cast<std::ptrdiff_t>(sent),
              unsent_.begin() + static_cast<std::ptrdiff_t>(unsent_count_), unsent_.begin());
  }
  unsent_count_ -= sent;
}

void DpdkPort::send_for_slow_path() TUTTI_REALTIME {
  rte_mbuf* buffer = nullptr;
  while (unsent_count_ < unsent_max_ && exchange_.from_slow_path().try_pop(buffer)) {
    unsent_[unsent_count_++] = buffer;
  }
}

void DpdkPort::flush() TUTTI_REALTIME {
  if (core_ == 0) send_for_slow_path();
  if (unsent_count_ > 0) transmit();
}

}  // namespace tutti::dpdk
