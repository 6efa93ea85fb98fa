// ReceiveRing: IP packets out of one network interface in memory that the kernel shares, before its own IP
// and UDP: an AF_PACKET ring.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include <linux/filter.h>

#include "dataplane/base/clock.h"
#include "dataplane/base/realtime.h"
#include "dataplane/base/result.h"
#include "dataplane/net/endpoint_factory.h"
#include "dataplane/net/udp_packet.h"

namespace tutti::net {

// Source: packet(7); the kernel's Documentation/networking/packet_mmap.rst (TPACKET_V2: a packet is seen when
// it is written, not when a block of them is full).
// Thread: made by anyone, then one thread's.
class ReceiveRing {
 public:
  static constexpr std::size_t kPacketBytes = 422;

  // A slot holds kPacketBytes, no more. Errors: kNotPermitted (CAP_NET_RAW), kNotSupported, kOther.
  static base::Result<std::unique_ptr<ReceiveRing>, NetError> make(int interface,
                                                                   std::vector<sock_filter> filter,
                                                                   std::uint32_t slots);
  ~ReceiveRing();
  ReceiveRing(const ReceiveRing&) = delete;
  ReceiveRing& operator=(const ReceiveRing&) = delete;

  struct Packet {
    std::span<const std::byte> ip;  // of a larger packet the beginning
    std::size_t bytes = 0;          // from IP on, as it came
    std::size_t segment_bytes =
        0;  // of UDP payload in each of the packets that it was put together from; 0: of none
    base::Duration stamped{};  // CLOCK_REALTIME: when the kernel saw it
    Checksums checksums = Checksums::kUnknown;
  };
  // Valid until it is released.
  std::optional<Packet> next() TUTTI_REALTIME;
  // The kernel may write again where the packets were that next() gave, but for the last `kept`.
  void release(std::uint32_t kept) TUTTI_REALTIME;
  // Packets that found no room, since the last question. A system call, when there were any.
  std::uint64_t overruns() TUTTI_REALTIME;

 private:
  explicit ReceiveRing(std::uint32_t slots) : slots_(slots) {}
  std::byte* slot(std::uint32_t index) const TUTTI_REALTIME;

  const std::uint32_t slots_;  // a power of two
  int socket_ = -1;
  std::byte* memory_ = nullptr;
  std::uint32_t next_ = 0;  // both count on; their difference is what the reader has
  std::uint32_t released_ = 0;
  bool losing_ = false;
};

}  // namespace tutti::net
