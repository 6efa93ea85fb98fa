// EndpointHandles: what was opened outside and is handed to a core: descriptors of sockets, be
// they the kernel's or the simulated network's.
#pragma once

#include <cstdint>

namespace tutti::base {

struct EndpointHandles {
  static constexpr std::int32_t kNone = -1;
  std::int32_t rtp = kNone;
  std::int32_t rtcp = kNone;  // kNone when RTCP shares the RTP port (RFC 5761)
  bool operator==(const EndpointHandles&) const = default;
};

}  // namespace tutti::base
