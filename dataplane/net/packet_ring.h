// PacketRing: frames out of one network interface, past the kernel's UDP, IP and queueing: an AF_PACKET ring
// with PACKET_QDISC_BYPASS.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>

#include "dataplane/base/realtime.h"
#include "dataplane/base/result.h"
#include "dataplane/net/endpoint_factory.h"

namespace tutti::net {

// Source: packet(7); the kernel's Documentation/networking/packet_mmap.rst.
// Thread: made by anyone, then one thread's.
class PacketRing {
 public:
  // Errors: kNotPermitted (CAP_NET_RAW), kNotSupported, kOther.
  static base::Result<std::unique_ptr<PacketRing>, NetError> make(int interface, std::uint32_t frames);
  ~PacketRing();
  PacketRing(const PacketRing&) = delete;
  PacketRing& operator=(const PacketRing&) = delete;

  static constexpr std::size_t kFrameBytes = 1'900;

  // Where the next frame is written, kFrameBytes from its Ethernet header on; none while the kernel has all.
  std::byte* frame() TUTTI_REALTIME;
  // The frame is written; the kernel sums from `checksum_from` to its end into the place 6 bytes later.
  void commit(std::size_t bytes, std::size_t checksum_from) TUTTI_REALTIME;
  // Lets what was committed leave. Where the interface is down it is given up: it would be late when it is
  // up.
  void flush() TUTTI_REALTIME;
  // Frames that were given up, since the last question.
  std::uint64_t given_up() TUTTI_REALTIME { return std::exchange(given_up_, 0); }

 private:
  explicit PacketRing(std::uint32_t frames) : frames_(frames) {}
  std::byte* slot() const TUTTI_REALTIME;
  void take_back() TUTTI_REALTIME;

  const std::uint32_t frames_;
  int socket_ = -1;
  std::byte* memory_ = nullptr;
  std::uint32_t next_ = 0;
  std::uint64_t given_up_ = 0;
  bool committed_ = false;  // since the last flush()
};

}  // namespace tutti::net
