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
}

std::optional<PacketReceiver::Packet> PacketReceiver::next(base::DropCounters& drops) TUTTI_REALTIME {
  while (const auto taken = ring_->next()) {
    if (!begun_) {
      begun_ = true;
      timespec wall{};
      ::clock_gettime(CLOCK_REALTIME, &wall);
      realtime_ = std::chrono::seconds(wall.tv_sec) + base::Duration(wall.tv_nsec);
      now_ = base::monotonic_now();
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
    return Packet{.endpoint = EndpointId{endpoint - 1},
                  .source = packet->source,
                  .arrival = now_ - age,
                  .payload = packet->payload};
  }
  return std::nullopt;
}

void PacketReceiver::release() TUTTI_REALTIME {
  ring_->release();
  begun_ = false;
}

}  // namespace tutti::net
