#include "dataplane/net/internet_checksum.h"

#include <array>
#include <cstring>

#include "dataplane/base/check.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace tutti::net {

namespace {

// Words of 64 bits into sums of 128, two that do not wait for each other: an addition and its carry for 8
// bytes. Wider words are sums of narrow ones, carries brought round (section 2, "Parallel Summation").
// Returns 36 bits, so that a few of these can be added.
std::uint64_t sum_words(const std::byte* at, std::size_t left) TUTTI_REALTIME {
  using Wide = unsigned __int128;
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
  return (low & 0xFFFF'FFFFU) + (low >> 32U) + high + rest;
}

#if defined(__x86_64__)

// Words of 32 bits into sums of 64; two sums that do not wait for each other.
using Quad = std::uint64_t __attribute__((vector_size(32)));

[[gnu::target("avx2")]] std::uint64_t sum_quads(const std::byte* at, std::size_t quads) TUTTI_REALTIME {
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

std::uint64_t sum_by_avx2(const std::byte* at, std::size_t bytes) TUTTI_REALTIME {
  const std::size_t quads = bytes < 64 ? 0 : bytes / 32;
  const std::uint64_t wide = quads == 0 ? 0 : sum_quads(at, quads);
  return (wide & 0xFFFF'FFFFU) + (wide >> 32U) + sum_words(at + quads * 32, bytes - quads * 32);
}

// The same of 64 bytes; the last ones are masked, so that no length has a rest. By the language's vectors, as
// far as they go: of GCC 12's functions for these a few look as if they read what was never written.
using Octet = std::uint64_t __attribute__((vector_size(64)));

[[gnu::target("avx512f,avx512bw")]] inline std::uint64_t sum_by_avx512(const std::byte* at,
                                                                       std::size_t bytes) TUTTI_REALTIME {
  const Octet low = Octet{} + 0xFFFF'FFFFU;
  Octet even{};
  Octet odd{};
  Octet words;
  for (; bytes >= sizeof(words); bytes -= sizeof(words), at += sizeof(words)) {
    std::memcpy(&words, at, sizeof(words));
    even += words & low;
    odd += words >> 32;
  }
  words = reinterpret_cast<Octet>(_mm512_maskz_loadu_epi8((std::uint64_t{1} << bytes) - 1, at));
  even += (words & low) + odd + (words >> 32);
  const Quad half =
      __builtin_shufflevector(even, even, 0, 1, 2, 3) + __builtin_shufflevector(even, even, 4, 5, 6, 7);
  return half[0] + half[1] + half[2] + half[3];
}

[[gnu::target("avx512f,avx512bw")]] void sum_all_by_avx512(std::span<const SumPiece> pieces,
                                                           std::uint64_t* sums) TUTTI_REALTIME {
  for (std::size_t i = 0; i < pieces.size(); ++i) {
    sums[i] = sum_by_avx512(pieces[i].at, pieces[i].bytes);
  }
}

void sum_all_by_avx2(std::span<const SumPiece> pieces, std::uint64_t* sums) TUTTI_REALTIME {
  for (std::size_t i = 0; i < pieces.size(); ++i) {
    sums[i] = sum_by_avx2(pieces[i].at, pieces[i].bytes);
  }
}

#endif

void sum_all_by_words(std::span<const SumPiece> pieces, std::uint64_t* sums) TUTTI_REALTIME {
  for (std::size_t i = 0; i < pieces.size(); ++i) {
    sums[i] = sum_words(pieces[i].at, pieces[i].bytes);
  }
}

// The widest first.
struct Ways {
  std::array<SumWay, 3> all;
  std::size_t count = 0;

  Ways() {
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx512bw") != 0) all[count++] = {"AVX-512", &sum_all_by_avx512};
    if (__builtin_cpu_supports("avx2") != 0) all[count++] = {"AVX2", &sum_all_by_avx2};
#endif
    all[count++] = {"words", &sum_all_by_words};
  }
};

const Ways& ways() {
  static const Ways all;
  return all;
}

// Constant-initialised with what always runs, so that nobody who starts earlier finds nothing.
constinit SumAll sum_all = &sum_all_by_words;
[[maybe_unused]] const bool kChosen = [] {
  sum_all = ways().all[0].sum;
  return true;
}();

}  // namespace

std::span<const SumWay> sum_ways() {
  return std::span(ways().all).first(ways().count);
}

void internet_sums(std::span<const SumPiece> pieces, std::span<std::uint64_t> sums) TUTTI_REALTIME {
  DCHECK(sums.size() >= pieces.size());
  sum_all(pieces, sums.data());
}

std::uint64_t internet_sum(std::span<const std::byte> bytes) TUTTI_REALTIME {
  const SumPiece piece{bytes.data(), bytes.size()};
  std::uint64_t sum = 0;
  sum_all({&piece, 1}, &sum);
  return sum;
}

void finish_udp_checksum(std::span<std::byte> udp) TUTTI_REALTIME {
  constexpr std::size_t kPlace = 6;
  std::uint16_t sum = checksum(internet_sum(udp));
  if (sum == 0) sum = 0xFFFF;
  std::memcpy(udp.data() + kPlace, &sum, sizeof(sum));
}

}  // namespace tutti::net
