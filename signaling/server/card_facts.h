// CardFacts: what there is to tell of a card that we drive ourselves; sockets have nothing of it.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "dataplane/net/packet_bypass.h"

namespace tutti::server {

// Valid while the ports live.
struct CardFacts {
  // Of the cores, in their order. Buffers in use lie in the card's queues, wait to be sent, or are a burst
  // that is kept to be written into.
  std::vector<net::PacketBypass::Queue> queues;
  net::PacketBypass::SlowPath slow_path;
  const net::IpHost::Counters* host = nullptr;
  const net::NeighbourTable::Counters* neighbours = nullptr;
  std::vector<std::pair<std::string, std::uint64_t>> device;  // the driver's own, by its names
};

}  // namespace tutti::server
