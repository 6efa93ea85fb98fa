#include "dataplane/base/host_network.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

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

}  // namespace tutti::base
