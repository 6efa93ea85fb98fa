// ArrivalRing: every UDP packet to one loopback address, in memory shared with the kernel: an AF_PACKET ring
// (TPACKET_V3), read without a system call.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>

#include "dataplane/base/clock.h"
#include "dataplane/base/result.h"
#include "dataplane/base/socket_address.h"

namespace tutti::load {

// Thread: one.
class ArrivalRing {
 public:
  struct Packet {
    std::span<const std::byte> ip;  // from its IPv4 header, which has no options; cut off at kKept
    base::Duration stamped{};       // CLOCK_REALTIME: when the kernel saw it
  };
  static constexpr std::size_t kKept = 20 + 8 + 512;  // IP, UDP, and the most that anybody looks at

  // Room for `packets` before it overruns. Errors: one sentence; CAP_NET_RAW is needed.
  static base::Result<std::unique_ptr<ArrivalRing>, std::string> open(const base::SocketAddress& address,
                                                                      std::size_t packets);
  ~ArrivalRing();
  ArrivalRing(const ArrivalRing&) = delete;
  ArrivalRing& operator=(const ArrivalRing&) = delete;

  // Calls `take(Packet)` for each packet of the blocks that the kernel has closed: a full one at once,
  // another kBlockMs after its first packet.
  template <typename Take>
  void drain(Take&& take) {
    while (begin_block()) {
      Packet packet;
      while (next(packet)) take(packet);
      end_block();
    }
  }
  // Packets that found no room, since the last question.
  std::uint64_t overruns();

  static constexpr unsigned kBlockMs = 2;

 private:
  ArrivalRing() = default;
  bool begin_block();
  bool next(Packet& packet);
  void end_block();

  int socket_ = -1;
  std::byte* memory_ = nullptr;
  std::size_t blocks_ = 0;
  std::size_t block_ = 0;  // the one to be read
  const std::byte* packet_ = nullptr;
  std::size_t left_ = 0;  // packets of the block
};

}  // namespace tutti::load
