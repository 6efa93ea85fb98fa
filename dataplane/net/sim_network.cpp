#include "dataplane/net/sim_network.h"

#include <algorithm>
#include <cstring>

#include "dataplane/base/check.h"
#include "dataplane/net/sim_host.h"
#include "dataplane/net/sim_port.h"

namespace tutti::net {

class SimNetwork::Factory final : public EndpointFactory {
 public:
  explicit Factory(SimNetwork& network) : network_(network) {}

  base::Result<base::EndpointHandles, NetError> open(const base::SocketAddress& local,
                                                     bool with_rtcp) override {
    const auto rtp = network_.open_socket(local);
    if (!rtp) return base::unexpected(rtp.error());
    base::EndpointHandles handles{.rtp = *rtp, .rtcp = base::EndpointHandles::kNone};
    if (!with_rtcp) return handles;
    const auto rtcp = network_.open_socket(local.with_port(static_cast<std::uint16_t>(local.port + 1)));
    if (!rtcp) {
      network_.close_socket(*rtp);
      return base::unexpected(rtcp.error());
    }
    handles.rtcp = *rtcp;
    return handles;
  }

  void close(const base::EndpointHandles& handles) override {
    network_.close_socket(handles.rtp);
    if (handles.rtcp != base::EndpointHandles::kNone) network_.close_socket(handles.rtcp);
  }

