// Wire: how the packets of all callers leave and come in: through a socket each, or past them.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "dataplane/base/clock.h"
#include "dataplane/base/result.h"
#include "dataplane/base/socket_address.h"

namespace tutti::load {

// A packet that came for a caller.
struct Arrived {
  std::size_t caller = 0;
  std::span<const std::byte> bytes;
  base::Instant at;       // when the kernel took it
  bool stranger = false;  // from another address than the one that was set
};

class ArrivedSink {
 public:
  virtual void take(const Arrived& packet) = 0;

 protected:
  ~ArrivedSink() = default;
};

// Each caller has a UDP port of its own, whichever body this is.
// Thread: one, but for address() and set_remote(), which any other may call. Nothing allocates once it was
// made.
class Wire {
 public:
  virtual ~Wire() = default;
  virtual const char* name() const = 0;  // "sockets", "packet-frames" or "packet-raw"
  virtual base::SocketAddress address(std::size_t caller) const = 0;
  // Where a caller's packets go to, and the only address that is no stranger. Once for each; what comes
  // before is let fall, or waits.
  virtual void set_remote(std::size_t caller, const base::SocketAddress& remote) = 0;
  // May hold the packet back until flush(). Shapes: kPacketBytesMax bytes at most.
  virtual void send(std::size_t caller, std::span<const std::byte> packet) = 0;
  virtual void flush() = 0;
  // Hands out what came for the callers first, first + step and so on; a body that reads for all of them at
  // once does that instead.
  virtual void receive(std::size_t first, std::size_t step, ArrivedSink& sink) = 0;
  virtual std::uint64_t send_errors() const = 0;  // packets that the kernel refused
  // Packets that came and found no room: what is missing from the counts by this program's fault.
  virtual std::uint64_t overruns() { return 0; }

  static constexpr std::size_t kPacketBytesMax = 512;  // what is longer is no G.711; its rest is cut off
};

// One socket a caller, at ports of `local_ip` that the kernel chooses. Errors: one sentence.
base::Result<std::unique_ptr<Wire>, std::string> open_socket_wire(std::size_t callers,
                                                                  const base::SocketAddress& local_ip);

// For a server on this host: all leave through one LoopbackSender and come in through one ArrivalRing, at an
// address of 127.0.0.0/8 that is this process's alone. The callers' sockets hold their ports, and let what
// comes fall. Needs CAP_NET_RAW. Errors: one sentence.
base::Result<std::unique_ptr<Wire>, std::string> open_packet_wire(std::size_t callers);

}  // namespace tutti::load
