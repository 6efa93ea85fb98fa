#include "dataplane/dpdk/local_addresses.h"

#include <algorithm>
#include <cstring>

namespace tutti::dpdk {
namespace {

std::size_t bytes_of(base::AddressFamily family) TUTTI_REALTIME {
  return family == base::AddressFamily::kIpv4 ? 4 : 16;
}

std::uint8_t last_byte(const base::SocketAddress& ip) TUTTI_REALTIME {
  return ip.ip[bytes_of(ip.family) - 1];
}

bool same_prefix(const base::SocketAddress& a, const base::SocketAddress& b, unsigned bits) TUTTI_REALTIME {
  if (a.family != b.family) return false;
  const unsigned whole = bits / 8;
  if (std::memcmp(a.ip.data(), b.ip.data(), whole) != 0) return false;
  const unsigned rest = bits % 8;
  return rest == 0 || ((a.ip[whole] ^ b.ip[whole]) >> (8 - rest)) == 0;
}

}  // namespace

LocalAddresses::LocalAddresses(const std::vector<Address>& addresses, const base::SocketAddress& gateway_ipv4,
                               const base::SocketAddress& gateway_ipv6)
    : addresses_(addresses), gateways_{gateway_ipv4, gateway_ipv6} {
  CHECK(!addresses_.empty() && addresses_.size() <= kMax);
  slots_.fill(kNone);
  for (std::size_t i = 0; i < addresses_.size(); ++i) {
    const base::SocketAddress& ip = addresses_[i].ip;
    CHECK(ip.valid() && addresses_[i].prefix <= 8 * bytes_of(ip.family) && !find(ip));
    std::uint8_t at = last_byte(ip);
    while (slots_[at] != kNone) ++at;
    slots_[at] = static_cast<std::uint8_t>(i);
    if (ip.family == base::AddressFamily::kIpv4) std::memcpy(&ipv4_[i], ip.ip.data(), sizeof(ipv4_[i]));
  }
}

std::optional<std::uint8_t> LocalAddresses::find_ipv6(const std::byte* ip) const TUTTI_REALTIME {
  for (auto at = std::to_integer<std::uint8_t>(ip[15]); slots_[at] != kNone; ++at) {
    const base::SocketAddress& own = addresses_[slots_[at]].ip;
    if (own.family == base::AddressFamily::kIpv6 && std::memcmp(own.ip.data(), ip, 16) == 0)
      return slots_[at];
  }
  return std::nullopt;
}

std::optional<std::uint8_t> LocalAddresses::find(const base::SocketAddress& ip) const TUTTI_REALTIME {
  const auto* const bytes = reinterpret_cast<const std::byte*>(ip.ip.data());
  if (!ip.valid()) return std::nullopt;
  return ip.family == base::AddressFamily::kIpv4 ? find_ipv4(bytes) : find_ipv6(bytes);
}

bool LocalAddresses::on_link(const base::SocketAddress& ip) const TUTTI_REALTIME {
  if (ip.link_local()) return true;
  return std::any_of(addresses_.begin(), addresses_.end(),
                     [&ip](const Address& own) { return same_prefix(own.ip, ip, own.prefix); });
}

}  // namespace tutti::dpdk
