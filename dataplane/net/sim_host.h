// SimHost: a client's host in the simulated network: opens ports, sends bytes at a time, receives bytes
// with their time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <vector>

#include "dataplane/base/clock.h"
#include "dataplane/base/socket_address.h"
#include "dataplane/net/sim_network.h"

namespace tutti::net {

struct SimDatagram {
  base::SocketAddress source;
  base::Instant arrival;
  std::vector<std::byte> payload;
};

// Thread: the simulation's. Made by SimNetwork::make_host, which outlives it.
class SimHost {
 public:
  SimHost(SimNetwork& network, const base::SocketAddress& ip);
  ~SimHost();  // closes its ports
  SimHost(const SimHost&) = delete;
  SimHost& operator=(const SimHost&) = delete;

  // Opens a port, a free one from 20 000 upwards if `port` is 0, and returns its address. A port in use is
  // the test's mistake.
  base::SocketAddress open(std::uint16_t port = 0);
  void close(std::uint16_t port);

  // Lets `payload` leave from an open port at `at`, or now if that has passed. May be longer than
  // kPayloadBytesMax: then it arrives as an oversize packet.
  void send(std::uint16_t from_port, const base::SocketAddress& to, std::span<const std::byte> payload,
            base::Instant at = {});

  // The packet that has waited longest in an open port.
  std::optional<SimDatagram> receive(std::uint16_t port);

  // What goes wrong from now on for all that this host sends, and for all that is sent to it.
  void set_uplink(const LinkConditions& conditions) { network_.set_uplink(ip_, conditions); }
  void set_downlink(const LinkConditions& conditions) { network_.set_downlink(ip_, conditions); }

  const base::SocketAddress& ip() const { return ip_; }

 private:
  SimSocketNumber number_of(std::uint16_t port) const;

  SimNetwork& network_;
  const base::SocketAddress ip_;
  std::map<std::uint16_t, SimSocketNumber> ports_;
};

}  // namespace tutti::net
