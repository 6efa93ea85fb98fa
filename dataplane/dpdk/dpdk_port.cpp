// How a DpdkPort receives, and keeps its endpoints; dpdk_port_send.cpp sends.
#include "dataplane/dpdk/dpdk_port.h"

#include <algorithm>
#include <cstring>
#include <new>

#include <rte_ethdev.h>
#include <rte_mbuf.h>
#include <time.h>

#include "dataplane/base/check.h"
#include "dataplane/base/prefetch.h"
#include "dataplane/dpdk/buffers.h"
#include "dataplane/dpdk/device.h"
#include "dataplane/dpdk/eal.h"

namespace tutti::dpdk {
namespace {

using base::DropReason;
using net::EndpointId;
using net::Flow;

constexpr base::Duration kLongestSleep = std::chrono::milliseconds(5);
constexpr base::Duration kShortestSleep = std::chrono::microseconds(50);

static_assert(ReceivedSums::kIpv4 == RTE_MBUF_F_RX_IP_CKSUM_GOOD);
static_assert(ReceivedSums::kUdp == RTE_MBUF_F_RX_L4_CKSUM_GOOD);

std::optional<std::uint16_t> stripped_tag(const rte_mbuf& buffer) TUTTI_REALTIME {
  if ((buffer.ol_flags & RTE_MBUF_F_RX_VLAN_STRIPPED) == 0) return std::nullopt;
  return buffer.vlan_tci;
}

std::span<const std::byte> frame_of(const rte_mbuf& buffer) TUTTI_REALTIME {
  return {rte_pktmbuf_mtod(&buffer, const std::byte*), buffer.data_len};
}

// Whose frame is fetched while one is read.
constexpr std::size_t kReadAhead = 16;

// A received buffer's head, and as much as a frame of 20 ms is long: its sum is over all of it. From where
// frames lie as a rule, for the head that says so is on its way, too.
void prefetch_received(const rte_mbuf* buffer) TUTTI_REALTIME {
  base::prefetch(buffer);
  const auto* const frame = reinterpret_cast<const std::byte*>(buffer + 1) + RTE_PKTMBUF_HEADROOM;
  for (std::size_t at = 0; at < 256; at += 64) base::prefetch(frame + at);
}

}  // namespace

DpdkPort::DpdkPort(const Device& device, std::uint16_t core, Exchange& exchange,
                   const net::EthernetStation& station, const net::PortLimits& limits, Clock clock)
    : device_(device.number()),
      core_(core),
      endpoints_(limits.endpoints),
      unsent_max_(limits.transmit_buffers),
      receive_descriptors_(device.receive_descriptors()),
      sums_received_(ReceivedSums::believed(device.offloads().received)),
      sums_sent_(device.offloads().transmit_udp_checksum),
      exchange_(exchange),
      clock_(clock),
      station_(station),
      reader_(station, exchange),
      flow_memory_(std::size_t{2} * limits.endpoints * sizeof(FlowState), base::Pages::kPlain),
      flows_(static_cast<FlowState*>(flow_memory_.data())),
      frame_memory_(std::size_t{2} * limits.endpoints * sizeof(net::UdpFrame), base::Pages::kHuge),
      frames_(static_cast<net::UdpFrame*>(frame_memory_.data())),
      sends_(std::make_unique<FlowSends[]>(std::size_t{2} * limits.endpoints)),
      table_memory_(exchange.addresses().size() * LocalPort::kPorts * sizeof(PortEntry), base::Pages::kHuge),
      table_(static_cast<PortEntry*>(table_memory_.data())),
      hops_(2 * limits.endpoints + 2),
      spare_(device.transmit_pool(core), device.reuses_buffers()),
      unsent_(limits.transmit_buffers),
      sleep_max_(kLongestSleep) {
  CHECK(limits.endpoints > 0 && limits.receive_buffers > 0 && limits.transmit_buffers > 0);
  CHECK(core < exchange.cores() && core < device.cores());
  detaching_.reserve(limits.endpoints);
  detached_.reserve(limits.endpoints);
  const LocalAddresses& ours = exchange_.addresses();
  for (const auto family : {base::AddressFamily::kIpv4, base::AddressFamily::kIpv6}) {
    const Place gateway = 2 * endpoints_ + (family == base::AddressFamily::kIpv6 ? 1 : 0);
    if (ours.gateway(family).valid()) hops_.set(gateway, ours.gateway(family));
  }
}

DpdkPort::~DpdkPort() {
  while (!held_.empty()) lose(held_.take_at(0));
  transmit();
  release_batch();
  ::rte_pktmbuf_free_bulk(unsent_.data(), static_cast<unsigned>(unsent_count_));
}

FlowState& DpdkPort::open_flow(EndpointId id, Flow flow) TUTTI_REALTIME {
  CHECK(static_cast<std::uint32_t>(id) < endpoints_);
  FlowState& state = flows_[place(id, flow)];
  CHECK(state.open);
  return state;
}

bool DpdkPort::attach(EndpointId id, const base::EndpointHandles& handles) TUTTI_REALTIME {
  if (static_cast<std::uint32_t>(id) >= endpoints_) return false;
  open(place(id, Flow::kRtp), handles.rtp);
  if (handles.rtcp != base::EndpointHandles::kNone) open(place(id, Flow::kRtcp), handles.rtcp);
  return true;
}

// RTP's ports are the even ones, and beside each other here.
inline PortEntry& DpdkPort::entry(LocalPort port) TUTTI_REALTIME {
  return table_[port.address * LocalPort::kPorts + (port.port & 1U) * LocalPort::kPorts / 2 + port.port / 2U];
}

void DpdkPort::open(Place at, std::int32_t handle) TUTTI_REALTIME {
  // Of zeros, where the slab's page was never touched, is a closed flow.
  FlowState& flow = *new (&flows_[at]) FlowState();
  const LocalPort local = LocalPort::unpack(handle);
  CHECK(entry(local).place_after == 0);
  flow.local = handle;
  flow.open = true;
  new (&frames_[at]) net::UdpFrame();  // made with the first packet
  entry(local) = {.place_after = at + 1};
  exchange_.claim(local, core_);
}

void DpdkPort::close(Place at) TUTTI_REALTIME {
  FlowState& flow = flows_[at];
  if (!flow.open) return;  // it had no RTCP port
  const LocalPort local = LocalPort::unpack(flow.local);
  entry(local) = {};
  exchange_.release(local, core_);
  hops_.clear(at);
  if (!held_.empty()) lose(held_.take(at));
  flow.open = false;
  sends_[at] = {};
}

void DpdkPort::detach(EndpointId id) TUTTI_REALTIME {
  open_flow(id, Flow::kRtp);
  transmit();  // what was sent before still leaves
  close(place(id, Flow::kRtp));
  close(place(id, Flow::kRtcp));
  detaching_.push_back(id);
}

std::optional<EndpointId> DpdkPort::next_detached() TUTTI_REALTIME {
  if (detached_.empty()) return std::nullopt;
  const EndpointId id = detached_.back();
  detached_.pop_back();
  return id;
}

void DpdkPort::connect(EndpointId id, Flow flow, const base::SocketAddress& remote) TUTTI_REALTIME {
  CHECK(remote.valid());
  open_flow(id, flow);
  set_peer(place(id, flow), remote);
}

void DpdkPort::disconnect(EndpointId id, Flow flow) TUTTI_REALTIME {
  open_flow(id, flow);
  set_peer(place(id, flow), {});
}

void DpdkPort::set_peer(Place at, const base::SocketAddress& peer) TUTTI_REALTIME {
  FlowState& flow = flows_[at];
  flow.peer = peer;
  sends_[at].left = 0;
  PortEntry& table = entry(LocalPort::unpack(flow.local));
  table = {.place_after = at + 1};
  if (peer.family != base::AddressFamily::kIpv4) return;
  std::memcpy(&table.peer_ip, peer.ip.data(), sizeof(table.peer_ip));
  table.peer_port = peer.port;
  table.from_peer_only = true;
}

void DpdkPort::release_batch() TUTTI_REALTIME {
  const std::span<rte_mbuf*> batch = std::span(batch_buffers_).first(batch_size_);
  give_back(batch.first(batch_handed_over_));
  spare_.keep(batch.subspan(batch_handed_over_));
  batch_size_ = batch_handed_over_ = 0;
}

std::span<const net::ReceivedPacket> DpdkPort::receive() TUTTI_REALTIME {
  release_batch();
  // A packet of its that came before is parsed after this, and found to be nobody's.
  while (!detaching_.empty()) {
    detached_.push_back(detaching_.back());
    detaching_.pop_back();
  }
  now_ = clock_();
  std::array<rte_mbuf*, kReceiveBatch> buffers;
  const std::span<rte_mbuf*> room = buffers;
  const std::size_t handed_over =
      exchange_.cores() > 1 ? poll_handed_over(room.first(kReceiveBatch - kBurst)) : 0;
  take(room.first(handed_over));
  batch_handed_over_ = batch_size_;
  // Once more where nothing of a whole batch is for the core: as a rule more waits behind that.
  for (int batches = 0; batches < 2; ++batches) {
    const std::size_t count = poll(room.subspan(handed_over));
    take(room.subspan(handed_over, count));
    if (handed_over + count + kBurst <= kReceiveBatch || batch_size_ != 0) break;
  }
  return {batch_.data(), batch_size_};
}

// What the device has, as far as whole bursts have room. Asks for all at once: each time the queue's own
// lines come from who fills it. A driver may give less, and has more.
std::size_t DpdkPort::poll(std::span<rte_mbuf*> room) TUTTI_REALTIME {
  std::size_t count = 0;
  while (count + kBurst <= room.size()) {
    const std::size_t more =
        ::rte_eth_rx_burst(device_, core_, &room[count], static_cast<std::uint16_t>(room.size() - count));
    queue_counters_.polls.add();
    if (more == 0) {
      queue_counters_.empty_polls.add();
      break;
    }
    queue_counters_.bursts.add(more);
    count += more;
    if (more < kBurst) break;  // as a rule there is no more; the next receive() asks
  }
  return count;
}

std::size_t DpdkPort::poll_handed_over(std::span<rte_mbuf*> room) TUTTI_REALTIME {
  std::size_t count = 0;
  for (std::uint16_t from = 0; from < exchange_.cores(); ++from) {
    if (from == core_) continue;
    Exchange::Ring& ring = exchange_.between(from, core_);
    const std::size_t before = count;
    const std::size_t end = std::min(room.size(), before + kBurst);
    while (count < end && ring.try_pop(room[count])) ++count;
    if (count != before) queue_counters_.taken_over.add(count - before);
  }
  return count;
}

// In steps behind each other, so that each finds in the cache what the one before has fetched: the frames
// come from another core's, and 131,072 participants' table is in none.
void DpdkPort::take(std::span<rte_mbuf*> buffers) TUTTI_REALTIME {
  const std::size_t count = buffers.size();
  for (std::size_t i = 0; i < std::min(kReadAhead, count); ++i) prefetch_received(buffers[i]);
  std::array<rte_mbuf*, kReceiveBatch> fallen;
  std::size_t fallen_count = 0;
  const std::size_t before = batch_size_;
  for (std::size_t begin = 0; begin < count; begin += kBurst) {
    const std::size_t end = std::min(begin + kBurst, count);
    read_heads(buffers, begin, end);
    look_at_sums(buffers.subspan(begin, end - begin));
    for (std::size_t i = begin; i < end; ++i) {
      const FrameReader::Reading& reading = readings_[i - begin];
      const PortEntry table = reading.kind == FrameReader::Kind::kMedia ? entry(reading.to) : PortEntry();
      const bool kept =
          table.place_after != 0 ? deliver(buffers[i], reading, table) : pass_on(buffers[i], reading);
      if (!kept) fallen[fallen_count++] = buffers[i];
    }
  }
  std::uint64_t bytes = 0;
  for (std::size_t i = before; i < batch_size_; ++i) bytes += batch_[i].payload.size();
  counters_.packets_received.add(batch_size_ - before);
  counters_.bytes_received.add(bytes);
  give_back(std::span(fallen).first(fallen_count));
}

// Of the buffers [begin, end), into readings_. Asks for whose each is as soon as that is known: those of a
// whole burst at once would be more than can be on their way.
void DpdkPort::read_heads(std::span<rte_mbuf*> buffers, std::size_t begin, std::size_t end) TUTTI_REALTIME {
  for (std::size_t i = begin; i < end; ++i) {
    if (i + kReadAhead < buffers.size()) prefetch_received(buffers[i + kReadAhead]);
    const rte_mbuf& buffer = *buffers[i];
    FrameReader::Reading& reading = readings_[i - begin];
    if (buffer.nb_segs == 1) {
      reader_.read_head(reading, frame_of(buffer), ReceivedSums(buffer.ol_flags & sums_received_),
                        stripped_tag(buffer));
    } else {
      reading = {.kind = FrameReader::Kind::kDrop, .reason = DropReason::kOversize};
    }
    if (reading.kind == FrameReader::Kind::kMedia) base::prefetch(&entry(reading.to));
  }
}

// Of those in readings_ that no card has summed.
void DpdkPort::look_at_sums(std::span<rte_mbuf*> buffers) TUTTI_REALTIME {
  std::array<net::SumPiece, kBurst> pieces;
  std::array<std::uint8_t, kBurst> whose;
  std::size_t count = 0;
  for (std::size_t i = 0; i < buffers.size(); ++i) {
    if (readings_[i].summed) continue;
    pieces[count] = FrameReader::unsummed(readings_[i]);
    whose[count++] = static_cast<std::uint8_t>(i);
  }
  std::array<std::uint64_t, kBurst> sums;
  net::internet_sums(std::span(pieces).first(count), sums);
  for (std::size_t i = 0; i < count; ++i) {
    const rte_mbuf& buffer = *buffers[whose[i]];
    reader_.finish(readings_[whose[i]], sums[i], frame_of(buffer), stripped_tag(buffer));
  }
}

bool DpdkPort::deliver(rte_mbuf* buffer, const FrameReader::Reading& reading,
                       const PortEntry& table) TUTTI_REALTIME {
  const Place at = table.place_after - 1;
  const bool connected = table.from_peer_only || flows_[at].peer.valid();
  const bool from_peer = table.from_peer_only ? reading.is_from(table.peer_ip, table.peer_port)
                                              : !connected || reading.is_from(flows_[at].peer);
  std::optional<DropReason> drop;
  if (!from_peer) drop = DropReason::kStranger;
  if (reading.payload.empty()) drop = DropReason::kTruncated;
  if (reading.payload.size() > net::kPayloadBytesMax) drop = DropReason::kOversize;
  if (drop) {
    counters_.drops.add(*drop);
    return false;
  }
  batch_buffers_[batch_size_] = buffer;
  net::ReceivedPacket& packet = batch_[batch_size_++];
  packet.endpoint = EndpointId{at < endpoints_ ? at : at - endpoints_};
  packet.flow = at < endpoints_ ? Flow::kRtp : Flow::kRtcp;
  // Not by a choice between two values: that is put together in memory, and waited for.
  packet.source = {};
  if (!connected) packet.source = reading.source();
  packet.arrival = now_;
  packet.payload = reading.payload;
  return true;
}

// What is no endpoint's of this core.
bool DpdkPort::pass_on(rte_mbuf* buffer, const FrameReader::Reading& reading) TUTTI_REALTIME {
  switch (reading.kind) {
    case FrameReader::Kind::kDrop:
      counters_.drops.add(reading.reason);
      return false;
    case FrameReader::Kind::kNeighbour:
      return to_slow_path(buffer, Exchange::kExceptions);
    case FrameReader::Kind::kOther:
      return to_slow_path(buffer, Exchange::kOthers);
    case FrameReader::Kind::kMedia:
      break;
  }
  const auto owner = exchange_.owner(reading.to);
  if (!owner || *owner == core_) {
    // A program beside us may have asked from there: its answer.
    if (exchange_.kernel_beside()) return to_slow_path(buffer, Exchange::kUnowned);
    counters_.drops.add(DropReason::kUnknownEndpoint);
    return false;
  }
  if (exchange_.between(core_, *owner).try_push(buffer)) {
    queue_counters_.handed_over.add();
    return true;
  }
  queue_counters_.hand_over_full.add();
  counters_.drops.add(DropReason::kOverrun);
  return false;
}

// Where fewer than so many wait there.
bool DpdkPort::to_slow_path(rte_mbuf* buffer, std::size_t waiting_max) TUTTI_REALTIME {
  Exchange::Ring& ring = exchange_.to_slow_path(core_);
  if (ring.size() < waiting_max && ring.try_push(buffer)) {
    queue_counters_.exceptions.add();
    return true;
  }
  queue_counters_.exceptions_lost.add();
  return false;
}

void DpdkPort::wait_until(base::Instant deadline) {
  // Here, because it may allocate: until then the pools' caches are not used.
  thread_local const EalThread known;
  release_batch();
  flush();
  // Asleep for no longer than fills a quarter of the queue, at the rate of the time before.
  const std::uint64_t received = queue_counters_.bursts.sum();
  const std::uint64_t came = received - received_before_wait_;
  received_before_wait_ = received;
  if (came > receive_descriptors_ / 4) sleep_max_ = std::max(sleep_max_ / 2, kShortestSleep);
  if (came < receive_descriptors_ / 16) sleep_max_ = std::min(sleep_max_ * 2, kLongestSleep);
  queue_counters_.longest_sleep_ns.set(sleep_max_.count());
  const base::Instant until = std::min(deadline, base::monotonic_now() + sleep_max_);
  const auto nanoseconds = until.time_since_epoch().count();
  const timespec at{nanoseconds / 1'000'000'000, nanoseconds % 1'000'000'000};
  ::clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, nullptr);
}

}  // namespace tutti::dpdk
