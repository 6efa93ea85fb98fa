// LocalAddresses: our IP addresses on a port that no kernel has, and which way leads out of them.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <vector>

#include "dataplane/base/check.h"
#include "dataplane/base/realtime.h"
#include "dataplane/base/socket_address.h"

namespace tutti::dpdk {

// One of our ports as EndpointHandles carries it: which address, and the port's number.
struct LocalPort {
  std::uint8_t address = 0;
  std::uint16_t port = 0;

  bool operator==(const LocalPort&) const = default;
  std::int32_t pack() const TUTTI_REALTIME { return address << 16 | port; }
  static LocalPort unpack(std::int32_t handle) TUTTI_REALTIME {
    DCHECK(handle >= 0);
    return {static_cast<std::uint8_t>(handle >> 16), static_cast<std::uint16_t>(handle)};
  }
  // Dense, from zero, for tables of kPorts for each address.
  static constexpr std::size_t kPorts = 65'536;
  std::size_t index() const TUTTI_REALTIME { return address * kPorts + port; }
};

// Thread: made once, read by any.
class LocalAddresses {
 public:
  static constexpr std::size_t kMax = 64;

  struct Address {
    base::SocketAddress ip;   // its port is not used
    std::uint8_t prefix = 0;  // bits that it shares with its neighbours on the link
  };

  // At least one, none twice. Gateways not valid() where there is none.
  LocalAddresses(const std::vector<Address>& addresses, const base::SocketAddress& gateway_ipv4,
                 const base::SocketAddress& gateway_ipv6);

  std::size_t size() const TUTTI_REALTIME { return addresses_.size(); }
  const base::SocketAddress& operator[](std::size_t i) const TUTTI_REALTIME { return addresses_[i].ip; }

  // Which of them it is. Shapes: 4 bytes at `ip`, or 16.
  std::optional<std::uint8_t> find_ipv4(const std::byte* ip) const TUTTI_REALTIME {
    std::uint32_t word = 0;
    std::memcpy(&word, ip, sizeof(word));
    for (auto at = std::to_integer<std::uint8_t>(ip[3]); slots_[at] != kNone; ++at) {
      const std::uint8_t i = slots_[at];
      if (ipv4_[i] == word && addresses_[i].ip.family == base::AddressFamily::kIpv4) return i;
    }
    return std::nullopt;
  }
  std::optional<std::uint8_t> find_ipv6(const std::byte* ip) const TUTTI_REALTIME;
  std::optional<std::uint8_t> find(const base::SocketAddress& ip) const TUTTI_REALTIME;

  // Whether it is a neighbour on the link.
  bool on_link(const base::SocketAddress& ip) const TUTTI_REALTIME;
  const base::SocketAddress& gateway(base::AddressFamily family) const TUTTI_REALTIME {
    return gateways_[family == base::AddressFamily::kIpv6 ? 1 : 0];
  }

 private:
  std::vector<Address> addresses_;
  std::array<base::SocketAddress, 2> gateways_;
  // Open addressing by the last byte, in which the addresses of one host differ.
  static constexpr std::uint8_t kNone = 0xFF;
  std::array<std::uint8_t, 256> slots_;
  std::array<std::uint32_t, kMax> ipv4_{};  // as they lie in a frame: dense, for each packet asks
};

}  // namespace tutti::dpdk
