// UringPort: packets of one core through the kernel's UDP sockets and io_uring.
//
// Source: docs/decisions/0004-io-uring-multishot.md, and there the figures.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "dataplane/base/result.h"
#include "dataplane/base/slab_memory.h"
#include "dataplane/net/endpoint_factory.h"
#include "dataplane/net/packet_port.h"
#include "dataplane/net/packet_receiver.h"
#include "dataplane/net/packet_sender.h"
#include "dataplane/net/uring_flow.h"
#include "dataplane/net/uring_polls.h"

struct io_uring_cqe;

namespace tutti::net {

class UringBuffers;
class UringRing;
struct UringPollBuffer;
struct UringSendSlot;

// Handles are descriptors of bound UDP sockets, without O_NONBLOCK: with it the kernel would not wait for
// packets on our behalf. UdpEndpointFactory opens them.
// Thread: as PacketPort; the first call by the core makes its thread the ring's. Destroyed there, or after
// that thread has ended.
class UringPort final : public PacketPort {
 public:
  // Errors: kNotSupported, kNoDescriptors (two registered files an endpoint must fit the process's limit of
  // open files), kOther.
  static base::Result<std::unique_ptr<UringPort>, NetError> make(const PortLimits& limits);
  // Ways past the sockets, where there are any: what connected RTP flows send leaves through the sender
  // where it can; RTP comes through the receiver.
  struct Shortcuts {
    std::unique_ptr<PacketSender> sender;
    std::unique_ptr<PacketReceiver> receiver;
  };
  static base::Result<std::unique_ptr<UringPort>, NetError> make(const PortLimits& limits,
                                                                 Shortcuts shortcuts);
  ~UringPort() override;

  bool attach(EndpointId id, const base::EndpointHandles& handles) TUTTI_REALTIME override;
  void detach(EndpointId id) TUTTI_REALTIME override;
  std::optional<EndpointId> next_detached() TUTTI_REALTIME override;
  void connect(EndpointId id, Flow flow, const base::SocketAddress& remote) TUTTI_REALTIME override;
  void disconnect(EndpointId id, Flow flow) TUTTI_REALTIME override;
  void look(EndpointId id, bool thorough) TUTTI_REALTIME override;
  bool looks() const override { return true; }
  EndpointLines look_lines() const override;
  std::span<const ReceivedPacket> receive() TUTTI_REALTIME override;
  std::optional<base::Instant> arrival(EndpointId id, base::Instant taken) TUTTI_REALTIME override;
  std::span<std::byte> reserve() TUTTI_REALTIME override;
  void send(EndpointId id, Flow flow, const base::SocketAddress& to,
            std::size_t bytes) TUTTI_REALTIME override;
  using PacketPort::send;
  bool send(EndpointId id, Flow flow, const base::SocketAddress& to, std::span<const std::byte> head,
            std::span<const std::byte> payload) TUTTI_REALTIME override;
  [[nodiscard]] std::size_t reserve_payloads(std::span<std::uint8_t*> places) TUTTI_REALTIME override;
  void send_reserved(std::span<const PacketHead> heads, std::size_t payload_bytes) TUTTI_REALTIME override;
  void flush() TUTTI_REALTIME override;
  // Returns early when half of the receive buffers, or a batch, wait to be taken.
  void wait_until(base::Instant deadline) override;
  const Counters& counters() const TUTTI_REALTIME override { return counters_; }

 private:
  using FlowIndex = std::uint32_t;  // of EndpointId and Flow, also the slot in the table of registered files

  UringPort(const PortLimits& limits, std::unique_ptr<UringBuffers> buffers, std::unique_ptr<UringRing> ring,
            Shortcuts shortcuts);

  static FlowIndex index_of(EndpointId id, Flow flow) TUTTI_REALTIME {
    return static_cast<FlowIndex>(id) * 2 + static_cast<FlowIndex>(flow);
  }
  UringFlow& open_flow(EndpointId id, Flow flow) TUTTI_REALTIME;
  void wish(EndpointId id, Flow flow, const base::SocketAddress& peer) TUTTI_REALTIME;

