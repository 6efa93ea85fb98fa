// UringFlow: one socket of an endpoint, and how far the kernel's view of it follows what the core wants.
#pragma once

#include <cstdint>

#include "dataplane/base/realtime.h"
#include "dataplane/base/socket_address.h"

namespace tutti::net {

// Everything that takes the kernel's time to change goes one way: the core's wish is noted, the receive
// request that no longer fits is cancelled, and when it has ended the next one is made to fit. So while a
// request runs, what it means does not change, and each packet's source is known:
// kMessage says it, under kPlain it is `connected_to`.
//
// Nothing but zeros is a closed flow, so a port's flows are pages that nobody touched until they are opened.
struct alignas(64) UringFlow {
  enum class Receive : std::uint8_t {
    kNone,     // no request: ended, or not yet begun
    kMessage,  // multishot recvmsg: gives the source
    kPlain,  // multishot recv: some 70 ns cheaper a packet, only when nobody but the peer can be in the queue
    kPolled,  // no request stands: the socket is read once a tick; some 700 ns cheaper, on the same condition
  };

  base::SocketAddress peer;          // the core's wish; not valid(): anyone
  base::SocketAddress connected_to;  // what connect(2) was told last
  int fd = 0;                        // of an open one
  std::uint32_t generation =
      0;  // counts receive requests: a completion of an older one is never the next one's
  Receive armed = Receive::kNone;
  bool opened = false;
  bool cancelling = false;
  bool enlisted = false;  // stands in the port's list of flows to look after
  bool leaving = false;   // detached
  bool connect_failed =
      false;                // the kernel will not connect to this peer: strangers are kept out here instead
  bool asked = false;       // the core has asked to look for its packets
  std::uint8_t polls = 0;   // of turns, counted round; in each 16th it looks for a second packet
  bool twice = false;       // it does so in the next one
  bool framed = false;      // a PacketReceiver brings all but the largest of its packets
  std::uint16_t taken = 0;  // packets, by this turn's poll

  bool open() const TUTTI_REALTIME { return opened; }
  bool connect_due() const TUTTI_REALTIME { return peer != connected_to && !connect_failed; }
  // Whether send() needs no address.
  bool connected() const TUTTI_REALTIME { return peer.valid() && peer == connected_to; }
  // Whether the request that runs must end so that another can take its place.
  bool receive_is_wrong() const TUTTI_REALTIME {
    return leaving || connect_due() || (connected() && armed == Receive::kMessage);
  }
};
static_assert(sizeof(UringFlow) == 64);  // a line for each packet; docs/BUDGETS.md

}  // namespace tutti::net
