// The Internet checksum: the one's complement sum of IPv4, UDP and ICMP.
//
// Sums are of words in the machine's order, which makes no difference but that a sum is written as it is.
// Source: RFC 1071, sections 1 and 2.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "dataplane/base/realtime.h"

namespace tutti::net {

// Of all bytes, carries kept above; an odd last byte counts as if zero stood behind it. Sums may be added
// where what they are of is of even length. The fields of a packet that hold a checksum are part of it.
std::uint64_t internet_sum(std::span<const std::byte> bytes) TUTTI_REALTIME;

// The sum with its carries brought round: 16 bits. Six times a packet and its answer: too short to be called.
[[gnu::always_inline]] inline std::uint16_t fold(std::uint64_t sum) TUTTI_REALTIME {
  sum = (sum >> 32U) + (sum & 0xFFFF'FFFFU);
  sum = (sum >> 32U) + (sum & 0xFFFF'FFFFU);
  sum = (sum >> 16U) + (sum & 0xFFFFU);
  sum = (sum >> 16U) + (sum & 0xFFFFU);
  return static_cast<std::uint16_t>(sum);
}

// Whether bytes that hold their own checksum have it right.
inline bool comes_out(std::uint64_t sum) TUTTI_REALTIME {
  return fold(sum) == 0xFFFF;
}

// What is written where a checksum's place held zero, in the machine's order.
inline std::uint16_t checksum(std::uint64_t sum) TUTTI_REALTIME {
  return static_cast<std::uint16_t>(~fold(sum));
}

// Finishes a UDP checksum that was begun with the pseudo-header's sum (UdpFrame), over header and payload:
// what a card would do. Source: RFC 768; a sum of zero is sent as 0xFFFF.
void finish_udp_checksum(std::span<std::byte> udp) TUTTI_REALTIME;

}  // namespace tutti::net
