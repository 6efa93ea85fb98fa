// DpdkPort: a core's packets over one pair of a device's queues: polled, parsed and sent by the core itself.
//
// A received payload stays in the buffer that the card wrote it into, one to be sent is written into the
// buffer that the card reads. What is for no port of ours goes to the slow path, what is another core's to
// that core.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

#include "dataplane/base/slab_memory.h"
#include "dataplane/dpdk/exchange.h"
#include "dataplane/dpdk/flow_state.h"
#include "dataplane/dpdk/frame_reader.h"
#include "dataplane/dpdk/held_packets.h"
#include "dataplane/dpdk/spare_buffers.h"
#include "dataplane/net/next_hops.h"
#include "dataplane/net/packet_port.h"
#include "dataplane/net/queue_counters.h"
#include "dataplane/net/udp_frame.h"

struct rte_mbuf;

namespace tutti::dpdk {

class Device;

class DpdkPort final : public net::PacketPort {
 public:
  using Clock = base::Instant (*)() noexcept;

  // The device and the exchange outlive it. Endpoints are LocalEndpoints'. `clock` tells when packets came.
  DpdkPort(const Device& device, std::uint16_t core, Exchange& exchange, const net::EthernetStation& station,
           const net::PortLimits& limits, Clock clock = &base::monotonic_now);
  ~DpdkPort() override;  // gives back all its buffers

  bool attach(net::EndpointId id, const base::EndpointHandles& handles) TUTTI_REALTIME override;
  void detach(net::EndpointId id) TUTTI_REALTIME override;
  std::optional<net::EndpointId> next_detached() TUTTI_REALTIME override;
  void connect(net::EndpointId id, net::Flow flow, const base::SocketAddress& remote) TUTTI_REALTIME override;
  void disconnect(net::EndpointId id, net::Flow flow) TUTTI_REALTIME override;
  void expect(net::EndpointId id, net::Flow flow, const base::SocketAddress& remote) TUTTI_REALTIME override;
  std::span<const net::ReceivedPacket> receive() TUTTI_REALTIME override;
  std::span<std::byte> reserve() TUTTI_REALTIME override;
  void send(net::EndpointId id, net::Flow flow, const base::SocketAddress& to,
            std::size_t bytes) TUTTI_REALTIME override;
  bool send(net::EndpointId id, net::Flow flow, const base::SocketAddress& to,
            std::span<const std::byte> head, std::span<const std::byte> payload) TUTTI_REALTIME override;
  std::size_t send(std::span<const net::PacketHead> heads,
                   std::span<const std::byte> payload) TUTTI_REALTIME override;
  std::size_t reserve_payloads(std::span<std::uint8_t*> places) TUTTI_REALTIME override;
  void send_reserved(std::span<const net::PacketHead> heads, std::size_t bytes) TUTTI_REALTIME override;
  net::EndpointLines send_lines() const override;
  void flush() TUTTI_REALTIME override;
  // Less than the deadline where its receive queue would fill up meanwhile.
  void wait_until(base::Instant deadline) override;
  const Counters& counters() const TUTTI_REALTIME override { return counters_; }

  const net::QueueCounters& queue_counters() const { return queue_counters_; }
  // Answered by the slow path; for a neighbour that is not known yet the newest packet of each flow waits.
  net::NextHops& next_hops() { return hops_; }

 private:
  using Place = std::uint32_t;  // of a flow: all RTP flows, then all RTCP flows
  static constexpr std::size_t kBurst = SpareBuffers::kBurst;
  Place place(net::EndpointId id, net::Flow flow) const TUTTI_REALTIME {
    return static_cast<Place>(flow) * endpoints_ + static_cast<Place>(id);
  }
  FlowState& open_flow(net::EndpointId id, net::Flow flow) TUTTI_REALTIME;
  PortEntry& entry(LocalPort port) TUTTI_REALTIME;
  void open(Place place, std::int32_t handle) TUTTI_REALTIME;
  void close(Place place) TUTTI_REALTIME;
  void set_peer(Place place, const base::SocketAddress& peer) TUTTI_REALTIME;

