#include "dataplane/net/internet_checksum.h"

#include <cstring>

namespace tutti::net {

namespace {

// Two 64-bit words, added to at once.
using Pair = std::uint64_t __attribute__((vector_size(16)));

template <typename Word>
Word load(const std::byte* at) TUTTI_REALTIME {
  Word word;
  std::memcpy(&word, at, sizeof(word));
  return word;
}

}  // namespace

std::uint64_t internet_sum(std::span<const std::byte> bytes) TUTTI_REALTIME {
  // Words of 64 bits into sums of 128, two that do not wait for each other: an addition and its carry for 8
  // bytes. Wider words are sums of narrow ones, carries brought round (section 2, "Parallel Summation").
  using Wide = unsigned __int128;
  const std::byte* at = bytes.data();
  std::size_t left = bytes.size();
  const auto word = [&at]() TUTTI_REALTIME {
    std::uint64_t read = 0;
    std::memcpy(&read, at, sizeof(read));
    at += sizeof(read);
    return read;
  };
  Wide even = 0;
  Wide odd = 0;
  for (; left >= 32; left -= 32) {
    even += word();
    odd += word();
    even += word();
    odd += word();
  }
  for (; left >= 8; left -= 8) even += word();
  if (left >= 4) {
    std::uint32_t read = 0;
    std::memcpy(&read, at, sizeof(read));
    odd += read;
    at += sizeof(read);
    left -= sizeof(read);
  }
  std::uint32_t rest = 0;
  if (left >= 2) std::memcpy(&rest, at, 2);
  if (left % 2 != 0) std::memcpy(reinterpret_cast<std::byte*>(&rest) + (left & 2U), at + (left & 2U), 1);
  even += odd;
  const auto low = static_cast<std::uint64_t>(even);
  const auto high = static_cast<std::uint64_t>(even >> 64U);
  // So that a few of these can be added: 34 bits each.
  return (low & 0xFFFF'FFFFU) + (low >> 32U) + high + rest;
}

void finish_udp_checksum(std::span<std::byte> udp) TUTTI_REALTIME {
  constexpr std::size_t kPlace = 6;
  std::uint16_t sum = checksum(internet_sum(udp));
  if (sum == 0) sum = 0xFFFF;
  std::memcpy(udp.data() + kPlace, &sum, sizeof(sum));
}

}  // namespace tutti::net
