// Kernels: one target's functions, and the types that they are about. See kernels.h for what each does.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace tutti::kernel {

using Pcm = std::int16_t;
using Sum = std::int32_t;
using Byte = std::uint8_t;  // one G.711 codeword

// A factor of amplitude, unsigned with 12 bits behind the point: 0 is silence, 65 535 just under +24.1 dB.
using GainQ12 = std::uint16_t;
inline constexpr GainQ12 kUnityGain = 1 << 12;

// One target's functions. The inline functions of kernels.h say what each does.
struct Kernels {
  // "AVX3_DL" (AVX-512 with VBMI), "AVX3" (AVX-512), "AVX2", "SSE4", "SSSE3", "NEON", "SCALAR".
  std::string_view name;

  void (*expand_ulaw)(const Byte*, Pcm*, std::size_t) noexcept;
  void (*expand_alaw)(const Byte*, Pcm*, std::size_t) noexcept;
  void (*compress_ulaw)(const Pcm*, Byte*, std::size_t) noexcept;
  void (*compress_alaw)(const Pcm*, Byte*, std::size_t) noexcept;
  void (*add)(const Pcm*, Sum*, std::size_t) noexcept;
  void (*add_sum)(const Sum*, Sum*, std::size_t) noexcept;
  void (*saturate)(const Sum*, Pcm*, std::size_t) noexcept;
  void (*split)(const Sum*, Pcm*, Pcm*, std::size_t) noexcept;
  void (*mix_minus)(const Pcm*, const Pcm*, const Pcm*, Pcm*, std::size_t) noexcept;
  void (*gain)(const Pcm*, GainQ12, Pcm*, std::size_t) noexcept;
  std::uint64_t (*energy)(const Pcm*, std::size_t) noexcept;
  std::uint16_t (*peak)(const Pcm*, std::size_t) noexcept;
  std::size_t (*closest_lag)(const Pcm*, std::size_t, std::size_t, std::size_t) noexcept;
  void (*scale_mix)(const Sum*, const Pcm*, GainQ12, Pcm*, std::size_t) noexcept;
  Byte (*greatest)(const Byte*, Byte, std::size_t) noexcept;
  Byte (*copy_greatest)(const Byte*, Byte*, Byte, std::size_t) noexcept;
  void (*expand_add_ulaw)(const Byte* const*, Pcm* const*, std::size_t, Sum*, std::size_t) noexcept;
  void (*expand_add_alaw)(const Byte* const*, Pcm* const*, std::size_t, Sum*, std::size_t) noexcept;
  void (*expand_mix_ulaw)(const Byte* const*, Pcm* const*, std::size_t, Sum*, Pcm*, Pcm*,
                          std::size_t) noexcept;
  void (*expand_mix_alaw)(const Byte* const*, Pcm* const*, std::size_t, Sum*, Pcm*, Pcm*,
                          std::size_t) noexcept;
  void (*mix_minus_compress_ulaw)(const Pcm*, const Pcm*, const Pcm* const*, Byte* const*, std::size_t,
                                  std::size_t) noexcept;
  void (*mix_minus_compress_alaw)(const Pcm*, const Pcm*, const Pcm* const*, Byte* const*, std::size_t,
                                  std::size_t) noexcept;
};

}  // namespace tutti::kernel
