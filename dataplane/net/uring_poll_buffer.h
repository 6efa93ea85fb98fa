// UringPollBuffer: where a socket that is read in its turn puts its packet.
#pragma once

#include <array>
#include <cstddef>

#include "dataplane/net/packet_port.h"

namespace tutti::net {

// Longer than the largest payload, so that a longer packet shows itself by its length.
struct alignas(64) UringPollBuffer {
  std::array<std::byte, 1'536> bytes;
};
static_assert(sizeof(UringPollBuffer) > kPayloadBytesMax);

}  // namespace tutti::net
