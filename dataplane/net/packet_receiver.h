// PacketReceiver: takes the packets of RTP ports out of a ReceiveRing, before the kernel's UDP; their
// sockets hold the ports, and bring what is too large for the ring or came another way.
//
// What comes this way passes no netfilter and no check of the source's route;
// docs/decisions/0026-receiving-past-udp.md has the limits.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "dataplane/base/clock.h"
#include "dataplane/base/drop_reason.h"
#include "dataplane/base/realtime.h"
#include "dataplane/base/result.h"
#include "dataplane/net/packet_port.h"
#include "dataplane/net/receive_filter.h"
#include "dataplane/net/receive_ring.h"

namespace tutti::net {

class PacketReceiver {
 public:
  // From the interface that the lane's address belongs to, for `endpoints`.
  // Errors: those of ReceiveRing; kAddressNotAvailable (no Ethernet or loopback interface has it).
  // Thread: not the core's, as of the destructor.
  static base::Result<std::unique_ptr<PacketReceiver>, NetError> make(const PortLane& lane,
                                                                      std::uint32_t endpoints);

  int interface() const { return interface_; }

  // Thread of these: the core's.
  // Whether the packets of a bound RTP socket come here: its port is of the lane, and it has a filter. Where
  // not it has none any more: who has moved here from another core is served by his socket.
  bool add(EndpointId id, int socket) TUTTI_REALTIME;
  void remove(EndpointId id) TUTTI_REALTIME;

  struct Packet {
    EndpointId endpoint{};
    base::SocketAddress source;
    base::Instant arrival;  // when the kernel saw it
    std::span<const std::byte> payload;
  };
  // The next of an added endpoint, valid until release(). What is no packet is counted; what is for nobody is
  // not, as where no socket is open: it may be another core's by now. Small packets that the kernel had put
  // together (GRO, or a sender's GSO) come as they were sent; those of more than a slot are drops of
  // kOversize.
  std::optional<Packet> next(base::DropCounters& drops) TUTTI_REALTIME;
  void release() TUTTI_REALTIME;
  // Those that found no room are drops of kOverrun. Between turns.
  void count_overruns(base::DropCounters& drops) TUTTI_REALTIME {
    drops.add(base::DropReason::kOverrun, ring_->overruns());
  }

 private:
  PacketReceiver(const PortLane& lane, int interface, std::unique_ptr<ReceiveRing> ring,
                 std::uint32_t endpoints);

  std::optional<Packet> next_segment() TUTTI_REALTIME;

  static constexpr std::uint32_t kNobody = 0;
  // From how long ago a stamp is believed: the clock that made it may have been set meanwhile.
  static constexpr base::Duration kOldest = std::chrono::milliseconds(500);

  const PortLane lane_;
  const int interface_;
  const std::unique_ptr<ReceiveRing> ring_;
  std::vector<std::uint32_t> endpoints_;  // by place in the lane: one more than the endpoint's id
  std::vector<std::uint32_t> places_;     // by endpoint
  Packet rest_;  // of what was put together, which may be more than a batch has room for
  std::size_t segment_bytes_ = 0;
  // Of this batch.
  base::Instant now_;
  base::Duration realtime_{};  // CLOCK_REALTIME at now_
  bool begun_ = false;
};

}  // namespace tutti::net
