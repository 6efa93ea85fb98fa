// SendLines: where the state lies that a packet sent on an endpoint's RTP flow touches: who knows what it
// sends next may fetch it.
#pragma once

#include <cstddef>

#include "dataplane/base/prefetch.h"
#include "dataplane/base/realtime.h"
#include "dataplane/net/endpoint_id.h"

namespace tutti::net {

struct SendLines {
  // Endpoint 0's, in two places, and how far apart those of two are; none where there is nothing to be
  // fetched.
  const void* first = nullptr;
  std::size_t first_stride = 0;
  const void* second = nullptr;
  std::size_t second_stride = 0;

  void prefetch(EndpointId id) const TUTTI_REALTIME {
    if (first == nullptr) return;
    const auto i = static_cast<std::size_t>(id);
    base::prefetch(static_cast<const std::byte*>(first) + i * first_stride);
    base::prefetch(static_cast<const std::byte*>(second) + i * second_stride);
  }
};

}  // namespace tutti::net
