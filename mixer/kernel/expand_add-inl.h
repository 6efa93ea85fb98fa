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

#include "mixer/kernel/expand_frame-inl.h"
#include "mixer/kernel/g711_pairs-inl.h"
#include "mixer/kernel/running_sum-inl.h"
#include "mixer/kernel/scalar_reference.h"
#include "mixer/kernel/vectors-inl.h"

HWY_BEFORE_NAMESPACE();
namespace tutti::kernel::HWY_NAMESPACE {

#if HWY_TARGET != HWY_SCALAR && HWY_TARGET != HWY_EMU128

namespace hn = hwy::HWY_NAMESPACE;

template <class Law, class DI16, class Running = RunningSum<DI16>, class V32 = typename Running::V32>
HWY_INLINE void expand_all(DI16 d, const Byte* const* in, Pcm* const* out, std::size_t count, std::size_t at,
                           V32& low, V32& high) {
  low = high = hn::Zero(typename Running::DI32());
  const auto expand_one = [&](std::size_t each) HWY_ATTR {
    const auto samples = Law::expand(d, load_codewords(d, in[each] + at));
    hn::StoreU(samples, d, out[each] + at);
    return samples;
  };
  std::size_t each = 0;
  for (; each + 2 <= count; each += 2) {
    const auto one = expand_one(each);
    Running::template add<1>(d, one, expand_one(each + 1), low, high);
  }
  if (each < count) Running::template add<1>(d, expand_one(each), hn::Zero(d), low, high);
}

#if TUTTI_EXPANDS_PAIRS
// The same of two vectors at a time. Both laws know multiples of 4 only, to 32 256: the quarters, which are
// at hand there, of four talkers fit 16 bits, so that only every fourth has to be widened.
template <class Law, class Running = RunningSum<Wide>, class V32 = typename Running::V32>
HWY_INLINE void expand_pairs(const Byte* const* in, Pcm* const* out, std::size_t count, std::size_t at,
                             V32 (&first)[2], V32 (&second)[2]) {
  const Wide d;
  first[0] = first[1] = second[0] = second[1] = hn::Zero(typename Running::DI32());
  const auto expand_one = [&](std::size_t each) HWY_ATTR {
    const ExpandedPair pair = Law::expand_pair(in[each] + at);
    hn::StoreU(pair.first, d, out[each] + at);
    hn::StoreU(pair.second, d, out[each] + at + hn::Lanes(d));
    return pair;
  };
  constexpr std::size_t kFour = 4;
  std::size_t each = 0;
  for (; each + kFour <= count; each += kFour) {
    const ExpandedPair one = expand_one(each);
    auto first_quarters = one.first_quarter;
    auto second_quarters = one.second_quarter;
    for (std::size_t k = 1; k < kFour; ++k) {
      const ExpandedPair other = expand_one(each + k);
      first_quarters = hn::Add(first_quarters, other.first_quarter);
      second_quarters = hn::Add(second_quarters, other.second_quarter);
    }
    Running::template add<4>(d, first_quarters, hn::Zero(d), first[0], first[1]);
    Running::template add<4>(d, second_quarters, hn::Zero(d), second[0], second[1]);
  }
  for (; each < count; ++each) {
    const ExpandedPair one = expand_one(each);
    Running::template add<1>(d, one.first, hn::Zero(d), first[0], first[1]);
    Running::template add<1>(d, one.second, hn::Zero(d), second[0], second[1]);
  }
}
#endif

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
  const Wide wide;
  if (n >= kFrameVectors * hn::Lanes(wide)) {
    typename RunningSum<Wide>::V32 low[kFrameVectors], high[kFrameVectors];
    expand_frame<Law>(in, out, count, low, high);
#pragma GCC unroll 5
    for (; i < kFrameVectors; ++i) keep(wide, i * hn::Lanes(wide), low[i], high[i]);
    i *= hn::Lanes(wide);
  }
#endif
  return i + for_each_vector(n - i, [=](auto d, std::size_t at) HWY_ATTR {
           typename RunningSum<decltype(d)>::V32 first, second;
           expand_all<Law>(d, in, out, count, i + at, first, second);
           keep(d, i + at, first, second);
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
