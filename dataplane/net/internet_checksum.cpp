#include "dataplane/net/internet_checksum.h"

#include <cstring>

namespace tutti::net {

namespace {

// Words of 32 bits into sums of 64, of so many times 32 bytes; two sums that do not wait for each other.
using Quad = std::uint64_t __attribute__((vector_size(32)));

#if defined(__x86_64__)
#define TUTTI_WIDE [[gnu::target("avx2")]]
const bool has_wide = __builtin_cpu_supports("avx2") != 0;
#else
#define TUTTI_WIDE
constexpr bool has_wide = false;
#endif

TUTTI_WIDE std::uint64_t sum_quads(const std::byte* at, std::size_t quads) TUTTI_REALTIME {
  const Quad low = Quad{} + 0xFFFF'FFFFU;
  Quad even{};
  Quad odd{};
  Quad first;
  Quad second;
  for (; quads >= 2; quads -= 2, at += 2 * sizeof(Quad)) {
    std::memcpy(&first, at, sizeof(first));  // wherever it lies
    std::memcpy(&second, at + sizeof(first), sizeof(second));
    even += (first & low) + (first >> 32);
    odd += (second & low) + (second >> 32);
  }
  if (quads != 0) {
    std::memcpy(&first, at, sizeof(first));
    even += (first & low) + (first >> 32);
  }
  even += odd;
  return even[0] + even[1] + even[2] + even[3];
}

}  // namespace

std::uint64_t internet_sum(std::span<const std::byte> bytes) TUTTI_REALTIME {
  // Words of 64 bits into sums of 128, two that do not wait for each other: an addition and its carry for 8
  // bytes. Wider words are sums of narrow ones, carries brought round (section 2, "Parallel Summation").
  using Wide = unsigned __int128;
  const std::byte* at = bytes.data();
  std::size_t left = bytes.size();
  std::uint64_t wide = 0;
  if (has_wide && left >= 64) {
    wide = sum_quads(at, left / 32);
    at += left / 32 * 32;
    left %= 32;
  }
  const auto word = [&at]() TUTTI_REALTIME {
    std::uint64_t read = 0;
    std::memcpy(&read, at, sizeof(read));
    at += sizeof(read);
    return read;
  };
  Wide even = 0;
  Wide odd = 0;
  for (; left >= 32; left -= 32) {  // where no wider ones are to be had
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
  // So that a few of these can be added: 35 bits each.
  return (low & 0xFFFF'FFFFU) + (low >> 32U) + high + rest + (wide & 0xFFFF'FFFFU) + (wide >> 32U);
}

void finish_udp_checksum(std::span<std::byte> udp) TUTTI_REALTIME {
  constexpr std::size_t kPlace = 6;
  std::uint16_t sum = checksum(internet_sum(udp));
  if (sum == 0) sum = 0xFFFF;
  std::memcpy(udp.data() + kPlace, &sum, sizeof(sum));
}

}  // namespace tutti::net
