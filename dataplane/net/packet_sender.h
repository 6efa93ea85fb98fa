// PacketSender: sends the packets of connected UDP flows as frames through a PacketRing, where the next hop
// is known; for who has sockets to fall back on.
//
// What goes this way passes no netfilter, no IPsec, no queueing discipline and no capture on the socket's
// side; docs/decisions/0010-kernel-path.md has the limits.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "dataplane/base/drop_reason.h"
#include "dataplane/base/realtime.h"
#include "dataplane/base/result.h"
#include "dataplane/base/socket_address.h"
#include "dataplane/net/endpoint_factory.h"
#include "dataplane/net/kernel_neighbours.h"
#include "dataplane/net/next_hops.h"
#include "dataplane/net/packet_ring.h"
#include "dataplane/net/udp_frame.h"

namespace tutti::net {

class PacketSender {
 public:
  // Out of the interface that `local_ip` belongs to, for flows 0 .. flows - 1.
  // Errors: those of PacketRing; kAddressNotAvailable (no Ethernet or loopback interface has it);
  // kFramesRefused, tried out where the interface is loopback. Thread: not the core's, as of the destructor.
  static base::Result<std::unique_ptr<PacketSender>, NetError> make(const base::SocketAddress& local_ip,
                                                                    std::uint32_t flows,
                                                                    std::uint32_t frames);

  // Thread of these: the core's.
  // From now on the flow, the bound socket's, has this peer.
  void connect(std::uint32_t flow, int socket, const base::SocketAddress& peer) TUTTI_REALTIME;
  void disconnect(std::uint32_t flow) TUTTI_REALTIME { hops_.clear(flow); }
  enum class Way : std::uint8_t {
    kFrame,      // it is on its way
    kSocket,     // send it through the socket: the next hop is not known, or the ring is full
    kSocketNow,  // the same, at once, so that nothing is overtaken: the last one before frames, and one in
                 // 200, so that the kernel keeps asking for its neighbour
  };
  // Shapes: as PacketPort::send of two pieces.
  Way send(std::uint32_t flow, std::span<const std::byte> head,
           std::span<const std::byte> payload) TUTTI_REALTIME;
  void flush() TUTTI_REALTIME { ring_->flush(); }
  // Frames that could not leave are drops of kSendFailed. Between turns.
  void count_given_up(base::DropCounters& drops) TUTTI_REALTIME {
    drops.add(base::DropReason::kSendFailed, ring_->given_up());
  }

 private:
  static constexpr std::uint8_t kThroughSocket = 200;  // each 4 s at 20 ms

  struct FlowFrame {
    UdpFrame frame;
    MacAddress to{};
    bool made = false;
    std::uint8_t sent = 0;  // since the last one through the socket
    base::SocketAddress local;
    base::SocketAddress peer;
  };
  static_assert(sizeof(FlowFrame) == 112);  // docs/BUDGETS.md

  PacketSender(std::unique_ptr<PacketRing> ring, const LocalInterface& interface, std::uint32_t flows);
  static base::Result<void, NetError> try_out(PacketRing& ring, const base::SocketAddress& local_ip);

  const LocalInterface interface_;
  const std::unique_ptr<PacketRing> ring_;
  std::vector<FlowFrame> frames_;
  NextHops hops_;
  const NextHopThread answers_;
};

}  // namespace tutti::net
