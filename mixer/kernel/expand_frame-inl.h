// A frame of 20 ms of many talkers' codewords into a sum, for AVX-512: it is five vectors, and done at once
// all their sums stay in registers from one talker to the next.

#if defined(TUTTI_MIXER_KERNEL_EXPAND_FRAME_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef TUTTI_MIXER_KERNEL_EXPAND_FRAME_INL_H_
#undef TUTTI_MIXER_KERNEL_EXPAND_FRAME_INL_H_
#else
#define TUTTI_MIXER_KERNEL_EXPAND_FRAME_INL_H_
#endif

#include <cstddef>

#include <hwy/highway.h>

#include "mixer/kernel/g711_avx512-inl.h"
#include "mixer/kernel/running_sum-inl.h"
#include "mixer/kernel/vectors-inl.h"

HWY_BEFORE_NAMESPACE();
namespace tutti::kernel::HWY_NAMESPACE {

#if TUTTI_AVX512

namespace hn = hwy::HWY_NAMESPACE;

constexpr std::size_t kFrameVectors = 5;

template <class Law, class Running = RunningSum<Wide>, class V32 = typename Running::V32>
HWY_INLINE void expand_frame(const Byte* const* in, Pcm* const* out, std::size_t count,
                             V32 (&low)[kFrameVectors], V32 (&high)[kFrameVectors]) {
  const Wide d;
  const auto expand_one = [](const Byte* from, Pcm* to) HWY_ATTR {
    const Wide wide;
    const auto samples = Law::expand(wide, load_codewords(wide, from));
    hn::StoreU(samples, wide, to);
    return samples;
  };
#pragma GCC unroll 5
  for (std::size_t k = 0; k < kFrameVectors; ++k) low[k] = high[k] = hn::Zero(typename Running::DI32());
  std::size_t each = 0;
  for (; each + 2 <= count; each += 2) {
    // Not read anew behind each store.
    const Byte* const one = in[each];
    const Byte* const other = in[each + 1];
    Pcm* const own = out[each];
    Pcm* const others = out[each + 1];
#pragma GCC unroll 5
    for (std::size_t k = 0; k < kFrameVectors; ++k) {
      const std::size_t at = k * hn::Lanes(d);
      const auto samples = expand_one(one + at, own + at);
      Running::template add<1>(d, samples, expand_one(other + at, others + at), low[k], high[k]);
    }
  }
  if (each == count) return;
#pragma GCC unroll 5
  for (std::size_t k = 0; k < kFrameVectors; ++k) {
    const std::size_t at = k * hn::Lanes(d);
    Running::template add<1>(d, expand_one(in[each] + at, out[each] + at), hn::Zero(d), low[k], high[k]);
  }
}

#endif

}  // namespace tutti::kernel::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // TUTTI_MIXER_KERNEL_EXPAND_FRAME_INL_H_
