// MacAddress: who sends and who receives on an Ethernet.
#pragma once

#include <array>
#include <cstdint>

#include "dataplane/base/realtime.h"

namespace tutti::net {

// In the order of the wire. Source: IEEE 802.3, section 3.2.3.
using MacAddress = std::array<std::uint8_t, 6>;

inline constexpr MacAddress kBroadcastMac{0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF};

// To several; the broadcast too. No station sends from such a one.
constexpr bool is_group(const MacAddress& mac) TUTTI_REALTIME {
  return (mac[0] & 1U) != 0;
}

// Whether a station may have it.
constexpr bool is_station(const MacAddress& mac) TUTTI_REALTIME {
  return !is_group(mac) && mac != MacAddress{};
}

}  // namespace tutti::net
