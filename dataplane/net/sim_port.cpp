#include "dataplane/net/sim_port.h"

#include <algorithm>

#include "dataplane/base/check.h"
#include "dataplane/net/packet_pieces.h"

namespace tutti::net {

SimPort::SimPort(SimNetwork& network, const PortLimits& limits)
    : network_(network),
      limits_(limits),
      endpoints_(limits.endpoints),
      batch_max_(std::min<std::size_t>(limits.receive_buffers, kReceiveBatch)) {
  CHECK(limits.endpoints > 0 && limits.receive_buffers > 0 && limits.transmit_buffers > 0);
  detaching_.reserve(limits.endpoints);
  detached_.reserve(limits.endpoints);
  unflushed_.reserve(limits.transmit_buffers);
}

SimPort::~SimPort() {
  release_batch();
  for (Endpoint& each : endpoints_) {
    if (each.state != State::kAttached) continue;
    for (const SimSocketNumber number : each.sockets) detach_socket(number);
  }
  for (const auto index : unflushed_) network_.packets_.release(index);
  if (reserved_ != SimPackets::kNone) network_.packets_.release(reserved_);
}

SimPort::Endpoint& SimPort::endpoint(EndpointId id) TUTTI_REALTIME {
  CHECK(static_cast<std::size_t>(id) < endpoints_.size());
  return endpoints_[static_cast<std::size_t>(id)];
}

SimSocketNumber SimPort::number_of(EndpointId id, Flow flow) TUTTI_REALTIME {
  const Endpoint& of = endpoint(id);
  CHECK(of.state == State::kAttached);
  const SimSocketNumber number = of.sockets[static_cast<std::size_t>(flow)];
  CHECK(number != kNoSimSocket);
  return number;
}

bool SimPort::attach(EndpointId id, const base::EndpointHandles& handles) TUTTI_REALTIME {
  if (static_cast<std::size_t>(id) >= endpoints_.size()) return false;
  Endpoint& attached = endpoint(id);
  CHECK(attached.state == State::kFree);
  attached = Endpoint{.state = State::kAttached, .sockets = {handles.rtp, handles.rtcp}};
  attach_socket(handles.rtp, id, Flow::kRtp);
  if (handles.rtcp != base::EndpointHandles::kNone) attach_socket(handles.rtcp, id, Flow::kRtcp);
  return true;
}

void SimPort::attach_socket(SimSocketNumber number, EndpointId id, Flow flow) TUTTI_REALTIME {
  CHECK(number >= 0 && static_cast<std::size_t>(number) < network_.sockets_.size());
  SimSocket& socket = network_.socket(number);
  CHECK(socket.local.valid() && socket.port == nullptr);
  socket.port = this;
  socket.endpoint = id;
  socket.flow = flow;
  if (socket.waiting > 0) make_ready(number);
}

void SimPort::detach(EndpointId id) TUTTI_REALTIME {
  flush();
  Endpoint& left = endpoint(id);
  CHECK(left.state == State::kAttached);
  for (const SimSocketNumber number : left.sockets) detach_socket(number);
  left = Endpoint{.state = State::kDetaching};
  detaching_.push_back(id);
}

void SimPort::detach_socket(SimSocketNumber number) TUTTI_REALTIME {
  if (number == kNoSimSocket) return;
  SimSocket& socket = network_.socket(number);
  socket.port = nullptr;
  socket.remote = {};
  for (auto index = network_.pop(socket); index != SimPackets::kNone; index = network_.pop(socket)) {
    counters_.drops.add(base::DropReason::kUnknownEndpoint);
    network_.packets_.release(index);
  }
  if (!socket.ready) return;
  SimSocketNumber* link = &first_ready_;
  SimSocketNumber before = kNoSimSocket;
  while (*link != number) {
    before = *link;
    link = &network_.socket(*link).next_ready;
  }
  *link = socket.next_ready;
  if (last_ready_ == number) last_ready_ = before;
  socket.ready = false;
  socket.next_ready = kNoSimSocket;
}

std::optional<EndpointId> SimPort::next_detached() TUTTI_REALTIME {
  if (detached_.empty()) return std::nullopt;
  const EndpointId id = detached_.back();
  detached_.pop_back();
  endpoint(id).state = State::kFree;
  return id;
}

void SimPort::connect(EndpointId id, Flow flow, const base::SocketAddress& remote) TUTTI_REALTIME {
  CHECK(remote.valid());
  flush();  // what was sent before goes where it was sent to
  network_.socket(number_of(id, flow)).remote = remote;
}

void SimPort::disconnect(EndpointId id, Flow flow) TUTTI_REALTIME {
  flush();
  network_.socket(number_of(id, flow)).remote = {};
}

void SimPort::make_ready(SimSocketNumber number) TUTTI_REALTIME {
  SimSocket& socket = network_.socket(number);
  if (socket.ready) return;
  socket.ready = true;
  socket.next_ready = kNoSimSocket;
  if (first_ready_ == kNoSimSocket) {
    first_ready_ = number;
  } else {
    network_.socket(last_ready_).next_ready = number;
  }
  last_ready_ = number;
}

void SimPort::release_batch() TUTTI_REALTIME {
  for (std::size_t i = 0; i < batch_size_; ++i) network_.packets_.release(batch_packets_[i]);
  batch_size_ = 0;
}

std::span<const ReceivedPacket> SimPort::receive() TUTTI_REALTIME {
  release_batch();
  while (!detaching_.empty()) {
    detached_.push_back(detaching_.back());
    detaching_.pop_back();
  }
  network_.advance_to(network_.now());  // what needs no time has arrived
  while (first_ready_ != kNoSimSocket && batch_size_ < batch_max_) {
    SimSocket& socket = network_.socket(first_ready_);
    take_from(socket);
    if (socket.waiting > 0) break;  // the batch is full
    first_ready_ = socket.next_ready;
    socket.ready = false;
    socket.next_ready = kNoSimSocket;
  }
  return {batch_.data(), batch_size_};
}

void SimPort::take_from(SimSocket& socket) TUTTI_REALTIME {
  while (socket.waiting > 0 && batch_size_ < batch_max_) {
    const auto index = network_.pop(socket);
    const SimPacket& packet = network_.packets_[index];
    const bool connected = socket.remote.valid();
    std::optional<base::DropReason> drop;
    if (connected && packet.source != socket.remote) drop = base::DropReason::kStranger;
    if (packet.size == 0) drop = base::DropReason::kTruncated;
    if (packet.oversize) drop = base::DropReason::kOversize;
    if (drop) {
      counters_.drops.add(*drop);
      network_.packets_.release(index);
      continue;
    }
    batch_packets_[batch_size_] = index;
    batch_[batch_size_++] = ReceivedPacket{
        .endpoint = socket.endpoint,
        .flow = socket.flow,
        .source = connected ? base::SocketAddress{} : packet.source,
        .arrival = packet.arrival,
        .payload = {packet.payload.data(), packet.size},
    };
    counters_.packets_received.add();
    counters_.bytes_received.add(packet.size);
  }
}

std::span<std::byte> SimPort::reserve() TUTTI_REALTIME {
  if (reserved_ == SimPackets::kNone) reserved_ = network_.packets_.try_acquire();
  if (reserved_ == SimPackets::kNone) return {};
  return network_.packets_[reserved_].payload;
}

void SimPort::send(EndpointId id, Flow flow, const base::SocketAddress& to,
                   std::size_t bytes) TUTTI_REALTIME {
  CHECK(reserved_ != SimPackets::kNone && bytes <= kPayloadBytesMax);
  const SimSocket& socket = network_.socket(number_of(id, flow));
  const base::SocketAddress& destination = socket.remote.valid() ? socket.remote : to;
  counters_.packets_sent.add();
  counters_.bytes_sent.add(bytes);
  if (!destination.valid() || destination.port == 0) {
    counters_.drops.add(base::DropReason::kSendFailed);
    return;  // the buffer stays reserved
  }
  SimPacket& packet = network_.packets_[reserved_];
  packet.source = socket.local;
  packet.destination = destination;
  packet.node = socket.node;
  packet.oversize = false;
  packet.size = static_cast<std::uint16_t>(bytes);
  unflushed_.push_back(reserved_);
  reserved_ = SimPackets::kNone;
  if (unflushed_.size() == limits_.transmit_buffers) flush();
}

bool SimPort::send(EndpointId id, Flow flow, const base::SocketAddress& to, std::span<const std::byte> head,
                   std::span<const std::byte> payload) TUTTI_REALTIME {
  const std::size_t bytes = head.size() + payload.size();
  CHECK(bytes <= kPayloadBytesMax);
  const auto buffer = reserve();
  if (buffer.empty()) return false;
  copy_pieces(buffer.data(), head, payload);
  send(id, flow, to, bytes);
  return true;
}

std::size_t SimPort::reserve_payloads(std::span<std::uint8_t*> places) TUTTI_REALTIME {
  CHECK(reserved_payloads_count_ == 0);
  const std::size_t wanted = std::min(places.size(), kTogether);
  for (; reserved_payloads_count_ < wanted && !reserve().empty(); reserved_ = SimPackets::kNone) {
    places[reserved_payloads_count_] = behind_head(network_.packets_[reserved_].payload.data());
    reserved_payloads_[reserved_payloads_count_++] = reserved_;
  }
  return reserved_payloads_count_;
}

void SimPort::send_reserved(std::span<const PacketHead> heads, std::size_t payload_bytes) TUTTI_REALTIME {
  CHECK(heads.size() == reserved_payloads_count_);
  reserved_payloads_count_ = 0;
  for (std::size_t i = 0; i < heads.size(); ++i) {
    const PacketHead& head = heads[i];
    if (reserved_ != SimPackets::kNone) network_.packets_.release(reserved_);  // the one before was not sent
    reserved_ = reserved_payloads_[i];
    std::copy(head.bytes.begin(), head.bytes.end(), network_.packets_[reserved_].payload.begin());
    send(head.endpoint, Flow::kRtp, *head.to, head.bytes.size() + payload_bytes);
  }
}

void SimPort::flush() TUTTI_REALTIME {
  for (const auto index : unflushed_) network_.transmit(index, network_.now());
  unflushed_.clear();
}

void SimPort::wait_until(base::Instant) {
  release_batch();
}

}  // namespace tutti::net
