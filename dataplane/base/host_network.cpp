#include "dataplane/base/host_network.h"

#include <algorithm>
#include <cstddef>

namespace tutti::base {
namespace {

constexpr std::array<std::uint8_t, 12> kMapped = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};
constexpr std::size_t kPrefixBytes = 8;

}  // namespace

SocketAddress without_mapping(const SocketAddress& address) {
  const bool mapped = address.family == AddressFamily::kIpv6 &&
                      std::equal(kMapped.begin(), kMapped.end(), address.ip.begin());
  if (!mapped) return address;
  SocketAddress plain;
  plain.family = AddressFamily::kIpv4;
  plain.port = address.port;
  std::copy(address.ip.begin() + kMapped.size(), address.ip.end(), plain.ip.begin());
  return plain;
}

SocketAddress network_of(const SocketAddress& address) {
  SocketAddress network = without_mapping(address).with_port(0);
  if (network.family == AddressFamily::kIpv6) {
    std::fill(network.ip.begin() + kPrefixBytes, network.ip.end(), std::uint8_t{0});
  }
  return network;
}

NetworkKey network_key(const SocketAddress& address) {
  const SocketAddress network = network_of(address);
  NetworkKey key{};
  key[0] = static_cast<std::uint8_t>(network.family);
  std::copy_n(network.ip.begin(), key.size() - 1, key.begin() + 1);
  return key;
}

bool is_loopback(const SocketAddress& address) {
  const SocketAddress host = without_mapping(address);
  if (host.family == AddressFamily::kIpv4) return host.ip[0] == 127;
  if (host.family != AddressFamily::kIpv6) return false;
  return std::all_of(host.ip.begin(), host.ip.begin() + 15, [](auto octet) { return octet == 0; }) &&
         host.ip[15] == 1;
}

}  // namespace tutti::base
