// SimPacket and SimSocket: what lies in the simulated network's slabs.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "dataplane/base/fixed_pool.h"
#include "dataplane/base/socket_address.h"
#include "dataplane/net/packet_port.h"

namespace tutti::net {

class SimPort;

// Stands for a descriptor in EndpointHandles.
using SimSocketNumber = std::int32_t;
inline constexpr SimSocketNumber kNoSimSocket = -1;

struct SimPacket {
  base::SocketAddress source;
  base::SocketAddress destination;
  base::Instant arrival;
  std::uint32_t next = UINT32_MAX;  // the one that waits behind it
  std::uint32_t node = 0;           // whose uplink it takes
  std::uint16_t size = 0;
  bool oversize = false;  // it was longer; its bytes are of no interest
  std::array<std::byte, kPayloadBytesMax> payload;
};

using SimPackets = base::FixedPool<SimPacket>;

struct SimSocket {
  base::SocketAddress local;   // not valid(): free
  base::SocketAddress remote;  // valid(): connected
  std::uint32_t node = 0;

  // The packets that wait in it.
  SimPackets::Index first = SimPackets::kNone;
  SimPackets::Index last = SimPackets::kNone;
  std::uint32_t waiting = 0;

  // While it is attached to a core's port.
  SimPort* port = nullptr;
  EndpointId endpoint{};
  Flow flow = Flow::kRtp;
  bool ready = false;  // stands in its port's list of sockets with packets
  SimSocketNumber next_ready = kNoSimSocket;
};

}  // namespace tutti::net
