// ArpPacket: who has an IPv4 address on this Ethernet. Source: RFC 826; RFC 5227 for probes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "dataplane/base/drop_reason.h"
#include "dataplane/base/realtime.h"
#include "dataplane/base/result.h"
#include "dataplane/base/socket_address.h"
#include "dataplane/net/mac_address.h"

namespace tutti::net {

struct ArpPacket {
  static constexpr std::size_t kBytes = 28;
  enum class Kind : std::uint16_t { kRequest = 1, kReply = 2 };

  Kind kind = Kind::kRequest;
  MacAddress sender_mac{};
  base::SocketAddress sender_ip;  // 0.0.0.0 of a request: a probe of who looks for an address to take
  MacAddress target_mac{};        // of a request it says nothing
  base::SocketAddress target_ip;
};

// Errors: kTruncated, kOtherProtocol (not of IPv4 on Ethernet), kMalformed (another operation, a sender that
// no station or host is).
base::Result<ArpPacket, base::DropReason> parse_arp_packet(std::span<const std::byte> payload) TUTTI_REALTIME;

// Returns kBytes. Shapes: `out` has kBytes.
std::size_t write_arp_packet(const ArpPacket& packet, std::byte* out) TUTTI_REALTIME;

}  // namespace tutti::net
