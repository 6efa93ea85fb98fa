// SocketAddress: an IPv4 or IPv6 address and a port; trivially copyable, so it crosses threads.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <sys/socket.h>

#include "dataplane/base/realtime.h"

namespace tutti::base {

enum class AddressFamily : std::uint8_t { kNone, kIpv4, kIpv6 };

struct SocketAddress {
  std::array<std::uint8_t, 16> ip{};  // network order; an IPv4 address is in the first four
  std::uint16_t port = 0;             // host order
  AddressFamily family = AddressFamily::kNone;

  bool operator==(const SocketAddress&) const = default;
  bool valid() const TUTTI_REALTIME { return family != AddressFamily::kNone; }
  bool unspecified() const TUTTI_REALTIME;  // 0.0.0.0 or ::
  // fe80::/10, which is on every link. Source: RFC 4291, section 2.5.6.
  bool link_local() const TUTTI_REALTIME {
    return family == AddressFamily::kIpv6 && ip[0] == 0xFE && (ip[1] & 0xC0U) == 0x80;
  }
  // Whether a packet may be sent there.
  bool reachable() const TUTTI_REALTIME { return valid() && port != 0 && !unspecified(); }
  SocketAddress with_port(std::uint16_t other) const TUTTI_REALTIME;
};

// Parses a literal address without a port ("127.0.0.1", "::1"); never asks a resolver.
std::optional<SocketAddress> parse_ip(std::string_view text, std::uint16_t port = 0);

// Parses "ADDR:PORT" or "[ADDR6]:PORT".
std::optional<SocketAddress> parse_address_and_port(std::string_view text);

// "127.0.0.1", "::1".
std::string ip_to_string(const SocketAddress& address);
// "127.0.0.1:5060", "[::1]:5060".
std::string to_string(const SocketAddress& address);

// Both ways between SocketAddress and the kernel's form; returns the length used.
socklen_t to_sockaddr(const SocketAddress& address, sockaddr_storage& out) TUTTI_REALTIME;
SocketAddress from_sockaddr(const sockaddr* address, socklen_t length) TUTTI_REALTIME;

}  // namespace tutti::base
