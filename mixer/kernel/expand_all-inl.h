// Many talkers' codewords expanded, and their sums in registers. Compiled once for each target.

#if defined(TUTTI_MIXER_KERNEL_EXPAND_ALL_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef TUTTI_MIXER_KERNEL_EXPAND_ALL_INL_H_
#undef TUTTI_MIXER_KERNEL_EXPAND_ALL_INL_H_
#else
#define TUTTI_MIXER_KERNEL_EXPAND_ALL_INL_H_
#endif

#include <cstddef>

#include <hwy/highway.h>

#include "mixer/kernel/g711_pairs-inl.h"
#include "mixer/kernel/running_sum-inl.h"
#include "mixer/kernel/vectors-inl.h"

HWY_BEFORE_NAMESPACE();
namespace tutti::kernel::HWY_NAMESPACE {

#if HWY_TARGET != HWY_SCALAR && HWY_TARGET != HWY_EMU128

namespace hn = hwy::HWY_NAMESPACE;

// So many vectors at once, from `at` on: all their sums stay in registers from one talker to the next.
template <class Law, std::size_t kVectors, class DI16, class Running = RunningSum<DI16>,
          class V32 = typename Running::V32>
HWY_INLINE void expand_all(DI16 d, const Byte* const* in, Pcm* const* out, std::size_t count, std::size_t at,
                           V32 (&low)[kVectors], V32 (&high)[kVectors]) {
  const auto expand_one = [](const Byte* from, Pcm* to) HWY_ATTR {
    const DI16 di16;
    const auto samples = Law::expand(di16, load_codewords(di16, from));
    hn::StoreU(samples, di16, to);
    return samples;
  };
#pragma GCC unroll 5
  for (std::size_t k = 0; k < kVectors; ++k) low[k] = high[k] = hn::Zero(typename Running::DI32());
  std::size_t each = 0;
  for (; each + 2 <= count; each += 2) {
    // Not read anew behind each store.
    const Byte* const one = in[each] + at;
    const Byte* const other = in[each + 1] + at;
    Pcm* const own = out[each] + at;
    Pcm* const others = out[each + 1] + at;
#pragma GCC unroll 5
    for (std::size_t k = 0; k < kVectors; ++k) {
      const std::size_t i = k * hn::Lanes(d);
      const auto samples = expand_one(one + i, own + i);
      Running::template add<1>(d, samples, expand_one(other + i, others + i), low[k], high[k]);
    }
  }
  if (each == count) return;
#pragma GCC unroll 5
  for (std::size_t k = 0; k < kVectors; ++k) {
    const std::size_t i = at + k * hn::Lanes(d);
    Running::template add<1>(d, expand_one(in[each] + i, out[each] + i), hn::Zero(d), low[k], high[k]);
  }
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

#endif  // a vector target

}  // namespace tutti::kernel::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // TUTTI_MIXER_KERNEL_EXPAND_ALL_INL_H_
