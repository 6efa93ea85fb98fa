// Kernels: the arithmetic of the mix over arrays, in the widest instructions that the processor has.
//
// Every function takes any length, zero included, and any alignment. An output may be the same array as
// an input of the same element type; otherwise arrays do not overlap. Every target gives the same bits as
// mixer/kernel/scalar_reference.h. The processor is asked once, before main(); until then scalar runs.
//
// `Pcm` is 16-bit linear, `Sum` the 32-bit sum of such samples. Sums are the caller's to keep in range
// (65 535 addends fit); beyond it they wrap, the same on every target.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "dataplane/base/realtime.h"
#include "mixer/kernel/kernel_table.h"  // IWYU pragma: export

namespace tutti::kernel {

// The targets that this processor can run, best first, scalar last.
std::span<const Kernels* const> supported();

// Makes `name` the target of the whole process; false when this processor has none of that name.
// For tests, and for tools that an instruction set would stop (callgrind and AVX-512).
bool use_target(std::string_view name);

namespace detail {
extern std::atomic<const Kernels*> active;
}
inline const Kernels& active() TUTTI_REALTIME {
  return *detail::active.load(std::memory_order_relaxed);
}
inline std::string_view active_target() TUTTI_REALTIME {
  return active().name;
}

// G.711 codewords to linear and back. Source: ITU-T G.711, table 2; G.191 for the rounding of negatives.
inline void expand_ulaw(const Byte* in, Pcm* out, std::size_t n) TUTTI_REALTIME {
  active().expand_ulaw(in, out, n);
}
inline void expand_alaw(const Byte* in, Pcm* out, std::size_t n) TUTTI_REALTIME {
  active().expand_alaw(in, out, n);
}
inline void compress_ulaw(const Pcm* in, Byte* out, std::size_t n) TUTTI_REALTIME {
  active().compress_ulaw(in, out, n);
}
inline void compress_alaw(const Pcm* in, Byte* out, std::size_t n) TUTTI_REALTIME {
  active().compress_alaw(in, out, n);
}

// sum += in.
inline void add(const Pcm* in, Sum* sum, std::size_t n) TUTTI_REALTIME {
  active().add(in, sum, n);
}
inline void add_sum(const Sum* in, Sum* sum, std::size_t n) TUTTI_REALTIME {
  active().add_sum(in, sum, n);
}
// out = saturated sum.
inline void saturate(const Sum* sum, Pcm* out, std::size_t n) TUTTI_REALTIME {
  active().saturate(sum, out, n);
}

// Prepares a sum for N-1, once for all who hear it: mix = saturated sum, which is N, and excess = what that
// cut off, saturated as well.
inline void split(const Sum* sum, Pcm* mix, Pcm* excess, std::size_t n) TUTTI_REALTIME {
  active().split(sum, mix, excess, n);
}

// N-1: out = saturated (saturated (mix - own) + excess). With what split() made of a sum this is exactly
// saturated (sum - own), in 16 bits: excess is nothing unless mix is at a rail, and then, however far own
// brings it back, only a rail's worth of excess can matter.
inline void mix_minus(const Pcm* mix, const Pcm* excess, const Pcm* own, Pcm* out,
                      std::size_t n) TUTTI_REALTIME {
  active().mix_minus(mix, excess, own, out, n);
}
// out = saturated (in x gain), rounded to nearest, halves upwards.
inline void gain(const Pcm* in, GainQ12 gain, Pcm* out, std::size_t n) TUTTI_REALTIME {
  active().gain(in, gain, out, n);
}

// out = saturated ((sum - own) x gain), rounded in the same way and saturated once; own may be none.
inline void scale_mix(const Sum* sum, const Pcm* own, GainQ12 gain, Pcm* out, std::size_t n) TUTTI_REALTIME {
  active().scale_mix(sum, own, gain, out, n);
}

// The sum of squares; exact for any length below 2^34.
inline std::uint64_t energy(const Pcm* in, std::size_t n) TUTTI_REALTIME {
  return active().energy(in, n);
}

// The greatest magnitude, 0 to 32 768.
inline std::uint16_t peak(const Pcm* in, std::size_t n) TUTTI_REALTIME {
  return active().peak(in, n);
}

// The lag, `least` to `most`, at which n samples resemble those so many behind them most: the sum of
// |in[i + lag] - in[i]| is the least, of equal ones that of the shortest lag. Shapes: in has n + most; n up
// to 65 536.
inline std::size_t closest_lag(const Pcm* in, std::size_t least, std::size_t most,
                               std::size_t n) TUTTI_REALTIME {
  return active().closest_lag(in, least, most, n);
}

// The greatest of the low seven bits, which grow with the magnitude once the wire's `inversions` are undone.
inline Byte greatest(const Byte* in, Byte inversions, std::size_t n) TUTTI_REALTIME {
  return active().greatest(in, inversions, n);
}

// The same, and out = in.
inline Byte copy_greatest(const Byte* in, Byte* out, Byte inversions, std::size_t n) TUTTI_REALTIME {
  return active().copy_greatest(in, out, inversions, n);
}

// The fused pairs: one pass where the two steps would be two.
// out[i] = expanded in[i], sum += out[i], for each i of `count`; the sum stays in registers from one to the
// next.
inline void expand_add_ulaw(const Byte* const* in, Pcm* const* out, std::size_t count, Sum* sum,
                            std::size_t n) TUTTI_REALTIME {
  active().expand_add_ulaw(in, out, count, sum, n);
}
inline void expand_add_alaw(const Byte* const* in, Pcm* const* out, std::size_t count, Sum* sum,
                            std::size_t n) TUTTI_REALTIME {
  active().expand_add_alaw(in, out, count, sum, n);
}
// The same of a sum that begins with nothing, and split() of it: what was in the three arrays does not count.
inline void expand_mix_ulaw(const Byte* const* in, Pcm* const* out, std::size_t count, Sum* sum, Pcm* mix,
                            Pcm* excess, std::size_t n) TUTTI_REALTIME {
  active().expand_mix_ulaw(in, out, count, sum, mix, excess, n);
}
inline void expand_mix_alaw(const Byte* const* in, Pcm* const* out, std::size_t count, Sum* sum, Pcm* mix,
                            Pcm* excess, std::size_t n) TUTTI_REALTIME {
  active().expand_mix_alaw(in, out, count, sum, mix, excess, n);
}
// out[i] = compressed mix_minus of own[i], for each i of `count`.
inline void mix_minus_compress_ulaw(const Pcm* mix, const Pcm* excess, const Pcm* const* own,
                                    Byte* const* out, std::size_t count, std::size_t n) TUTTI_REALTIME {
  active().mix_minus_compress_ulaw(mix, excess, own, out, count, n);
}
inline void mix_minus_compress_alaw(const Pcm* mix, const Pcm* excess, const Pcm* const* own,
                                    Byte* const* out, std::size_t count, std::size_t n) TUTTI_REALTIME {
  active().mix_minus_compress_alaw(mix, excess, own, out, count, n);
}

}  // namespace tutti::kernel
