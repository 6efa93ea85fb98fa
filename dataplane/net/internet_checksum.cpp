#include "dataplane/net/internet_checksum.h"

#include <array>
#include <cstring>

namespace tutti::net {

std::uint64_t internet_sum(std::span<const std::byte> bytes) TUTTI_REALTIME {
  // Four sums of 32-bit words that do not wait for each other, which the compiler keeps in vectors.
  constexpr std::size_t kLanes = 8;
  constexpr std::size_t kBlock = 4 * kLanes;
  std::array<std::uint64_t, kLanes> lanes{};
  std::size_t at = 0;
  for (; at + kBlock <= bytes.size(); at += kBlock) {
    std::array<std::uint32_t, kLanes> words;
    std::memcpy(words.data(), bytes.data() + at, kBlock);
    for (std::size_t i = 0; i < kLanes; ++i) lanes[i] += words[i];
  }
  std::uint64_t total = 0;
  for (const std::uint64_t lane : lanes) total += lane;
  for (; at + 4 <= bytes.size(); at += 4) {
    std::uint32_t word = 0;
    std::memcpy(&word, bytes.data() + at, 4);
    total += word;
  }
  std::uint32_t rest = 0;
  if (at < bytes.size()) std::memcpy(&rest, bytes.data() + at, bytes.size() - at);
  return total + rest;
}

void finish_udp_checksum(std::span<std::byte> udp) TUTTI_REALTIME {
  constexpr std::size_t kPlace = 6;
  std::uint16_t sum = checksum(internet_sum(udp));
  if (sum == 0) sum = 0xFFFF;
  std::memcpy(udp.data() + kPlace, &sum, sizeof(sum));
}

}  // namespace tutti::net
