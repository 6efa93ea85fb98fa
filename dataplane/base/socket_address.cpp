#include "dataplane/base/socket_address.h"

#include <algorithm>
#include <charconv>
#include <cstring>

#include <arpa/inet.h>
#include <netinet/in.h>

namespace tutti::base {

bool SocketAddress::unspecified() const TUTTI_REALTIME {
  return std::all_of(ip.begin(), ip.end(), [](std::uint8_t byte) { return byte == 0; });
}

SocketAddress SocketAddress::with_port(std::uint16_t other) const TUTTI_REALTIME {
  SocketAddress result = *this;
  result.port = other;
  return result;
}

std::optional<SocketAddress> parse_ip(std::string_view text, std::uint16_t port) {
  if (text.find('\0') != std::string_view::npos) return std::nullopt;  // inet_pton would stop there
  const std::string terminated(text);
  SocketAddress address;
  address.port = port;
  if (::inet_pton(AF_INET, terminated.c_str(), address.ip.data()) == 1) {
    address.family = AddressFamily::kIpv4;
    return address;
  }
  if (::inet_pton(AF_INET6, terminated.c_str(), address.ip.data()) == 1) {
    address.family = AddressFamily::kIpv6;
    return address;
  }
  return std::nullopt;
}

std::optional<SocketAddress> parse_address_and_port(std::string_view text) {
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  std::string_view host = text.substr(0, colon);
  const std::string_view digits = text.substr(colon + 1);
  const bool bracketed = host.size() >= 2 && host.front() == '[' && host.back() == ']';
  if (bracketed) host = host.substr(1, host.size() - 2);
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  if (error != std::errc() || end != digits.data() + digits.size() || digits.empty()) return std::nullopt;
  const auto address = parse_ip(host, port);
  // "::1:5060" is ambiguous: an IPv6 address needs its brackets.
  if (address && (address->family == AddressFamily::kIpv6) != bracketed) return std::nullopt;
  return address;
}

std::string ip_to_string(const SocketAddress& address) {
  char text[INET6_ADDRSTRLEN] = "";
  if (!address.valid()) return "none";
  ::inet_ntop(address.family == AddressFamily::kIpv4 ? AF_INET : AF_INET6, address.ip.data(), text,
              sizeof(text));
  return text;
}

std::string to_string(const SocketAddress& address) {
  const std::string ip = ip_to_string(address);
  const std::string port = std::to_string(address.port);
  return address.family == AddressFamily::kIpv6 ? "[" + ip + "]:" + port : ip + ":" + port;
}

socklen_t to_sockaddr(const SocketAddress& address, sockaddr_storage& out) TUTTI_REALTIME {
  std::memset(&out, 0, sizeof(out));
  if (address.family == AddressFamily::kIpv4) {
    auto& in = reinterpret_cast<sockaddr_in&>(out);
    in.sin_family = AF_INET;
    in.sin_port = htons(address.port);
    std::memcpy(&in.sin_addr, address.ip.data(), sizeof(in.sin_addr));
    return sizeof(in);
  }
  if (address.family == AddressFamily::kIpv6) {
    auto& in = reinterpret_cast<sockaddr_in6&>(out);
    in.sin6_family = AF_INET6;
    in.sin6_port = htons(address.port);
    std::memcpy(&in.sin6_addr, address.ip.data(), sizeof(in.sin6_addr));
    return sizeof(in);
  }
  out.ss_family = AF_UNSPEC;
  return sizeof(sa_family_t);
}

SocketAddress from_sockaddr(const sockaddr* address, socklen_t length) TUTTI_REALTIME {
  SocketAddress result;
  if (address->sa_family == AF_INET && length >= sizeof(sockaddr_in)) {
    sockaddr_in in{};
    std::memcpy(&in, address, sizeof(in));
    result.family = AddressFamily::kIpv4;
    result.port = ntohs(in.sin_port);
    std::memcpy(result.ip.data(), &in.sin_addr, sizeof(in.sin_addr));
  } else if (address->sa_family == AF_INET6 && length >= sizeof(sockaddr_in6)) {
    sockaddr_in6 in{};
    std::memcpy(&in, address, sizeof(in));
    result.family = AddressFamily::kIpv6;
    result.port = ntohs(in.sin6_port);
    std::memcpy(result.ip.data(), &in.sin6_addr, sizeof(in.sin6_addr));
  }
  return result;
}

}  // namespace tutti::base
