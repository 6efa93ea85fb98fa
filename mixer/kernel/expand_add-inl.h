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

#include "mixer/kernel/g711_avx512-inl.h"
#include "mixer/kernel/running_sum-inl.h"
#include "mixer/kernel/scalar_reference.h"
#include "mixer/kernel/vectors-inl.h"

HWY_BEFORE_NAMESPACE();
namespace tutti::kernel::HWY_NAMESPACE {

#if HWY_TARGET != HWY_SCALAR && HWY_TARGET != HWY_EMU128

namespace hn = hwy::HWY_NAMESPACE;

// Both laws know multiples of 4 only, to 32 256: the quarters of four talkers fit 16 bits, so that only every
// fourth has to be widened. A fifth less time with AVX-512; AVX2 has too few registers to gain by it.
template <class Law, class DI16, class Running = RunningSum<DI16>, class V32 = typename Running::V32>
HWY_INLINE void expand_all(DI16 d, const Byte* const* in, Pcm* const* out, std::size_t count, std::size_t at,
                           V32& first, V32& second) {
  first = second = hn::Zero(typename Running::DI32());
  const auto expand_one = [&](std::size_t each) HWY_ATTR {
    const auto samples = Law::expand(d, load_codewords(d, in[each] + at));
    hn::StoreU(samples, d, out[each] + at);
    return samples;
  };
  std::size_t each = 0;
#if TUTTI_AVX512
  constexpr std::size_t kFour = 4;
  for (; each + kFour <= count; each += kFour) {
    auto quarters = hn::ShiftRight<2>(expand_one(each));
    for (std::size_t k = 1; k < kFour; ++k) {
      quarters = hn::Add(quarters, hn::ShiftRight<2>(expand_one(each + k)));
    }
    Running::template add<4>(d, quarters, first, second);
  }
#endif
  for (; each < count; ++each) Running::template add<1>(d, expand_one(each), first, second);
}

template <class Law>
void expand_mix(const Byte* const* in, Pcm* const* out, std::size_t count, Sum* sum, Pcm* mix, Pcm* excess,
                std::size_t n) noexcept {
  const std::size_t i = for_each_vector(n, [=](auto d, std::size_t at) HWY_ATTR {
    using Running = RunningSum<decltype(d)>;
    typename Running::V32 first, second;
    expand_all<Law>(d, in, out, count, at, first, second);
    Running::mix(d, sum + at, mix + at, excess + at, first, second);
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
  const std::size_t i = for_each_vector(n, [=](auto d, std::size_t at) HWY_ATTR {
    using Running = RunningSum<decltype(d)>;
    typename Running::V32 first, second;
    expand_all<Law>(d, in, out, count, at, first, second);
    Running::add_to(sum + at, first, second);
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
