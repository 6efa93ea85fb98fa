// The scalar reference: each kernel written as the text book has it, one sample at a time. It says what is
// right; it is also the target that runs where the processor has no vector unit that we know.
#pragma once

#include <cstddef>

#include "mixer/kernel/kernels.h"

namespace tutti::kernel::scalar {

// One sample. Source: ITU-T G.711, tables 1 and 2.
Pcm expand_ulaw(Byte codeword) TUTTI_REALTIME;
Pcm expand_alaw(Byte codeword) TUTTI_REALTIME;
Byte compress_ulaw(Pcm sample) TUTTI_REALTIME;
Byte compress_alaw(Pcm sample) TUTTI_REALTIME;
Pcm saturate(Sum sum) TUTTI_REALTIME;

// Arrays, as in kernels.h.
void expand_ulaw(const Byte* in, Pcm* out, std::size_t n) TUTTI_REALTIME;
void expand_alaw(const Byte* in, Pcm* out, std::size_t n) TUTTI_REALTIME;
void compress_ulaw(const Pcm* in, Byte* out, std::size_t n) TUTTI_REALTIME;
void compress_alaw(const Pcm* in, Byte* out, std::size_t n) TUTTI_REALTIME;
void add(const Pcm* in, Sum* sum, std::size_t n) TUTTI_REALTIME;
void add_sum(const Sum* in, Sum* sum, std::size_t n) TUTTI_REALTIME;
void saturate(const Sum* sum, Pcm* out, std::size_t n) TUTTI_REALTIME;
void split(const Sum* sum, Pcm* mix, Pcm* excess, std::size_t n) TUTTI_REALTIME;
void mix_minus(const Pcm* mix, const Pcm* excess, const Pcm* own, Pcm* out, std::size_t n) TUTTI_REALTIME;
void gain(const Pcm* in, GainQ12 gain, Pcm* out, std::size_t n) TUTTI_REALTIME;
std::uint64_t energy(const Pcm* in, std::size_t n) TUTTI_REALTIME;
std::uint16_t peak(const Pcm* in, std::size_t n) TUTTI_REALTIME;
std::size_t closest_lag(const Pcm* in, std::size_t least, std::size_t most, std::size_t n) TUTTI_REALTIME;
// Of one lag: the sum of |behind[i] - in[i]|.
std::uint32_t difference(const Pcm* in, const Pcm* behind, std::size_t n) TUTTI_REALTIME;
void scale_mix(const Sum* sum, const Pcm* own, GainQ12 gain, Pcm* out, std::size_t n) TUTTI_REALTIME;
Byte greatest(const Byte* in, Byte inversions, std::size_t n) TUTTI_REALTIME;
Byte copy_greatest(const Byte* in, Byte* out, Byte inversions, std::size_t n) TUTTI_REALTIME;
void expand_add_ulaw(const Byte* const* in, Pcm* const* out, std::size_t count, Sum* sum,
                     std::size_t n) TUTTI_REALTIME;
void expand_add_alaw(const Byte* const* in, Pcm* const* out, std::size_t count, Sum* sum,
                     std::size_t n) TUTTI_REALTIME;
void expand_mix_ulaw(const Byte* const* in, Pcm* const* out, std::size_t count, Sum* sum, Pcm* mix,
                     Pcm* excess, std::size_t n) TUTTI_REALTIME;
void expand_mix_alaw(const Byte* const* in, Pcm* const* out, std::size_t count, Sum* sum, Pcm* mix,
                     Pcm* excess, std::size_t n) TUTTI_REALTIME;
void mix_minus_compress_ulaw(const Pcm* mix, const Pcm* excess, const Pcm* const* own, Byte* const* out,
                             std::size_t count, std::size_t n) TUTTI_REALTIME;
void mix_minus_compress_alaw(const Pcm* mix, const Pcm* excess, const Pcm* const* own, Byte* const* out,
                             std::size_t count, std::size_t n) TUTTI_REALTIME;

// All of them as a target; constant-initialised, so it is there before main().
extern const Kernels kKernels;

}  // namespace tutti::kernel::scalar
