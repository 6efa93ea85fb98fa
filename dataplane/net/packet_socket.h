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

}  // namespace tutti::net
