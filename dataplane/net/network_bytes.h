// Numbers in network byte order, at any alignment.
//
// Private to this module.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

#include "dataplane/base/realtime.h"
#include "dataplane/base/socket_address.h"
#include "dataplane/net/mac_address.h"

namespace tutti::net {

inline std::uint32_t get8(const std::byte* at) TUTTI_REALTIME {
  return std::to_integer<std::uint32_t>(*at);
}
inline std::uint32_t get16(const std::byte* at) TUTTI_REALTIME {
  return get8(at) << 8U | get8(at + 1);
}
inline void put8(std::byte* at, std::uint32_t value) TUTTI_REALTIME {
  *at = static_cast<std::byte>(value);
}
inline void put16(std::byte* at, std::uint32_t value) TUTTI_REALTIME {
  put8(at, value >> 8U);
  put8(at + 1, value);
}

inline MacAddress get_mac(const std::byte* at) TUTTI_REALTIME {
  MacAddress mac;
  std::memcpy(mac.data(), at, mac.size());
  return mac;
}
inline void put_mac(std::byte* at, const MacAddress& mac) TUTTI_REALTIME {
  std::memcpy(at, mac.data(), mac.size());
}

inline std::size_t ip_bytes(base::AddressFamily family) TUTTI_REALTIME {
  return family == base::AddressFamily::kIpv4 ? 4 : 16;
}
inline base::SocketAddress get_ip(base::AddressFamily family, const std::byte* at) TUTTI_REALTIME {
  base::SocketAddress address;
  address.family = family;
  std::memcpy(address.ip.data(), at, ip_bytes(family));
  return address;
}
inline void put_ip(std::byte* at, const base::SocketAddress& address) TUTTI_REALTIME {
  std::memcpy(at, address.ip.data(), ip_bytes(address.family));
}

}  // namespace tutti::net
