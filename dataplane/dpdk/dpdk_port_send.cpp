// How a DpdkPort sends.
#include <algorithm>
#include <array>
#include <cstring>
#include <tuple>

#include <rte_ethdev.h>
#include <rte_mbuf.h>

#include "dataplane/base/check.h"
#include "dataplane/base/prefetch.h"
#include "dataplane/dpdk/buffers.h"
#include "dataplane/dpdk/dpdk_port.h"
#include "dataplane/net/ethernet_frame.h"
#include "dataplane/net/internet_checksum.h"
#include "dataplane/net/ip_packet.h"
#include "dataplane/net/packet_pieces.h"
#include "dataplane/net/udp_packet.h"

namespace tutti::dpdk {
namespace {

using base::DropReason;
using net::EndpointId;
using net::Flow;

// How often a flow looks its next hop up again: a second at 20 ms.
constexpr std::uint8_t kSendsBetweenLooks = 50;
// What leaves together, before a flush(): each time the queue's own lines come from who takes its packets.
constexpr std::size_t kTogether = 64;

// With a tag; IPv6's is longer without.
constexpr std::size_t kIpv4HeadMax =
    net::EthernetFrame::kHeadBytes + net::EthernetFrame::kTagBytes + net::kIpv4HeadBytes + net::kUdpHeadBytes;

constexpr std::size_t kRtpHeadBytes = std::tuple_size_v<decltype(net::PacketHead::bytes)>;

std::uint64_t sum_of_head(const net::PacketHead& head) TUTTI_REALTIME {
  static_assert(kRtpHeadBytes == 12);
  std::array<std::uint32_t, 3> words;
  std::memcpy(words.data(), head.bytes.data(), sizeof(words));
  return std::uint64_t{words[0]} + words[1] + words[2];
}

}  // namespace

std::span<std::byte> DpdkPort::reserve() TUTTI_REALTIME {
  if (unsent_count_ == unsent_max_) transmit();
  if (unsent_count_ == unsent_max_) return {};
  if (!spare_.fill()) {
    queue_counters_.no_buffers.add();
    return {};
  }
  return {spare_.payload(), net::kPayloadBytesMax};
}

// Whether its next hop is known; then the frame is for it, and what was held for it leaves. A packet more has
// room still.
bool DpdkPort::look_up(FlowState& flow, Place at) TUTTI_REALTIME {
  const Place asked = !flow.via_gateway                              ? at
                      : flow.to.family == base::AddressFamily::kIpv4 ? 2 * endpoints_
                                                                     : 2 * endpoints_ + 1;
  const bool known = flow.hop_known;
  const auto mac = hops_.find(asked);
  flow.hop_known = mac.has_value();
  if (!mac) return false;
  if (*mac != flow.mac) {
    flow.mac = *mac;
    const LocalPort local = LocalPort::unpack(flow.local);
    frames_[at].make(station_.mac, flow.mac, exchange_.addresses()[local.address].with_port(local.port),
                     flow.to, station_.vlan);
    sends_[at].head_bytes = static_cast<std::uint8_t>(frames_[at].head_bytes());
  }
  if (!known && !held_.empty()) send_held(at);
  return true;
}

// Whether a packet may be sent there, or to the peer.
bool DpdkPort::prepare(Place at, const base::SocketAddress& unconnected_to) TUTTI_REALTIME {
  FlowState& flow = flows_[at];
  CHECK(flow.open);
  const bool connected = flow.peer.valid();
  const base::SocketAddress& to = connected ? flow.peer : unconnected_to;
  if (flow.to != to || !to.valid()) {
    const LocalPort local = LocalPort::unpack(flow.local);
    const LocalAddresses& ours = exchange_.addresses();
    if (!to.reachable() || to.family != ours[local.address].family) return false;
    if (!held_.empty()) lose(held_.take(at));  // it was for another
    flow.to = to;
    flow.mac = {};
    flow.hop_known = false;
    flow.via_gateway = !ours.on_link(to);
    if (flow.via_gateway) {
      hops_.clear(at);
    } else {
      hops_.set(at, to);
    }
  } else if (!connected && flow.hop_known && flow.sends_until_asked != 0) {
    --flow.sends_until_asked;
    return true;
  }
  if (!look_up(flow, at)) return false;
  (connected ? sends_[at].left : flow.sends_until_asked) = kSendsBetweenLooks;
  return true;
}

inline bool DpdkPort::ready(Place at, const base::SocketAddress& to) TUTTI_REALTIME {
  if (sends_[at].left == 0) return prepare(at, to);
  --sends_[at].left;
  return true;
}

void DpdkPort::expect(EndpointId id, Flow flow, const base::SocketAddress& remote) TUTTI_REALTIME {
  CHECK(static_cast<std::uint32_t>(id) < endpoints_);
  const Place at = place(id, flow);
  if (flows_[at].open) prepare(at, remote);
}

bool DpdkPort::asks(Place at, const base::SocketAddress& to) const TUTTI_REALTIME {
  const FlowState& flow = flows_[at];
  return flow.to == (flow.peer.valid() ? flow.peer : to) && flow.to.valid() && !flow.hop_known;
}

// Of what was written just now: RTP's head apart, because words that were written in other pieces than they
// are read in are waited for. Nothing where the card sums.
std::uint64_t DpdkPort::sum_of_new(std::span<const std::byte> payload) const TUTTI_REALTIME {
  if (sums_sent_) return 0;
  const std::size_t head = std::min(kRtpHeadBytes, payload.size());
  return net::internet_sum(payload.first(head)) + net::internet_sum(payload.subspan(head));
}

// These two are in each way to send, once a packet.
[[gnu::always_inline]] inline void DpdkPort::finish(Place at, rte_mbuf* buffer, std::size_t bytes,
                                                    std::uint64_t payload_sum) TUTTI_REALTIME {
  const net::UdpFrame& frame = frames_[at];
  const std::size_t head_bytes = sends_[at].head_bytes;
  std::byte* const head = spare_.payload_of(buffer) - head_bytes;
  if (sums_sent_) {
    frame.write(bytes, head);
    const bool ipv6 = head_bytes > kIpv4HeadMax;
    buffer->ol_flags = RTE_MBUF_F_TX_UDP_CKSUM | (ipv6 ? RTE_MBUF_F_TX_IPV6 : RTE_MBUF_F_TX_IPV4);
    buffer->tx_offload = 0;
    buffer->l3_len = net::ip_head_bytes(ipv6) & 0x1FFU;
    buffer->l2_len = static_cast<std::uint64_t>(head_bytes - net::kUdpHeadBytes - buffer->l3_len) & 0x7FU;
  } else {
    buffer->ol_flags = 0;
    frame.write_summed(bytes, head, payload_sum);
  }
  buffer->data_off = static_cast<std::uint16_t>(RTE_PKTMBUF_HEADROOM - head_bytes);
  buffer->data_len = static_cast<std::uint16_t>(head_bytes + bytes);
  buffer->pkt_len = buffer->data_len;
}

[[gnu::always_inline]] inline void DpdkPort::post(Place at, std::size_t bytes,
                                                  std::uint64_t payload_sum) TUTTI_REALTIME {
  rte_mbuf* const buffer = spare_.take();
  finish(at, buffer, bytes, payload_sum);
  unsent_[unsent_count_++] = buffer;
  if (unsent_count_ >= std::min<std::size_t>(kTogether, unsent_max_)) transmit();
}

void DpdkPort::send(EndpointId id, Flow flow, const base::SocketAddress& to,
                    std::size_t bytes) TUTTI_REALTIME {
  CHECK(static_cast<std::uint32_t>(id) < endpoints_ && bytes <= net::kPayloadBytesMax);
  CHECK(spare_.size() > 0 && unsent_count_ < unsent_max_);
  counters_.packets_sent.add();
  counters_.bytes_sent.add(bytes);
  const Place at = place(id, flow);
  if (ready(at, to)) return post(at, bytes, sum_of_new({spare_.payload(), bytes}));
  if (asks(at, to)) return hold(at, bytes);
  counters_.drops.add(DropReason::kSendFailed);  // the buffer stays reserved
}

// The neighbour is being asked for.
void DpdkPort::hold(Place at, std::size_t bytes) TUTTI_REALTIME {
  rte_mbuf* const buffer = spare_.take();
  buffer->ol_flags = 0;
  buffer->data_len = static_cast<std::uint16_t>(bytes);  // of the payload, until its head is written
  queue_counters_.held.add();
  lose(held_.put(at, buffer, clock_()));
}

void DpdkPort::lose(rte_mbuf* held) TUTTI_REALTIME {
  if (held == nullptr) return;
  queue_counters_.no_next_hop.add();
  counters_.drops.add(DropReason::kSendFailed);
  ::rte_pktmbuf_free(held);
}

void DpdkPort::send_held(Place at) TUTTI_REALTIME {
  rte_mbuf* const buffer = held_.take(at);
  if (buffer == nullptr) return;
  if (unsent_count_ + 1 >= unsent_max_) transmit();
  if (unsent_count_ + 1 >= unsent_max_) return lose(buffer);
  finish(at, buffer, buffer->data_len, sum_of_new({spare_.payload_of(buffer), buffer->data_len}));
  unsent_[unsent_count_++] = buffer;
}

// Those whose neighbour has answered.
void DpdkPort::look_after_held() TUTTI_REALTIME {
  const base::Instant now = clock_();
  for (std::size_t i = held_.size(); i > 0; --i) {
    const HeldPackets::Held held = held_[i - 1];
    if (!look_up(flows_[held.flow], held.flow) && now >= held.until) lose(held_.take_at(i - 1));
  }
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

net::EndpointLines DpdkPort::send_lines() const {
  return {frames_, sizeof(net::UdpFrame), sends_.get(), sizeof(FlowSends)};
}

// What they touch, in the order in which they leave.
void DpdkPort::prefetch_flows(std::span<const net::PacketHead> heads) const TUTTI_REALTIME {
  for (const net::PacketHead& head : heads) {
    CHECK(static_cast<std::uint32_t>(head.endpoint) < endpoints_);
    const Place at = place(head.endpoint, Flow::kRtp);
    base::prefetch(&frames_[at]);
    if (sends_[at].left == 0) base::prefetch(&flows_[at]);  // it looks its next hop up
  }
}

// Their payload is summed once.
std::size_t DpdkPort::send(std::span<const net::PacketHead> heads,
                           std::span<const std::byte> payload) TUTTI_REALTIME {
  prefetch_flows(heads);
  const std::uint64_t sum = sums_sent_ ? 0 : net::internet_sum(payload);
  const std::size_t bytes = kRtpHeadBytes + payload.size();
  CHECK(bytes <= net::kPayloadBytesMax);
  std::size_t sent = 0;
  std::size_t refused = 0;
  for (; sent < heads.size(); ++sent) {
    const net::PacketHead& head = heads[sent];
    const std::span<std::byte> buffer = reserve();
    if (buffer.empty()) break;
    const Place at = place(head.endpoint, Flow::kRtp);
    const bool goes = ready(at, *head.to);
    if (!goes && !asks(at, *head.to)) {
      ++refused;
      continue;
    }
    net::copy_pieces(buffer.data(), head.bytes, payload);
    if (!goes) {
      hold(at, bytes);
      continue;
    }
    post(at, bytes, sum + sum_of_head(head));
  }
  counters_.packets_sent.add(sent);
  counters_.bytes_sent.add(sent * bytes);
  if (refused != 0) counters_.drops.add(DropReason::kSendFailed, refused);
  return sent;
}

std::size_t DpdkPort::reserve_payloads(std::span<std::uint8_t*> places) TUTTI_REALTIME {
  if (reserve().empty()) return 0;
  const std::size_t count = std::min({places.size(), spare_.size(), unsent_max_ - unsent_count_, kBurst});
  for (std::size_t i = 0; i < count; ++i) {
    places[i] = net::behind_head(spare_.payload(i));
  }
  return count;
}

void DpdkPort::send_reserved(std::span<const net::PacketHead> heads,
                             std::size_t payload_bytes) TUTTI_REALTIME {
  const std::size_t bytes = kRtpHeadBytes + payload_bytes;
  CHECK(heads.size() <= std::min(spare_.size(), kBurst) && bytes <= net::kPayloadBytesMax);
  for (const net::PacketHead& head : heads) {
    CHECK(static_cast<std::uint32_t>(head.endpoint) < endpoints_);
    const Place at = place(head.endpoint, Flow::kRtp);
    if (sends_[at].left == 0) base::prefetch(&flows_[at]);  // it looks its next hop up
  }
  // Before the heads are written: words that were written in other pieces than they are read in are waited
  // for, behind all that is still on its way to the cache.
  std::array<net::SumPiece, kBurst> payloads;
  std::array<std::uint64_t, kBurst> sums;
  if (!sums_sent_) {
    for (std::size_t i = 0; i < heads.size(); ++i) {
      payloads[i] = {spare_.payload(i) + kRtpHeadBytes, payload_bytes};
    }
    net::internet_sums(std::span(payloads).first(heads.size()), sums);
  }
  std::size_t refused = 0;
  for (std::size_t i = 0; i < heads.size(); ++i) {
    const net::PacketHead& head = heads[i];
    const Place at = place(head.endpoint, Flow::kRtp);
    if (unsent_count_ == unsent_max_) transmit();  // packets that were held have left in between
    const bool goes = unsent_count_ < unsent_max_ && ready(at, *head.to);
    if (!goes && !asks(at, *head.to)) {
      ++refused;
      spare_.put_off(heads.size() - 1 - i);  // behind those of the others
      continue;
    }
    net::copy_pieces(spare_.payload(), head.bytes, {});
    if (goes) {
      post(at, bytes, sums_sent_ ? 0 : sums[i] + sum_of_head(head));
    } else {
      hold(at, bytes);
    }
  }
  counters_.packets_sent.add(heads.size());
  counters_.bytes_sent.add(heads.size() * bytes);
  if (refused != 0) counters_.drops.add(DropReason::kSendFailed, refused);
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
  if (!held_.empty()) look_after_held();
  if (core_ == 0) send_for_slow_path();
  if (unsent_count_ > 0) transmit();
}

}  // namespace tutti::dpdk
