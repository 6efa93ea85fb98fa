// HostNetwork: what of an address names who is behind it, for those who count strangers.
#pragma once

#include <array>
#include <cstdint>

#include "dataplane/base/socket_address.h"

namespace tutti::base {

// IPv4 as a socket of IPv6 sees it (::ffff:192.0.2.1) as IPv4, with its port; any other as it is.
// Source: RFC 4291, 2.5.5.2.
SocketAddress without_mapping(const SocketAddress& address);

// An address of IPv4, or the first 64 bits of one of IPv6: whoever has one has all below them. Without a
// port.
SocketAddress network_of(const SocketAddress& address);

// The same as a key of a table of many: the family and the octets that count.
using NetworkKey = std::array<std::uint8_t, 9>;
NetworkKey network_key(const SocketAddress& address);

// 127.0.0.0/8, ::1, and the former inside IPv6.
bool is_loopback(const SocketAddress& address);

}  // namespace tutti::base
