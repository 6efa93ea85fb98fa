// Many talkers' codewords into a sum in one pass. Compiled once for each target.

#if defined(TUTTI_MIXER_KERNEL_EXPAND_ADD_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef TUTTI_MIXER_KERNEL_EXPAND_ADD_INL_H_
#undef TUTTI_MIXER_KERNEL_EXPAND_ADD_INL_H_
#else
#define TUTTI_MIXER_KERNEL_EXPAND_ADD_INL_H_
#endif

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include <hwy/highway.h>

#include "mixer/kernel/expand_all-inl.h"
#include "mixer/kernel/g711_pairs-inl.h"
#include "mixer/kernel/running_sum-inl.h"
#include "mixer/kernel/scalar_reference.h"
#include "mixer/kernel/vectors-inl.h"

HWY_BEFORE_NAMESPACE();
namespace tutti::kernel::HWY_NAMESPACE {

#if HWY_TARGET != HWY_SCALAR && HWY_TARGET != HWY_EMU128

namespace hn = hwy::HWY_NAMESPACE;

// Calls keep(d, at, first, second) with the running sum of every whole vector of the n samples, at `at`.
// Returns where the rest begins.
template <class Law, class Keep>
HWY_INLINE std::size_t for_each_sum(const Byte* const* in, Pcm* const* out, std::size_t count, std::size_t n,
                                    Keep keep) {
  std::size_t i = 0;
#if TUTTI_EXPANDS_PAIRS
  const Wide wide;
  for (; i + 2 * hn::Lanes(wide) <= n; i += 2 * hn::Lanes(wide)) {
    typename RunningSum<Wide>::V32 first[2], second[2];
    expand_pairs<Law>(in, out, count, i, first, second);
    keep(wide, i, first[0], first[1]);
    keep(wide, i + hn::Lanes(wide), second[0], second[1]);
  }
#elif TUTTI_AVX512
  constexpr std::size_t kFrameVectors = 5;  // of 20 ms; their ten sums fit the registers here alone
  const Wide wide;
  if (n >= kFrameVectors * hn::Lanes(wide)) {
    typename RunningSum<Wide>::V32 low[kFrameVectors], high[kFrameVectors];
    expand_all<Law>(wide, in, out, count, 0, low, high);
#pragma GCC unroll 5
    for (; i < kFrameVectors; ++i) keep(wide, i * hn::Lanes(wide), low[i], high[i]);
    i *= hn::Lanes(wide);
  }
#endif
  return i + for_each_vector(n - i, [=](auto d, std::size_t at) HWY_ATTR {
           typename RunningSum<decltype(d)>::V32 low[1], high[1];
           expand_all<Law>(d, in, out, count, i + at, low, high);
           keep(d, i + at, low[0], high[0]);
         });
}

template <class Law>
void expand_mix(const Byte* const* in, Pcm* const* out, std::size_t count, Sum* sum, Pcm* mix, Pcm* excess,
                std::size_t n) noexcept {
  const std::size_t i =
      for_each_sum<Law>(in, out, count, n, [=](auto d, std::size_t at, auto first, auto second) HWY_ATTR {
        RunningSum<decltype(d)>::mix(d, sum + at, mix + at, excess + at, first, second);
      });
  if (i == n) return;
  std::fill(sum + i, sum + n, 0);
  for (std::size_t each = 0; each < count; ++each) {
    Law::expand_rest(in[each] + i, out[each] + i, n - i);
    scalar::add(out[each] + i, sum + i, n - i);
  }
  scalar::split(sum + i, mix + i, excess + i, n - i);
}

template <class Law>
void expand_add(const Byte* const* in, Pcm* const* out, std::size_t count, Sum* sum, std::size_t n) noexcept {
  const std::size_t i =
      for_each_sum<Law>(in, out, count, n, [=](auto d, std::size_t at, auto first, auto second) HWY_ATTR {
        RunningSum<decltype(d)>::add_to(sum + at, first, second);
      });
  if (i == n) return;
  for (std::size_t each = 0; each < count; ++each) {
    Law::expand_rest(in[each] + i, out[each] + i, n - i);
    scalar::add(out[each] + i, sum + i, n - i);
  }
}

#endif  // a vector target

}  // namespace tutti::kernel::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // TUTTI_MIXER_KERNEL_EXPAND_ADD_INL_H_