 private:
  SimNetwork& network_;
};

std::size_t SimNetwork::AddressHash::operator()(const base::SocketAddress& address) const noexcept {
  std::uint64_t halves[2];
  static_assert(sizeof(halves) == sizeof(address.ip));
  std::memcpy(halves, address.ip.data(), sizeof(halves));
  return SimRandom(halves[0] ^ (halves[1] * 31) ^ (std::uint64_t{address.port} << 48)).next();
}

SimNetwork::SimNetwork(const Config& config)
    : config_(config), packets_(config.packets), factory_(std::make_unique<Factory>(*this)) {
  events_.reserve(config.packets);
}

SimNetwork::~SimNetwork() = default;

std::unique_ptr<PacketPort> SimNetwork::make_port(const PortLimits& limits) {
  return std::make_unique<SimPort>(*this, limits);
}

std::unique_ptr<SimHost> SimNetwork::make_host(const base::SocketAddress& ip) {
  return std::make_unique<SimHost>(*this, ip);
}

EndpointFactory& SimNetwork::endpoint_factory() {
  return *factory_;
}

std::uint32_t SimNetwork::node_number(const base::SocketAddress& ip) {
  const auto [entry, made] = node_numbers_.try_emplace(ip.ip, static_cast<std::uint32_t>(nodes_.size()));
  if (made) {
    // From the address, not from the order of making: a new host leaves the others' luck as it was.
    SimRandom seeds(config_.seed ^ AddressHash()(ip.with_port(0)));
    nodes_.push_back(Node{SimLink(seeds.next()), SimLink(seeds.next())});
  }
  return entry->second;
}

void SimNetwork::set_uplink(const base::SocketAddress& ip, const LinkConditions& conditions) {
  nodes_[node_number(ip)].uplink.set(conditions);
}

void SimNetwork::set_downlink(const base::SocketAddress& ip, const LinkConditions& conditions) {
  nodes_[node_number(ip)].downlink.set(conditions);
}

base::Result<SimSocketNumber, NetError> SimNetwork::open_socket(const base::SocketAddress& local) {
  if (!local.valid() || local.unspecified() || local.port == 0) {
    return base::unexpected(NetError::kAddressNotAvailable);
  }
  if (by_address_.contains(local)) return base::unexpected(NetError::kAddressInUse);
  SimSocketNumber number = 0;
  if (free_sockets_.empty()) {
    number = static_cast<SimSocketNumber>(sockets_.size());
    sockets_.emplace_back();
  } else {
    number = free_sockets_.back();
    free_sockets_.pop_back();
  }
  socket(number) = SimSocket{};
  socket(number).local = local;
  socket(number).node = node_number(local);
  by_address_[local] = number;
  return number;
}

void SimNetwork::close_socket(SimSocketNumber number) {
  CHECK(number >= 0 && static_cast<std::size_t>(number) < sockets_.size());
  SimSocket& closed = socket(number);
  CHECK(closed.local.valid());
  CHECK(closed.port == nullptr);  // the core has not let go of it
  for (auto index = pop(closed); index != SimPackets::kNone; index = pop(closed)) packets_.release(index);
  by_address_.erase(closed.local);
  closed.local = {};
  free_sockets_.push_back(number);
}

void SimNetwork::schedule(base::Instant at, SimPackets::Index packet, Stage stage) TUTTI_REALTIME {
  DCHECK(events_.size() < config_.packets);
  events_.push_back(Event{at, events_made_++, packet, stage});
  std::push_heap(events_.begin(), events_.end());
}

void SimNetwork::transmit(SimPackets::Index packet, base::Instant at) TUTTI_REALTIME {
  ++statistics_.sent;
  schedule(std::max(at, now_), packet, Stage::kUplink);
}

std::optional<base::Instant> SimNetwork::next_event() const TUTTI_REALTIME {
  if (events_.empty()) return std::nullopt;
  return events_.front().at;
}

void SimNetwork::advance_to(base::Instant now) TUTTI_REALTIME {
  DCHECK(now >= now_);
  while (!events_.empty() && events_.front().at <= now) {
    const Event event = events_.front();
    std::pop_heap(events_.begin(), events_.end());
    events_.pop_back();
    now_ = event.at;
    run(event);
  }
  now_ = now;
}

void SimNetwork::run(const Event& event) TUTTI_REALTIME {
  if (event.stage == Stage::kArrival) return arrive(event);
  const SimPacket& packet = packets_[event.packet];
  if (event.stage == Stage::kUplink) return pass(nodes_[packet.node].uplink, event, Stage::kDownlink);
  const auto found = by_address_.find(packet.destination);
  if (found == by_address_.end()) {
    ++statistics_.to_nobody;
    packets_.release(event.packet);
    return;
  }
  pass(nodes_[socket(found->second).node].downlink, event, Stage::kArrival);
}

void SimNetwork::pass(SimLink& link, const Event& event, Stage next) TUTTI_REALTIME {
  const SimLink::Passage passage = link.pass(event.at, packets_[event.packet].size);
  if (passage.copies == 0) {
    ++statistics_.lost;
    packets_.release(event.packet);
    return;
  }
  schedule(passage.out[0], event.packet, next);
  if (passage.copies < 2) return;
  const auto copy = packets_.try_acquire();
  if (copy == SimPackets::kNone) return;
  packets_[copy] = packets_[event.packet];
  ++statistics_.duplicated;
  schedule(passage.out[1], copy, next);
}

void SimNetwork::arrive(const Event& event) TUTTI_REALTIME {
  SimPacket& packet = packets_[event.packet];
  const auto found = by_address_.find(packet.destination);
  if (found == by_address_.end()) {
    ++statistics_.to_nobody;
    packets_.release(event.packet);
    return;
  }
  SimSocket& to = socket(found->second);
  if (to.remote.valid() && to.remote != packet.source) {
    ++statistics_.strangers;
    if (to.port != nullptr) to.port->count(base::DropReason::kStranger);
    packets_.release(event.packet);
    return;
  }
  if (to.waiting == config_.socket_queue) {
    ++statistics_.queue_full;
    packets_.release(event.packet);
    return;
  }
  ++statistics_.delivered;
  packet.arrival = event.at;
  packet.next = SimPackets::kNone;
  if (to.waiting++ == 0) {
    to.first = event.packet;
  } else {
    packets_[to.last].next = event.packet;
  }
  to.last = event.packet;
  if (to.port != nullptr) to.port->make_ready(found->second);
}

SimPackets::Index SimNetwork::pop(SimSocket& from) TUTTI_REALTIME {
  if (from.waiting == 0) return SimPackets::kNone;
  const auto index = from.first;
  from.first = packets_[index].next;
  --from.waiting;
  return index;
}

}  // namespace tutti::net