  // Looking after flows: in uring_port_flows.cpp.
  bool open(FlowIndex index, int fd) TUTTI_REALTIME;
  void close(FlowIndex index) TUTTI_REALTIME;
  void leave(FlowIndex index) TUTTI_REALTIME;
  void enlist(FlowIndex index) TUTTI_REALTIME;
  void look_after_flows() TUTTI_REALTIME;
  bool look_after(FlowIndex index) TUTTI_REALTIME;
  bool cancel_receive(FlowIndex index) TUTTI_REALTIME;
  bool arm_receive(FlowIndex index) TUTTI_REALTIME;
  void follow_peer(FlowIndex index) TUTTI_REALTIME;

  // Reading connected RTP sockets in their turn: in uring_port_polls.cpp.
  void poll_sockets() TUTTI_REALTIME;
  bool poll_socket(FlowIndex index) TUTTI_REALTIME;
  void complete_poll(FlowIndex index, std::uint16_t buffer, int result, base::Instant now) TUTTI_REALTIME;

  // The packet in the next transmit buffer, or in the sender's ring.
  PacketSender::Way try_frame(EndpointId id, Flow flow, std::span<const std::byte> head,
                              std::span<const std::byte> payload) TUTTI_REALTIME;
  void send_by_socket(EndpointId id, Flow flow, const base::SocketAddress& to, std::size_t bytes,
                      PacketSender::Way way) TUTTI_REALTIME;
  void pass_send_slot() TUTTI_REALTIME;

  void give_back(std::uint16_t buffer) TUTTI_REALTIME;
  void give_back_batch() TUTTI_REALTIME;
  void take_completions() TUTTI_REALTIME;
  void complete(const io_uring_cqe& completion, base::Instant now) TUTTI_REALTIME;
  void complete_receive(FlowIndex index, const io_uring_cqe& completion, base::Instant now) TUTTI_REALTIME;
  void take_packet(FlowIndex index, const io_uring_cqe& completion, base::Instant now) TUTTI_REALTIME;
  void take_frames() TUTTI_REALTIME;
  void deliver(FlowIndex index, const base::SocketAddress& source, std::span<const std::byte> payload,
               std::uint16_t buffer, base::Instant arrival) TUTTI_REALTIME;

  Counters counters_;
  std::unique_ptr<UringBuffers> buffers_;
  std::unique_ptr<UringRing> ring_;  // after the buffers: it goes first
  const std::unique_ptr<PacketSender> sender_;
  const std::unique_ptr<PacketReceiver> receiver_;
  const base::SlabMemory flow_memory_;  // zeros: closed flows
  const std::span<UringFlow> flows_;
  UringPolls polls_;

  // None of these grows beyond its first capacity.
  std::vector<FlowIndex> to_look_after_;
  std::vector<EndpointId> detached_;

  std::array<ReceivedPacket, kReceiveBatch> batch_;
  std::array<std::uint16_t, kReceiveBatch> batch_buffers_;
  std::size_t batch_size_ = 0;
  // Of polls, one for each packet of a batch: few and used last in first out, so that they stay in the cache.
  // Where a buffer may be either's, theirs are marked.
  static constexpr std::uint16_t kPollBuffer = 0x8000;
  static constexpr std::uint16_t kFrame = 0xFFFF;  // no buffer: in the receiver's ring
  std::unique_ptr<UringPollBuffer[]> poll_buffers_;
  std::array<std::uint16_t, kReceiveBatch> free_poll_buffers_;
  std::size_t free_poll_buffers_count_ = kReceiveBatch;
  // Transmit buffers, used in turn; those before `next_send_` may wait to be submitted.
  std::unique_ptr<UringSendSlot[]> send_slots_;
  const std::uint32_t send_slots_count_;
  std::uint32_t next_send_ = 0;
  std::uint32_t unsubmitted_ = 0;
  const std::uint32_t wake_at_;  // completions that end a sleep
};

}  // namespace tutti::net
