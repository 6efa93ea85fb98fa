#include "dataplane/net/uring_port.h"

#include <algorithm>
#include <cerrno>
#include <numeric>

#include <netinet/in.h>
#include <sys/socket.h>

#include "dataplane/base/check.h"
#include "dataplane/net/packet_pieces.h"
#include "dataplane/net/uring_buffers.h"
#include "dataplane/net/uring_poll_buffer.h"
#include "dataplane/net/uring_request.h"
#include "dataplane/net/uring_ring.h"

namespace tutti::net {

// A transmit buffer, and what sendmsg needs beside it until the kernel has taken the request.
struct UringSendSlot {
  alignas(64) std::array<std::byte, kPayloadBytesMax> payload;
  sockaddr_storage address;
  iovec part;
  msghdr message;
};
static_assert(sizeof(UringSendSlot) == 1'664);  // docs/BUDGETS.md

namespace {

constexpr std::uint32_t kEntersMax =
    32;  // into the kernel within one receive(); each brings 20 sockets' packets

constexpr std::uint32_t kSubmissions = 128;

UringRing::Sizes ring_sizes(const PortLimits& limits) {
  const std::uint32_t flows = 2 * limits.endpoints;
  return {
      // A step's reads or sends; what is more goes in between. A small ring stays in the cache.
      .submissions = kSubmissions,
      .completions = limits.receive_buffers     // one a packet
                     + flows                    // every receive request may end
                     + flows                    // and its cancellation find nothing
                     + limits.transmit_buffers  // every send may fail
                     + std::min(limits.endpoints, static_cast<std::uint32_t>(PacketPort::kReceiveBatch)),
      .files = flows,
  };
}

}  // namespace

base::Result<std::unique_ptr<UringPort>, NetError> UringPort::make(const PortLimits& limits) {
  return make(limits, Shortcuts());
}

base::Result<std::unique_ptr<UringPort>, NetError> UringPort::make(const PortLimits& limits,
                                                                   Shortcuts shortcuts) {
  CHECK(limits.endpoints > 0 && limits.receive_buffers > 0 && limits.transmit_buffers > 0);
  CHECK(limits.endpoints < UringRequest::kFlowsMax / 2);
  auto ring = UringRing::make(ring_sizes(limits));
  if (!ring) return base::unexpected(ring.error());
  auto buffers = UringBuffers::make(**ring, std::min(limits.receive_buffers, UringBuffers::kCountMax));
  if (!buffers) return base::unexpected(buffers.error());
  return std::unique_ptr<UringPort>(
      new UringPort(limits, std::move(*buffers), std::move(*ring), std::move(shortcuts)));
}

UringPort::UringPort(const PortLimits& limits, std::unique_ptr<UringBuffers> buffers,
                     std::unique_ptr<UringRing> ring, Shortcuts shortcuts)
    : buffers_(std::move(buffers)),
      ring_(std::move(ring)),
      sender_(std::move(shortcuts.sender)),
      receiver_(std::move(shortcuts.receiver)),
      flow_memory_(std::size_t{2} * limits.endpoints * sizeof(UringFlow), base::Pages::kPlain),
      flows_(static_cast<UringFlow*>(flow_memory_.data()), std::size_t{2} * limits.endpoints),
      polls_(flows_),
      poll_buffers_(std::make_unique_for_overwrite<UringPollBuffer[]>(kReceiveBatch)),
      send_slots_(std::make_unique_for_overwrite<UringSendSlot[]>(limits.transmit_buffers)),
      send_slots_count_(limits.transmit_buffers),
      wake_at_(std::clamp<std::uint32_t>(limits.receive_buffers / 2, 1, kReceiveBatch)) {
  to_look_after_.reserve(flows_.size());
  detached_.reserve(limits.endpoints);
  std::iota(free_poll_buffers_.begin(), free_poll_buffers_.end(), std::uint16_t{0});
}

UringPort::~UringPort() = default;

UringFlow& UringPort::open_flow(EndpointId id, Flow flow) TUTTI_REALTIME {
  const FlowIndex index = index_of(id, flow);
  CHECK(index < flows_.size() && flows_[index].open() && !flows_[index].leaving);
  return flows_[index];
}

bool UringPort::attach(EndpointId id, const base::EndpointHandles& handles) TUTTI_REALTIME {
  ring_->enable();
  const FlowIndex rtp = index_of(id, Flow::kRtp);
  const FlowIndex rtcp = index_of(id, Flow::kRtcp);
  if (rtcp >= flows_.size()) return false;
  CHECK(!flows_[rtp].open() && !flows_[rtcp].open());
  if (!open(rtp, handles.rtp)) return false;
  if (handles.rtcp != base::EndpointHandles::kNone && !open(rtcp, handles.rtcp)) {
    close(rtp);
    return false;
  }
  flows_[rtp].framed = receiver_ != nullptr && receiver_->add(id, handles.rtp);
  enlist(rtp);
  if (flows_[rtcp].open()) enlist(rtcp);
  return true;
}

void UringPort::detach(EndpointId id) TUTTI_REALTIME {
  open_flow(id, Flow::kRtp).leaving = true;
  if (receiver_ != nullptr) receiver_->remove(id);
  enlist(index_of(id, Flow::kRtp));
  const FlowIndex rtcp = index_of(id, Flow::kRtcp);
  if (!flows_[rtcp].open()) return;
  flows_[rtcp].leaving = true;
  enlist(rtcp);
}

std::optional<EndpointId> UringPort::next_detached() TUTTI_REALTIME {
  if (detached_.empty()) return std::nullopt;
  const EndpointId id = detached_.back();
  detached_.pop_back();
  return id;
}

void UringPort::connect(EndpointId id, Flow flow, const base::SocketAddress& remote) TUTTI_REALTIME {
  CHECK(remote.valid());
  wish(id, flow, remote);
}

void UringPort::disconnect(EndpointId id, Flow flow) TUTTI_REALTIME {
  wish(id, flow, {});
}

void UringPort::wish(EndpointId id, Flow flow, const base::SocketAddress& peer) TUTTI_REALTIME {
  UringFlow& wished = open_flow(id, flow);
  if (wished.peer == peer) return;
  wished.peer = peer;
  wished.connect_failed = false;
  enlist(index_of(id, flow));
}

void UringPort::give_back(std::uint16_t buffer) TUTTI_REALTIME {
  if (buffer == kFrame) return;  // the batch's go back together
  if ((buffer & kPollBuffer) != 0) {
    free_poll_buffers_[free_poll_buffers_count_++] = static_cast<std::uint16_t>(buffer & ~kPollBuffer);
  } else {
    buffers_->give_back(buffer);
  }
}

void UringPort::give_back_batch() TUTTI_REALTIME {
  for (std::size_t i = 0; i < batch_size_; ++i) give_back(batch_buffers_[i]);
  batch_size_ = 0;
  buffers_->publish();
  if (receiver_ != nullptr) receiver_->release();
}

std::span<const ReceivedPacket> UringPort::receive() TUTTI_REALTIME {
  ring_->enable();
  give_back_batch();
  polls_.begin_receive();
  // A second pass for flows whose request has ended in the first: their next one may bring packets at once.
  for (int pass = 0; pass < 2; ++pass) {
    look_after_flows();
    take_completions();
    for (std::uint32_t enter = 0; enter < kEntersMax; ++enter) {
      if (batch_size_ == kReceiveBatch || !ring_->kernel_has_work()) break;
      buffers_->publish();
      ring_->run_kernel_work();
      take_completions();
    }
    poll_sockets();
    if (receiver_ != nullptr) take_frames();
    if (batch_size_ > 0 || to_look_after_.empty()) break;
  }
  return {batch_.data(), batch_size_};
}

void UringPort::take_completions() TUTTI_REALTIME {
  io_uring& ring = ring_->raw();
  if (::io_uring_cq_ready(&ring) == 0) return;
  const base::Instant now = base::monotonic_now();
  unsigned taken = 0;
  unsigned head = 0;
  const io_uring_cqe* completion = nullptr;
  io_uring_for_each_cqe(&ring, head, completion) {
    if (batch_size_ == kReceiveBatch) break;
    complete(*completion, now);
    ++taken;
  }
  ::io_uring_cq_advance(&ring, taken);
}

void UringPort::take_frames() TUTTI_REALTIME {
  while (batch_size_ < kReceiveBatch) {
    const auto packet = receiver_->next(counters_.drops);
    if (!packet) return;
    deliver(index_of(packet->endpoint, Flow::kRtp), packet->source, packet->payload, kFrame, packet->arrival);
  }
}

void UringPort::complete(const io_uring_cqe& completion, base::Instant now) TUTTI_REALTIME {
  const UringRequest request = UringRequest::unpack(completion.user_data);
  UringFlow& flow = flows_[request.flow];
  switch (request.kind) {
    case UringRequest::Kind::kReceive:
      DCHECK(flow.armed != UringFlow::Receive::kNone && request.generation == flow.generation);
      complete_receive(request.flow, completion, now);
      break;
    case UringRequest::Kind::kCancel:  // only when it failed
      if (request.generation != flow.generation || flow.armed == UringFlow::Receive::kNone) break;
      flow.cancelling = false;
      enlist(request.flow);
      break;
    case UringRequest::Kind::kSend:  // only when it failed
      counters_.drops.add(base::DropReason::kSendFailed);
      if (completion.res == -ECONNREFUSED) counters_.peers_gone.add();
      break;
    case UringRequest::Kind::kPoll:
      complete_poll(request.flow, static_cast<std::uint16_t>(request.generation), completion.res, now);
      break;
  }
}

void UringPort::complete_receive(FlowIndex index, const io_uring_cqe& completion,
                                 base::Instant now) TUTTI_REALTIME {
  if (completion.res > 0 && (completion.flags & IORING_CQE_F_BUFFER) != 0) {
    take_packet(index, completion, now);
  } else {
    if (completion.res == 0) counters_.drops.add(base::DropReason::kTruncated);
    if (completion.res == -ECONNREFUSED) counters_.peers_gone.add();
    if ((completion.flags & IORING_CQE_F_BUFFER) != 0) {
      buffers_->give_back(static_cast<std::uint16_t>(completion.flags >> IORING_CQE_BUFFER_SHIFT));
    }
  }
  if ((completion.flags & IORING_CQE_F_MORE) != 0) return;
  // The request has ended: cancelled, out of buffers, an error from ICMP, an empty datagram.
  flows_[index].armed = UringFlow::Receive::kNone;
  flows_[index].cancelling = false;
  enlist(index);
}

void UringPort::take_packet(FlowIndex index, const io_uring_cqe& completion,
                            base::Instant now) TUTTI_REALTIME {
  const UringFlow& flow = flows_[index];
  const auto buffer = static_cast<std::uint16_t>(completion.flags >> IORING_CQE_BUFFER_SHIFT);
  const std::byte* data = buffers_->data(buffer);
  auto size = static_cast<std::size_t>(completion.res);
  base::SocketAddress source = flow.connected_to;
  if (flow.armed == UringFlow::Receive::kMessage) {
    const auto* name = reinterpret_cast<const sockaddr*>(data + sizeof(io_uring_recvmsg_out));
    const std::uint32_t name_bytes = reinterpret_cast<const io_uring_recvmsg_out*>(data)->namelen;
    source = base::from_sockaddr(name, std::min<socklen_t>(name_bytes, UringBuffers::kNameBytes));
    data += UringBuffers::kHeadBytes;
    size -= std::min(size, UringBuffers::kHeadBytes);
  }
  deliver(index, source, {data, size}, buffer, now);
}

// Hands a packet to the core, or its buffer back.
void UringPort::deliver(FlowIndex index, const base::SocketAddress& from, std::span<const std::byte> payload,
                        std::uint16_t buffer, base::Instant arrival) TUTTI_REALTIME {
  const UringFlow& flow = flows_[index];
  base::SocketAddress source = from;
  std::optional<base::DropReason> drop;
  if (payload.empty()) drop = base::DropReason::kTruncated;
  if (payload.size() > kPayloadBytesMax) drop = base::DropReason::kOversize;
  if (flow.peer.valid()) {
    if (source != flow.peer) drop = base::DropReason::kStranger;
    source = {};
  }
  if (flow.leaving) drop = base::DropReason::kUnknownEndpoint;
  if (drop) {
    counters_.drops.add(*drop);
    give_back(buffer);
    return;
  }
  batch_buffers_[batch_size_] = buffer;
  batch_[batch_size_++] = ReceivedPacket{
      .endpoint = EndpointId{index / 2},
      .flow = static_cast<Flow>(index % 2),
      .source = source,
      .arrival = arrival,
      .payload = payload,
  };
  counters_.packets_received.add();
  counters_.bytes_received.add(payload.size());
}

std::span<std::byte> UringPort::reserve() TUTTI_REALTIME {
  if (unsubmitted_ == send_slots_count_) ring_->submit();
  // Begun anew each time: the first ones are in the cache.
  if (ring_->all_submitted()) unsubmitted_ = next_send_ = 0;
  if (unsubmitted_ == send_slots_count_) return {};
  return send_slots_[next_send_].payload;
}

void UringPort::send(EndpointId id, Flow flow, const base::SocketAddress& to,
                     std::size_t bytes) TUTTI_REALTIME {
  CHECK(bytes <= kPayloadBytesMax && unsubmitted_ < send_slots_count_);
  const auto payload = std::span<const std::byte>(send_slots_[next_send_].payload).first(bytes);
  const auto way = try_frame(id, flow, {}, payload);
  if (way != PacketSender::Way::kFrame) send_by_socket(id, flow, to, bytes, way);
}

bool UringPort::send(EndpointId id, Flow flow, const base::SocketAddress& to, std::span<const std::byte> head,
                     std::span<const std::byte> payload) TUTTI_REALTIME {
  const auto buffer = reserve();
  if (buffer.empty()) return false;
  const auto way = try_frame(id, flow, head, payload);
  if (way == PacketSender::Way::kFrame) return true;
  copy_pieces(buffer.data(), head, payload);
  send_by_socket(id, flow, to, head.size() + payload.size(), way);
  return true;
}

void UringPort::pass_send_slot() TUTTI_REALTIME {
  next_send_ = next_send_ + 1 == send_slots_count_ ? 0 : next_send_ + 1;
  ++unsubmitted_;
}

std::size_t UringPort::reserve_payloads(std::span<std::uint8_t*> places) TUTTI_REALTIME {
  if (reserve().empty()) return 0;
  const std::size_t count = std::min<std::size_t>(places.size(), send_slots_count_ - unsubmitted_);
  for (std::size_t i = 0; i < count; ++i) {
    places[i] = behind_head(send_slots_[(next_send_ + i) % send_slots_count_].payload.data());
  }
  return count;
}

void UringPort::send_reserved(std::span<const PacketHead> heads, std::size_t payload_bytes) TUTTI_REALTIME {
  for (const PacketHead& head : heads) {
    const std::uint32_t before = unsubmitted_;
    std::copy(head.bytes.begin(), head.bytes.end(), send_slots_[next_send_].payload.begin());
    send(head.endpoint, Flow::kRtp, *head.to, head.bytes.size() + payload_bytes);
    // It left otherwise, or not at all: the others are in theirs.
    if (unsubmitted_ == before) pass_send_slot();
  }
}

// Counts a packet, and sends it past its socket where that can be.
PacketSender::Way UringPort::try_frame(EndpointId id, Flow flow, std::span<const std::byte> head,
                                       std::span<const std::byte> payload) TUTTI_REALTIME {
  const std::size_t bytes = head.size() + payload.size();
  CHECK(bytes <= kPayloadBytesMax);
  const UringFlow& from = open_flow(id, flow);
  counters_.packets_sent.add();
  counters_.bytes_sent.add(bytes);
  if (sender_ == nullptr || !from.connected()) return PacketSender::Way::kSocket;
  return sender_->send(index_of(id, flow), head, payload);
}

// What is in the next transmit buffer.
void UringPort::send_by_socket(EndpointId id, Flow flow, const base::SocketAddress& to, std::size_t bytes,
                               PacketSender::Way way) TUTTI_REALTIME {
  const UringFlow& from = open_flow(id, flow);
  const FlowIndex index = index_of(id, flow);
  const base::SocketAddress& destination = from.peer.valid() ? from.peer : to;
  io_uring_sqe* entry = destination.valid() ? ring_->next_entry() : nullptr;
  if (entry == nullptr) {
    counters_.drops.add(base::DropReason::kSendFailed);
    return;
  }
  UringSendSlot& slot = send_slots_[next_send_];
  // MSG_DONTWAIT: a full socket fails at once, so the slot is free as soon as the kernel has taken the
  // request.
  if (from.connected()) {
    ::io_uring_prep_send(entry, static_cast<int>(index), slot.payload.data(), bytes, MSG_DONTWAIT);
  } else {
    slot.part = {.iov_base = slot.payload.data(), .iov_len = bytes};
    slot.message = {};
    slot.message.msg_namelen = base::to_sockaddr(destination, slot.address);
    slot.message.msg_name = &slot.address;
    slot.message.msg_iov = &slot.part;
    slot.message.msg_iovlen = 1;
    ::io_uring_prep_sendmsg(entry, static_cast<int>(index), &slot.message, MSG_DONTWAIT);
  }
  entry->flags = IOSQE_FIXED_FILE | IOSQE_CQE_SKIP_SUCCESS;
  entry->user_data = UringRequest{.kind = UringRequest::Kind::kSend, .generation = 0, .flow = index}.pack();
  pass_send_slot();
  if (way == PacketSender::Way::kSocketNow) ring_->submit();
}

void UringPort::flush() TUTTI_REALTIME {
  ring_->submit();
  if (sender_ != nullptr) sender_->flush();
}

void UringPort::wait_until(base::Instant deadline) {
  ring_->enable();
  give_back_batch();
  if (receiver_ != nullptr) receiver_->count_overruns(counters_.drops);
  if (sender_ != nullptr) sender_->count_given_up(counters_.drops);
  ring_->wait(deadline, wake_at_);
}

}  // namespace tutti::net
