// EndpointLines: where a port's state of an endpoint lies that a packet of its RTP flow touches: who knows
// whose packet is next may fetch it.
#pragma once

#include <cstddef>

#include "dataplane/base/prefetch.h"
#include "dataplane/base/realtime.h"
#include "dataplane/net/endpoint_id.h"

namespace tutti::net {

struct EndpointLines {
  // Endpoint 0's, in two places, and how far apart those of two are; none where there is nothing to be
  // fetched, the same twice where there is one.
  const void* first = nullptr;
  std::size_t first_stride = 0;
  const void* second = nullptr;
  std::size_t second_stride = 0;

  bool any() const TUTTI_REALTIME { return first != nullptr; }
  // Of one; of no use where there are none, and no harm.
  void prefetch(EndpointId id) const TUTTI_REALTIME {
    const auto i = static_cast<std::size_t>(id);
    base::prefetch(static_cast<const std::byte*>(first) + i * first_stride);
    base::prefetch(static_cast<const std::byte*>(second) + i * second_stride);
  }
};

}  // namespace tutti::net
