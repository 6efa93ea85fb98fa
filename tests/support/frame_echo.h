// FrameEcho: what any program costs that receives frames and sends them back: from and to change places,
// nothing else is looked at. The yardstick of a core's packets.
#pragma once

#include <cstddef>
#include <cstdint>

namespace tutti::dpdk {

class Device;

// Thread: one.
class FrameEcho {
 public:
  // Of the device's first queue, which is nobody else's. All frames are IPv4 and UDP, in one piece.
  explicit FrameEcho(const Device& device);

  // A burst; how many came.
  std::size_t run_once();
  std::uint64_t sent() const { return sent_; }
  // There was no room for them.
  std::uint64_t lost() const { return lost_; }

 private:
  const std::uint16_t device_;
  std::uint64_t sent_ = 0;
  std::uint64_t lost_ = 0;
};

}  // namespace tutti::dpdk
