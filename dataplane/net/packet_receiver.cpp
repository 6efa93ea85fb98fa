#include "dataplane/net/packet_receiver.h"

#include <algorithm>
#include <ctime>

#include <sys/socket.h>

#include "dataplane/base/bound_address.h"
#include "dataplane/net/kernel_neighbours.h"
#include "dataplane/net/packet_socket.h"

namespace tutti::net {
namespace {

// A socket without one would bring what the ring brings, once more.
bool has_filter(int socket) TUTTI_REALTIME {
  socklen_t instructions = 0;
  return ::getsockopt(socket, SOL_SOCKET, SO_GET_FILTER, nullptr, &instructions) == 0 && instructions > 0;
}

// Or else by its socket, whose filter sees each packet by itself.
bool comes_by_ring(std::size_t payload_bytes) TUTTI_REALTIME {
  return kUdpHeadBytes + payload_bytes <= kRingUdpBytesMax;
}

std::uint64_t segments_by_ring(std::size_t payload_bytes, std::size_t segment_bytes) TUTTI_REALTIME {
  if (segment_bytes == 0) return 0;  // one, too large
  const std::size_t last = payload_bytes % segment_bytes;
  return (comes_by_ring(segment_bytes) ? payload_bytes / segment_bytes : 0) +
         (last > 0 && comes_by_ring(last) ? 1 : 0);
}

}  // namespace

base::Result<std::unique_ptr<PacketReceiver>, NetError> PacketReceiver::make(const PortLane& lane,
                                                                             std::uint32_t endpoints) {
  const auto interface = find_interface(lane.ip);
  if (!interface) return base::unexpected(NetError::kAddressNotAvailable);
  // A tick of everybody's packets may wait, where each sends one in 20 ms.
  auto ring = ReceiveRing::make(interface->index, ring_filter(lane), endpoints);
  if (!ring) return base::unexpected(ring.error());
  return std::unique_ptr<PacketReceiver>(
      new PacketReceiver(lane, interface->index, std::move(*ring), endpoints));
}

PacketReceiver::PacketReceiver(const PortLane& lane, int interface, std::unique_ptr<ReceiveRing> ring,
                               std::uint32_t endpoints)
    : lane_(lane),
      interface_(interface),
      ring_(std::move(ring)),
      endpoints_(lane.pairs() / lane.lanes + 1, kNobody),
      places_(endpoints, lane.pairs()) {}

bool PacketReceiver::add(EndpointId id, int socket) TUTTI_REALTIME {
  const std::uint32_t place = lane_.place_of(base::bound_address(socket).port);
  if (place == lane_.pairs() || !has_filter(socket)) {
    const int unused = 0;
    ::setsockopt(socket, SOL_SOCKET, SO_DETACH_FILTER, &unused, sizeof(unused));
    return false;
  }
  const auto index = static_cast<std::uint32_t>(id);
  endpoints_[place] = index + 1;
  places_[index] = place;
  return true;
}

void PacketReceiver::remove(EndpointId id) TUTTI_REALTIME {
  std::uint32_t& place = places_[static_cast<std::uint32_t>(id)];
  if (place == lane_.pairs()) return;
  endpoints_[place] = kNobody;
  place = lane_.pairs();
  if (rest_.endpoint == id) rest_.payload = {};
}

std::optional<PacketReceiver::Packet> PacketReceiver::next(base::DropCounters& drops) TUTTI_REALTIME {
  if (const auto segment = next_segment()) return segment;
  while (const auto taken = ring_->next()) {
    if (!begun_) {
      begun_ = true;
      timespec wall{};
      ::clock_gettime(CLOCK_REALTIME, &wall);
      realtime_ = std::chrono::seconds(wall.tv_sec) + base::Duration(wall.tv_nsec);
      now_ = base::monotonic_now();
    }
    if (taken->bytes > taken->ip.size()) {
      const bool ipv6 = lane_.ip.family == base::AddressFamily::kIpv6;
      const std::size_t payload = taken->bytes - ip_head_bytes(ipv6) - kUdpHeadBytes;
      drops.add(base::DropReason::kOversize, segments_by_ring(payload, taken->segment_bytes));
      continue;
    }
    const auto packet = parse_udp_packet(taken->ip, taken->checksums);
    if (!packet) {
      drops.add(packet.error());
      continue;
    }
    const std::uint32_t place = lane_.place_of(packet->destination.port);
    const std::uint32_t endpoint = place == lane_.pairs() ? kNobody : endpoints_[place];
    if (endpoint == kNobody) continue;
    const base::Duration age = std::clamp(realtime_ - taken->stamped, base::Duration(0), kOldest);
    const Packet read{.endpoint = EndpointId{endpoint - 1},
                      .source = packet->source,
                      .arrival = now_ - age,
                      .payload = packet->payload};
    if (taken->segment_bytes == 0) {
      if (!comes_by_ring(read.payload.size())) continue;
      return read;
    }
    rest_ = read;
    segment_bytes_ = taken->segment_bytes;
    if (const auto segment = next_segment()) return segment;
  }
  return std::nullopt;
}

std::optional<PacketReceiver::Packet> PacketReceiver::next_segment() TUTTI_REALTIME {
  while (!rest_.payload.empty()) {
    Packet segment = rest_;
    segment.payload = rest_.payload.first(std::min(segment_bytes_, rest_.payload.size()));
    rest_.payload = rest_.payload.subspan(segment.payload.size());
    if (comes_by_ring(segment.payload.size())) return segment;
  }
  return std::nullopt;
}

void PacketReceiver::release() TUTTI_REALTIME {
  ring_->release(rest_.payload.empty() ? 0 : 1);
  begun_ = false;
}

}  // namespace tutti::net
