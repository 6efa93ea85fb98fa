// SimPort: a core's port into the simulated network.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "dataplane/net/packet_port.h"
#include "dataplane/net/sim_network.h"
#include "dataplane/net/sim_packet.h"

namespace tutti::net {

// As strict as the contract allows, so that a core that leans on more than it promises is found out: what
// was sent waits for flush() or for the last transmit buffer, and a detach takes until the next receive().
// Thread: the simulation's.
class SimPort final : public PacketPort {
 public:
  SimPort(SimNetwork& network, const PortLimits& limits);
  ~SimPort() override;

  bool attach(EndpointId id, const base::EndpointHandles& handles) TUTTI_REALTIME override;
  void detach(EndpointId id) TUTTI_REALTIME override;
  std::optional<EndpointId> next_detached() TUTTI_REALTIME override;
  void connect(EndpointId id, Flow flow, const base::SocketAddress& remote) TUTTI_REALTIME override;
  void disconnect(EndpointId id, Flow flow) TUTTI_REALTIME override;
  std::span<const ReceivedPacket> receive() TUTTI_REALTIME override;
  std::span<std::byte> reserve() TUTTI_REALTIME override;
  void send(EndpointId id, Flow flow, const base::SocketAddress& to,
            std::size_t bytes) TUTTI_REALTIME override;
  using PacketPort::send;
  bool send(EndpointId id, Flow flow, const base::SocketAddress& to, std::span<const std::byte> head,
            std::span<const std::byte> payload) TUTTI_REALTIME override;
  [[nodiscard]] std::size_t reserve_payloads(std::span<std::uint8_t*> places) TUTTI_REALTIME override;
  void send_reserved(std::span<const PacketHead> heads, std::size_t payload_bytes) TUTTI_REALTIME override;
  void flush() TUTTI_REALTIME override;
  void wait_until(base::Instant deadline) override;
  const Counters& counters() const TUTTI_REALTIME override { return counters_; }

  // For the network: a packet has come into one of its sockets, or was kept out of it.
  void make_ready(SimSocketNumber number) TUTTI_REALTIME;
  void count(base::DropReason reason) TUTTI_REALTIME { counters_.drops.add(reason); }

 private:
  enum class State : std::uint8_t { kFree, kAttached, kDetaching };
  struct Endpoint {
    State state = State::kFree;
    std::array<SimSocketNumber, 2> sockets{kNoSimSocket, kNoSimSocket};  // by Flow
  };

  Endpoint& endpoint(EndpointId id) TUTTI_REALTIME;
  SimSocketNumber number_of(EndpointId id, Flow flow) TUTTI_REALTIME;
  void attach_socket(SimSocketNumber number, EndpointId id, Flow flow) TUTTI_REALTIME;
  void detach_socket(SimSocketNumber number) TUTTI_REALTIME;
  void release_batch() TUTTI_REALTIME;
  void take_from(SimSocket& socket) TUTTI_REALTIME;

  SimNetwork& network_;
  const PortLimits limits_;
  Counters counters_;
  std::vector<Endpoint> endpoints_;
  std::vector<EndpointId> detaching_;  // both never grow beyond their first capacity
  std::vector<EndpointId> detached_;

  // Sockets in which packets wait, in a list through SimSocket::next_ready.
  SimSocketNumber first_ready_ = kNoSimSocket;
  SimSocketNumber last_ready_ = kNoSimSocket;

  std::array<ReceivedPacket, kReceiveBatch> batch_;
  std::array<SimPackets::Index, kReceiveBatch> batch_packets_;
  std::size_t batch_size_ = 0;
  const std::size_t batch_max_;

  SimPackets::Index reserved_ = SimPackets::kNone;
  static constexpr std::size_t kTogether = 8;
  std::array<SimPackets::Index, kTogether> reserved_payloads_;
  std::size_t reserved_payloads_count_ = 0;  // between reserve_payloads() and send_reserved()
  std::vector<SimPackets::Index> unflushed_;
};

}  // namespace tutti::net
