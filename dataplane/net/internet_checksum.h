// The Internet checksum: the one's complement sum of IPv4, UDP and ICMP.
//
// Sums are of words in the machine's order, which makes no difference but that a sum is written as it is.
// Source: RFC 1071, sections 1 and 2.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "dataplane/base/realtime.h"

namespace tutti::net {

// Of all bytes, carries kept above; an odd last byte counts as if zero stood behind it. Sums may be added
// where what they are of is of even length. The fields of a packet that hold a checksum are part of it.
// Shapes: 65 535 bytes at most; the sum is below 2^48, so that many can be added.
std::uint64_t internet_sum(std::span<const std::byte> bytes) TUTTI_REALTIME;

// One of several; without initial values, for they come by the dozen.
struct SumPiece {
  const std::byte* at;
  std::size_t bytes;
};
// The same of each, which costs less than one by one. Shapes: as many sums as pieces, or more.
void internet_sums(std::span<const SumPiece> pieces, std::span<std::uint64_t> sums) TUTTI_REALTIME;

// How internet_sums() is done on a vector unit, or without. Those that this processor has, the one in use
// first: for tests.
using SumAll = void (*)(std::span<const SumPiece> pieces, std::uint64_t* sums) noexcept;
struct SumWay {
  std::string_view name;
  SumAll sum = nullptr;
};
std::span<const SumWay> sum_ways();

// The sum with its carries brought round: 16 bits. Too short to be called.
[[gnu::always_inline]] inline std::uint16_t fold(std::uint64_t sum) TUTTI_REALTIME {
  sum = (sum >> 32U) + (sum & 0xFFFF'FFFFU);
  sum = (sum >> 32U) + (sum & 0xFFFF'FFFFU);
  sum = (sum >> 16U) + (sum & 0xFFFFU);
  sum = (sum >> 16U) + (sum & 0xFFFFU);
  return static_cast<std::uint16_t>(sum);
}

// Whether bytes that hold their own checksum have it right: it folds to 0xFFFF, which is what multiples of
// that do, but for zero.
[[gnu::always_inline]] inline bool comes_out(std::uint64_t sum) TUTTI_REALTIME {
  return sum % 0xFFFF == 0 && sum != 0;
}

// What is written where a checksum's place held zero, in the machine's order.
inline std::uint16_t checksum(std::uint64_t sum) TUTTI_REALTIME {
  return static_cast<std::uint16_t>(~fold(sum));
}

// Finishes a UDP checksum that was begun with the pseudo-header's sum (UdpFrame), over header and payload:
// what a card would do. Source: RFC 768; a sum of zero is sent as 0xFFFF.
void finish_udp_checksum(std::span<std::byte> udp) TUTTI_REALTIME;

}  // namespace tutti::net
