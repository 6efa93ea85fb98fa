// PacketSocket: what those that go past the kernel's UDP ask of its sockets, in both directions.
//
// Private to this module.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

#include <linux/if_packet.h>
#include <sys/socket.h>

#include "dataplane/base/realtime.h"

namespace tutti::net {

// Source: packet(7). False where the kernel refuses.
template <typename Value>
bool set_packet_option(int socket, int option, const Value& value) {
  return ::setsockopt(socket, SOL_PACKET, option, &value, sizeof(value)) == 0;
}

// Whose a slot of a TPACKET_V2 ring is, the kernel's or ours.
inline std::atomic_ref<std::uint32_t> slot_status(std::byte* slot) TUTTI_REALTIME {
  return std::atomic_ref(reinterpret_cast<tpacket2_hdr*>(slot)->tp_status);
}

// virtio_net_hdr, which Linux's header does not give to C++ (a member is named class).
// Source: Virtual I/O Device (VIRTIO) 1.2, section 5.1.6.
struct OffloadHeader {
  std::uint8_t flags = 0;
  std::uint8_t gso_type = 0;
  std::uint16_t head_bytes = 0;  // copied; the rest would stay in the ring until the frame has been received
  std::uint16_t gso_bytes = 0;   // of each piece's payload
  std::uint16_t checksum_from = 0;
  std::uint16_t checksum_at = 0;
};
static_assert(sizeof(OffloadHeader) == 10);
constexpr std::uint8_t kGsoUdp = 5;  // several packets that have one head: VIRTIO_NET_HDR_GSO_UDP_L4

}  // namespace tutti::net
