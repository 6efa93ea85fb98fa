// FlowState: what a DpdkPort keeps of a flow besides its frame, and what it looks at first instead.
#pragma once

#include <cstdint>

#include "dataplane/base/endpoint_handles.h"
#include "dataplane/base/socket_address.h"
#include "dataplane/net/mac_address.h"

namespace tutti::dpdk {

// What a packet needs only now and then; as a rule it reads the flow's frame to be sent, and what came the
// table of ports.
struct alignas(64) FlowState {
  base::SocketAddress peer;  // valid(): connected
  base::SocketAddress to;    // not valid(): no frame has been made
  net::MacAddress mac{};
  std::int32_t local = base::EndpointHandles::kNone;  // LocalPort
  bool open = false;
  std::uint8_t sends_until_asked = 0;  // of who is not connected
  bool hop_known = false;
  bool via_gateway = false;
};
static_assert(sizeof(FlowState) == 64);

// Dense, so that all are in the cache.
struct FlowSends {
  std::uint8_t left = 0;        // so many go to the peer by its frame as it is; 0: prepare() must look
  std::uint8_t head_bytes = 0;  // of the frame
};

// Whose a port is, and who may send to it.
struct alignas(16) PortEntry {
  std::uint32_t place_after = 0;  // the place + 1; 0: not ours
  std::uint32_t peer_ip = 0;      // as it lies in a frame
  std::uint16_t peer_port = 0;
  bool from_peer_only = false;  // the peer is these two; else the flow's state tells
};
static_assert(sizeof(PortEntry) == 16);

}  // namespace tutti::dpdk
