// LoopbackSender: UDP packets from any port of one loopback address without a socket for each: as frames put
// into the loopback interface, or through one raw socket.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "dataplane/base/result.h"
#include "dataplane/base/socket_address.h"

namespace tutti::load {

// Thread: one. Nothing allocates once it was made.
class LoopbackSender {
 public:
  virtual ~LoopbackSender() = default;
  virtual const char* name() const = 0;
  // Leaves with flush(), or when kBatch wait. Shapes: kBytesMax at most. Both addresses are IPv4.
  virtual void send(const base::SocketAddress& from, const base::SocketAddress& to,
                    std::span<const std::byte> packet) = 0;
  virtual void flush() = 0;
  std::uint64_t refused() const { return refused_; }

  static constexpr std::size_t kBytesMax = 512;
  // What a packet waits for the others of its batch is some 50 us, and counts as delay.
  static constexpr std::size_t kBatch = 32;

 protected:
  std::uint64_t refused_ = 0;
};

// Half the price of the other, and only where this network's loopback takes frames: with the sysctls
// net.ipv4.conf.lo.accept_local and route_localnet, which is tried out with a packet to `socket`, a UDP
// socket at `its_address`. Errors: one sentence; CAP_NET_RAW is needed.
base::Result<std::unique_ptr<LoopbackSender>, std::string> open_frame_sender(
    int socket, const base::SocketAddress& its_address);

// From ports of `local_ip`. Errors: one sentence; CAP_NET_RAW is needed.
base::Result<std::unique_ptr<LoopbackSender>, std::string> open_raw_sender(
    const base::SocketAddress& local_ip);

}  // namespace tutti::load
