// SimNetwork: a network inside one process, in virtual time, from one seed: the second body of
// PacketPort, with plain hosts for tests at its other ends.
//
// Every IP address has an uplink and a downlink; a packet passes its source's uplink, then its
// destination's downlink. Time moves only by advance_to(). The same seed and calls give the same bytes.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <unordered_map>
#include <vector>

#include "dataplane/base/clock.h"
#include "dataplane/base/fixed_pool.h"
#include "dataplane/base/socket_address.h"
#include "dataplane/net/endpoint_factory.h"
#include "dataplane/net/packet_port.h"
#include "dataplane/net/sim_link.h"
#include "dataplane/net/sim_packet.h"

namespace tutti::net {

class SimHost;
class SimPort;

// Thread: one, the simulation's, for it and everything it makes; it outlives them.
// While packets move nothing is allocated; opening, closing, making and a SimHost's calls may.
class SimNetwork {
 public:
  struct Config {
    std::uint64_t seed = 1;
    std::uint32_t packets = 16'384;  // on their way or waiting, everywhere; 1.5 kB each
    std::uint32_t socket_queue =
        256;  // packets that wait in one socket; more are lost (a kernel's SO_RCVBUF)
  };
  struct Statistics {
    std::uint64_t sent = 0;
    std::uint64_t delivered = 0;   // into a socket, duplicates too
    std::uint64_t lost = 0;        // by a link
    std::uint64_t duplicated = 0;  // by a link
    std::uint64_t strangers = 0;   // at a connected socket
    std::uint64_t to_nobody = 0;   // no socket has that address
    std::uint64_t queue_full = 0;
  };

  explicit SimNetwork(const Config& config);
  ~SimNetwork();
  SimNetwork(const SimNetwork&) = delete;
  SimNetwork& operator=(const SimNetwork&) = delete;

  // A core's port. Its wait_until() returns at once.
  std::unique_ptr<PacketPort> make_port(const PortLimits& limits);
  // A client's host with the address `ip` (its port is not used).
  std::unique_ptr<SimHost> make_host(const base::SocketAddress& ip);
  // Opens endpoints at any address; port 0 is not allowed.
  EndpointFactory& endpoint_factory();

  // What goes wrong from now on for packets sent by, or sent to, `ip`.
  void set_uplink(const base::SocketAddress& ip, const LinkConditions& conditions);
  void set_downlink(const base::SocketAddress& ip, const LinkConditions& conditions);

  base::Instant now() const TUTTI_REALTIME { return now_; }
  // Moves time, delivering on the way; never backwards.
  void advance_to(base::Instant now) TUTTI_REALTIME;
  // When the next packet moves, if one is on its way.
  std::optional<base::Instant> next_event() const TUTTI_REALTIME;

  const Statistics& statistics() const { return statistics_; }
  std::uint64_t seed() const { return config_.seed; }
  std::uint32_t packets_in_use() const { return packets_.in_use(); }

 private:
  friend class SimHost;
  friend class SimPort;
  class Factory;

  struct AddressHash {
    std::size_t operator()(const base::SocketAddress& address) const noexcept;
  };
  struct Node {
    SimLink uplink;
    SimLink downlink;
  };
  enum class Stage : std::uint8_t { kUplink, kDownlink, kArrival };
  struct Event {
    base::Instant at;
    std::uint64_t order;  // of its making: breaks ties
    SimPackets::Index packet;
    Stage stage;
    bool operator<(const Event& other) const {  // the earliest is the heap's top
      return at != other.at ? at > other.at : order > other.order;
    }
  };

  base::Result<SimSocketNumber, NetError> open_socket(const base::SocketAddress& local);
  void close_socket(SimSocketNumber number);
  SimSocket& socket(SimSocketNumber number) TUTTI_REALTIME {
    return sockets_[static_cast<std::size_t>(number)];
  }

  std::uint32_t node_number(const base::SocketAddress& ip);

  // Sends a packet whose source socket, destination and size are filled in.
  void transmit(SimPackets::Index packet, base::Instant at) TUTTI_REALTIME;
  void schedule(base::Instant at, SimPackets::Index packet, Stage stage) TUTTI_REALTIME;
  void run(const Event& event) TUTTI_REALTIME;
  void pass(SimLink& link, const Event& event, Stage next) TUTTI_REALTIME;
  void arrive(const Event& event) TUTTI_REALTIME;
  // The oldest packet waiting in a socket; kNone when there is none.
  SimPackets::Index pop(SimSocket& socket) TUTTI_REALTIME;

  const Config config_;
  base::Instant now_{};
  SimPackets packets_;
  std::vector<Event> events_;  // a heap; at most one event a packet, so it never grows
  std::uint64_t events_made_ = 0;
  std::vector<SimSocket> sockets_;
  std::vector<SimSocketNumber> free_sockets_;
  std::unordered_map<base::SocketAddress, SimSocketNumber, AddressHash> by_address_;
  std::map<std::array<std::uint8_t, 16>, std::uint32_t> node_numbers_;
  std::vector<Node> nodes_;
  std::unique_ptr<Factory> factory_;
  Statistics statistics_;
};

}  // namespace tutti::net