  void release_batch() TUTTI_REALTIME;
  std::size_t poll(std::span<rte_mbuf*> room) TUTTI_REALTIME;
  std::size_t poll_handed_over(std::span<rte_mbuf*> room) TUTTI_REALTIME;
  void take(std::span<rte_mbuf*> buffers) TUTTI_REALTIME;
  void read_heads(std::span<rte_mbuf*> buffers, std::size_t begin, std::size_t end) TUTTI_REALTIME;
  void look_at_sums(std::span<rte_mbuf*> buffers) TUTTI_REALTIME;
  // False where the buffer is to be given back.
  bool deliver(rte_mbuf* buffer, const FrameReader::Reading& reading, const PortEntry& entry) TUTTI_REALTIME;
  bool pass_on(rte_mbuf* buffer, const FrameReader::Reading& reading) TUTTI_REALTIME;
  bool to_slow_path(rte_mbuf* buffer, std::size_t waiting_max) TUTTI_REALTIME;

  bool ready(Place place, const base::SocketAddress& to) TUTTI_REALTIME;
  bool prepare(Place place, const base::SocketAddress& to) TUTTI_REALTIME;
  bool look_up(FlowState& flow, Place place) TUTTI_REALTIME;
  void prefetch_flows(std::span<const net::PacketHead> heads) const TUTTI_REALTIME;
  std::uint64_t sum_of_new(std::span<const std::byte> payload) const TUTTI_REALTIME;
  // Writes all that stands before a payload of so many bytes and that sum.
  void finish(Place place, rte_mbuf* buffer, std::size_t bytes, std::uint64_t payload_sum) TUTTI_REALTIME;
  void post(Place place, std::size_t bytes, std::uint64_t payload_sum) TUTTI_REALTIME;
  // Whether but the next hop's address is wanted to send there.
  bool asks(Place place, const base::SocketAddress& to) const TUTTI_REALTIME;
  void hold(Place place, std::size_t bytes) TUTTI_REALTIME;
  void lose(rte_mbuf* held) TUTTI_REALTIME;
  void send_held(Place place) TUTTI_REALTIME;
  void look_after_held() TUTTI_REALTIME;
  void transmit() TUTTI_REALTIME;
  void send_for_slow_path() TUTTI_REALTIME;

  const std::uint16_t device_;
  const std::uint16_t core_;
  const std::uint32_t endpoints_;
  const std::uint32_t unsent_max_;
  const std::uint32_t receive_descriptors_;
  const std::uint64_t sums_received_;  // by the card: those of ReceivedSums that it was asked for
  const bool sums_sent_;
  Exchange& exchange_;
  const Clock clock_;
  const net::EthernetStation station_;
  const FrameReader reader_;
  Counters counters_;
  net::QueueCounters queue_counters_;

  const base::SlabMemory flow_memory_;
  FlowState* const flows_;  // these three by Place
  const base::SlabMemory frame_memory_;
  net::UdpFrame* const frames_;
  const std::unique_ptr<FlowSends[]> sends_;
  const base::SlabMemory table_memory_;
  PortEntry* const table_;
  net::NextHops hops_;  // by Place, and then the two gateways
  HeldPackets held_;    // by Place
  std::vector<net::EndpointId> detaching_;
  std::vector<net::EndpointId> detached_;

  std::array<FrameReader::Reading, kBurst> readings_;  // of one piece of what came
  std::array<net::ReceivedPacket, kReceiveBatch> batch_;
  std::array<rte_mbuf*, kReceiveBatch> batch_buffers_;
  std::size_t batch_size_ = 0;
  std::size_t batch_handed_over_ = 0;  // so many of them, the first ones, came from other cores
  base::Instant now_{};

  SpareBuffers spare_;
  std::vector<rte_mbuf*> unsent_;  // of which the first ones are next
  std::size_t unsent_count_ = 0;

  std::uint64_t received_before_wait_ = 0;
  base::Duration sleep_max_;
};

}  // namespace tutti::dpdk
