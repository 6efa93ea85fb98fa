// PortWorld: one body of PacketPort with clients at its other end; the contract's tests run over each.
#pragma once

#include <memory>
#include <optional>
#include <ostream>
#include <string>
#include <vector>

#include "dataplane/net/endpoint_allocator.h"
#include "dataplane/net/packet_port.h"

namespace tutti::net {

// What the world's clients and the collector of a port give back.
struct TakenPacket {
  EndpointId endpoint{};
  Flow flow = Flow::kRtp;
  base::SocketAddress source;
  std::string payload;
};

class PortWorld {
 public:
  virtual ~PortWorld() = default;

  virtual PacketPort& port() = 0;
  virtual EndpointAllocator& allocator() = 0;

  // A client's socket with a port of its own.
  virtual base::SocketAddress open_client() = 0;
  virtual void close_client(const base::SocketAddress& client) = 0;
  virtual void client_send(const base::SocketAddress& client, const base::SocketAddress& to,
                           std::string_view payload) = 0;
  // A packet that has arrived; waits for it, but not for ever.
  virtual std::optional<TakenPacket> client_receive(const base::SocketAddress& client) = 0;

  // Lets a little time pass (through PacketPort::wait_until).
  virtual void pass_time() = 0;
  // True when a test that waits for something should give up.
  virtual bool gave_up() const = 0;
};

// Makes a world, or says why this machine cannot have it.
struct MadeWorld {
  std::unique_ptr<PortWorld> world;
  std::string reason;
};

// What a test of the contract runs over.
struct World {
  const char* name;
  MadeWorld (*make)(const PortLimits& limits);
  bool lives = true;  // in the random lives as well
};
inline void PrintTo(const World& world, std::ostream* out) {
  *out << world.name;
}
// Those of this program.
std::vector<World> worlds();

// A loopback address that other programs on this machine do not use: their packets would come to our ports.
base::SocketAddress own_loopback_ip();

MadeWorld make_sim_world(const PortLimits& limits);
MadeWorld make_uring_world(const PortLimits& limits);
MadeWorld make_uring_ipv6_world(const PortLimits& limits);
// With a PacketSender, in a network namespace of its own whose loopback takes frames.
MadeWorld make_packet_world(const PortLimits& limits);
MadeWorld make_packet_ipv6_world(const PortLimits& limits);
// With a PacketReceiver, there as well.
MadeWorld make_receiver_world(const PortLimits& limits);
MadeWorld make_receiver_ipv6_world(const PortLimits& limits);

}  // namespace tutti::net
