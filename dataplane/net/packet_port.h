// PacketPort: batches of UDP payloads in and out for one core. io_uring, DPDK and the simulated network
// are bodies of this one interface; nothing above it knows which.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "dataplane/base/clock.h"
#include "dataplane/base/counters.h"
#include "dataplane/base/drop_reason.h"
#include "dataplane/base/endpoint_handles.h"
#include "dataplane/base/realtime.h"
#include "dataplane/base/socket_address.h"
#include "dataplane/net/endpoint_id.h"
#include "dataplane/net/endpoint_lines.h"

namespace tutti::net {

// The RTP port, or its RTCP companion. Under rtcp-mux both kinds of packet come on kRtp.
enum class Flow : std::uint8_t { kRtp, kRtcp };

// The largest payload sent or received: Ethernet's 1 500 less the IPv6 and UDP headers.
inline constexpr std::size_t kPayloadBytesMax = 1'452;

struct ReceivedPacket {
  EndpointId endpoint{};
  Flow flow = Flow::kRtp;
  base::SocketAddress source;          // not valid() once connected: the body has let only the peer through
  base::Instant arrival;               // when the body took it from the network: at its tick, or sooner
  std::span<const std::byte> payload;  // never empty: an empty datagram is dropped as kTruncated
};

// One of several RTP packets that leave together: its header, and whose it is.
// Without initial values: they come by the dozen, and each is written before it is read.
struct PacketHead {
  EndpointId endpoint;
  std::array<std::byte, 12> bytes;
  const base::SocketAddress* to;
};

// What a body allocates when it is made; it never does again.
struct PortLimits {
  std::uint32_t endpoints = 1'024;         // EndpointId 0 .. endpoints - 1
  std::uint32_t receive_buffers = 4'096;   // packets that may wait between two turns, over all endpoints; not
                                           // those that are looked for in their turn
  std::uint32_t transmit_buffers = 1'024;  // packets that may wait for flush()
};

// Thread: all of it belongs to the core's thread, but the constructor and the counters.
class PacketPort {
 public:
  virtual ~PacketPort() = default;

  // Begins to receive on an endpoint that was opened outside. False when the body has no room for it.
  virtual bool attach(EndpointId id, const base::EndpointHandles& handles) TUTTI_REALTIME = 0;
  // Ends it: no packet of it is received or sent any more. What was sent before still leaves.
  virtual void detach(EndpointId id) TUTTI_REALTIME = 0;
  // An endpoint whose detach is complete, once each: its id may be used again and its handles be closed.
  // Only receive() brings a detach further.
  virtual std::optional<EndpointId> next_detached() TUTTI_REALTIME = 0;

  // Receives from `remote` only, and makes it what send() uses; strangers are dropped below. What comes
  // from a new peer before the next receive() may be lost; no packet of an old one is taken for its.
  virtual void connect(EndpointId id, Flow flow, const base::SocketAddress& remote) TUTTI_REALTIME = 0;
  // Receives from anyone again, with the next receive().
  virtual void disconnect(EndpointId id, Flow flow) TUTTI_REALTIME = 0;

  // Something will be sent to `remote` before long: a body that has to ask for its MAC address first begins
  // now.
  virtual void expect(EndpointId, Flow, const base::SocketAddress& /*remote*/) TUTTI_REALTIME {}

  // The next receive()s are to bring the endpoint's packets: a core takes them with its own tick, so a body
  // that has to ask the network for each (io_uring) asks then alone; one that is told of them ignores this.
  // `thorough`: all that wait, as after a delay of a tick; else a second one may be left for the next time.
  // Until it is called first, each receive() looks for everyone's.
  virtual void look(EndpointId, bool /*thorough*/) TUTTI_REALTIME {}
  // Whether look() does anything: asked once, when a core is made, so that it need not be called for
  // everyone.
  virtual bool looks() const { return false; }
  // What it touches, and the receive() behind it. The same for as long as the port lives.
  virtual EndpointLines look_lines() const { return {}; }

  // What has arrived, at most kReceiveBatch packets; empty when there is no more for now.
  // Owns: the payloads are the port's, valid until the next receive() or wait_until().
  static constexpr std::size_t kReceiveBatch = 256;
  virtual std::span<const ReceivedPacket> receive() TUTTI_REALTIME = 0;

  // When the RTP packet that was taken last, at `taken`, had come to this machine; none where nobody knows.
  // May cost a system call: to be asked now and then.
  virtual std::optional<base::Instant> arrival(EndpointId, base::Instant taken) TUTTI_REALTIME {
    return taken;
  }

  // A transmit buffer of kPayloadBytesMax bytes to write a payload into, empty when all are on their way.
  // The same one again if it was not sent.
  virtual std::span<std::byte> reserve() TUTTI_REALTIME = 0;
  // Sends the first `bytes` of the buffer reserved last; `to` is used where the flow is not connected.
  virtual void send(EndpointId id, Flow flow, const base::SocketAddress& to,
                    std::size_t bytes) TUTTI_REALTIME = 0;
  // The same of a packet in two pieces, copied before it returns: a header of its own, and a payload that may
  // be many's. False, and nothing done, where no buffer is free. Ends what was reserved: it is to be reserved
  // anew. Shapes: kPayloadBytesMax at most together, one of them may be empty.
  [[nodiscard]] virtual bool send(EndpointId id, Flow flow, const base::SocketAddress& to,
                                  std::span<const std::byte> head,
                                  std::span<const std::byte> payload) TUTTI_REALTIME = 0;
  // The same of several on their RTP flows, all with one payload. Returns how many: the first ones; for those
  // behind no buffer is free. A body that gains nothing by knowing them all leaves this as it is.
  [[nodiscard]] virtual std::size_t send(std::span<const PacketHead> heads,
                                         std::span<const std::byte> payload) TUTTI_REALTIME;
  // Room for the payloads of several RTP packets, each behind its head's: writes where they begin, returns
  // how many, not always all; none where no buffer is free. send_reserved() follows.
  [[nodiscard]] virtual std::size_t reserve_payloads(std::span<std::uint8_t*> places) TUTTI_REALTIME;
  // Sends them on their RTP flows. Shapes: as many heads as places; payloads of so many bytes each.
  virtual void send_reserved(std::span<const PacketHead> heads, std::size_t payload_bytes) TUTTI_REALTIME;
  // What these touch. The same for as long as the port lives.
  virtual EndpointLines send_lines() const { return {}; }
  // Lets everything sent leave; without it a body may wait to fill a batch.
  virtual void flush() TUTTI_REALTIME = 0;

  // Sleeps until `deadline`, or less where packets must be taken earlier. Between turns, never within, and
  // before the first. It does not spin: CPU time used in it is taken for the core's work
  // (CoreOptions::work_clock).
  virtual void wait_until(base::Instant deadline) = 0;

  // Thread: any may read.
  struct Counters {
    base::Counter packets_received;
    base::Counter bytes_received;
    base::Counter packets_sent;  // handed to the network; those it refused are also drops, kSendFailed
    base::Counter bytes_sent;
    base::Counter peers_gone;  // ICMP: nobody listens where we send to
    base::DropCounters drops;
  };
  virtual const Counters& counters() const TUTTI_REALTIME = 0;
};

}  // namespace tutti::net
