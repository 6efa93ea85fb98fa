// KernelNeighbours: what the kernel knows of the neighbours on one of its interfaces.
#pragma once

#include <array>
#include <map>
#include <optional>
#include <utility>

#include "dataplane/base/socket_address.h"
#include "dataplane/net/mac_address.h"
#include "dataplane/net/neighbour_resolver.h"

namespace tutti::net {

// The interface that an address of this host belongs to.
struct LocalInterface {
  base::SocketAddress ip;  // that address; no port
  int index = 0;
  bool loopback = false;
  MacAddress mac{};
};
// None: no address of ours, or the interface is no Ethernet. 127.0.0.0/8 is loopback's.
std::optional<LocalInterface> find_interface(const base::SocketAddress& ip);

// The kernel's answer of this moment, over netlink: the route of packets from the interface's address, then
// the neighbour. None: the way leads through
// another interface, or the neighbour is not known (a packet through a socket makes the kernel ask for it).
// It is asked once for all who ask at one `now`.
class KernelNeighbours final : public NeighbourResolver {
 public:
  explicit KernelNeighbours(const LocalInterface& interface);
  ~KernelNeighbours() override;
  KernelNeighbours(const KernelNeighbours&) = delete;
  KernelNeighbours& operator=(const KernelNeighbours&) = delete;

  std::optional<MacAddress> ask(const base::SocketAddress& to, base::Instant now) override;

 private:
  std::optional<MacAddress> query(const base::SocketAddress& to);

  const LocalInterface interface_;
  int socket_ = -1;
  using Ip = std::pair<base::AddressFamily, std::array<std::uint8_t, 16>>;
  std::map<Ip, std::optional<MacAddress>> known_;  // at known_at_
  base::Instant known_at_{};
};

}  // namespace tutti::net
