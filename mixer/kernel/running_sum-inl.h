// RunningSum: a vector's worth of a sum that stays in registers. Compiled once for each target.

#if defined(TUTTI_MIXER_KERNEL_RUNNING_SUM_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef TUTTI_MIXER_KERNEL_RUNNING_SUM_INL_H_
#undef TUTTI_MIXER_KERNEL_RUNNING_SUM_INL_H_
#else
#define TUTTI_MIXER_KERNEL_RUNNING_SUM_INL_H_
#endif

#include <cstddef>

#include <hwy/highway.h>

#include "mixer/kernel/g711_avx512-inl.h"
#include "mixer/kernel/vectors-inl.h"

HWY_BEFORE_NAMESPACE();
namespace tutti::kernel::HWY_NAMESPACE {

#if HWY_TARGET != HWY_SCALAR && HWY_TARGET != HWY_EMU128

namespace hn = hwy::HWY_NAMESPACE;

// A vector's worth of a sum, in whatever order of lanes is cheapest to add to.
template <class DI16>
struct RunningSum {
  using DI32 = hn::RepartitionToWide<DI16>;
  using V32 = hn::Vec<DI32>;

#if HWY_ARCH_X86 && !HWY_COMPILER_CLANG
  // Adds so many times the samples. Even lanes and odd lanes: multiplied by that and by 0 in pairs, and no
  // lane has to move. Not with clang 14: it makes one instruction of the two, VPDPWSSD in its VEX form, which
  // AVX-512 processors need not have.
  template <int Times>
  static HWY_INLINE void add(DI16 di16, hn::Vec<DI16> samples, V32& even, V32& odd) {
    const DI32 di32;
    auto unused = hn::Zero(di32);
    const auto evens = hn::BitCast(di16, hn::Set(di32, Times));
    const auto odds = hn::BitCast(di16, hn::Set(di32, Times << 16));
    even = hn::ReorderWidenMulAccumulate(di32, samples, evens, even, unused);
    odd = hn::ReorderWidenMulAccumulate(di32, samples, odds, odd, unused);
  }
  static HWY_INLINE void add_to(Sum* sum, V32 even, V32 odd) {
    in_order<true>(sum, by_blocks(even, odd));
  }
  // Stores the sum, and split() of it.
  static HWY_INLINE void mix(DI16 di16, Sum* sum, Pcm* mix, Pcm* excess, V32 even, V32 odd) {
    const Pair pair = by_blocks(even, odd);
    in_order<false>(sum, pair);
    // Packed block by block, blocks come out in order.
    hn::StoreU(hn::ReorderDemote2To(di16, pair.low, pair.high), di16, mix);
    hn::StoreU(hn::ReorderDemote2To(di16, cut_off(pair.low), cut_off(pair.high)), di16, excess);
  }
#else
  template <int Times>
  static HWY_INLINE void add(DI16, hn::Vec<DI16> samples, V32& low, V32& high) {
    constexpr int kShift = Times == 4 ? 2 : 0;
    static_assert(Times == 1 << kShift);
    const hn::Half<DI16> half;
    const DI32 di32;
    low = hn::Add(low, hn::ShiftLeft<kShift>(hn::PromoteTo(di32, hn::LowerHalf(half, samples))));
    high = hn::Add(high, hn::ShiftLeft<kShift>(hn::PromoteTo(di32, hn::UpperHalf(half, samples))));
  }
  static HWY_INLINE void add_to(Sum* sum, V32 low, V32 high) {
    store_sum<true>(low, high, sum);
  }
  static HWY_INLINE void mix(DI16 di16, Sum* sum, Pcm* mix, Pcm* excess, V32 low, V32 high) {
    store_sum<false>(low, high, sum);
    hn::StoreU(saturate_pair(di16, low, high), di16, mix);
    hn::StoreU(saturate_pair(di16, cut_off(low), cut_off(high)), di16, excess);
  }
#endif

 private:
  template <bool Add>
  static HWY_INLINE void store_sum(V32 low, V32 high, Sum* sum) {
    const DI32 di32;
    const std::size_t lanes = hn::Lanes(di32);
    hn::StoreU(Add ? hn::Add(hn::LoadU(di32, sum), low) : low, di32, sum);
    hn::StoreU(Add ? hn::Add(hn::LoadU(di32, sum + lanes), high) : high, di32, sum + lanes);
  }
  // What 16 bits do not hold of it.
  static HWY_INLINE V32 cut_off(V32 sum) {
    const DI32 di32;
    return hn::Sub(sum, hn::Min(hn::Max(sum, hn::Set(di32, -32'768)), hn::Set(di32, 32'767)));
  }
#if HWY_ARCH_X86 && !HWY_COMPILER_CLANG
  // Of each block of 128 bits the lower and the upper half of its samples.
  struct Pair {
    V32 low;
    V32 high;
  };
  static HWY_INLINE Pair by_blocks(V32 even, V32 odd) {
    const DI32 di32;
    return {hn::InterleaveLower(di32, even, odd), hn::InterleaveUpper(di32, even, odd)};
  }
  template <bool Add>
  static HWY_INLINE void in_order(Sum* sum, const Pair& pair) {
    const DI32 di32;
    if constexpr (HWY_MAX_BYTES == 16 || hn::MaxLanes(DI32()) <= 4) {
      store_sum<Add>(pair.low, pair.high, sum);
    } else if constexpr (hn::MaxLanes(DI32()) == 8) {
      store_sum<Add>(hn::ConcatLowerLower(di32, pair.high, pair.low),
                     hn::ConcatUpperUpper(di32, pair.high, pair.low), sum);
    } else {
      store_sum<Add>(in_order_512(pair.low, pair.high, 0), in_order_512(pair.low, pair.high, 4), sum);
    }
  }
#endif
#if TUTTI_AVX512
  // The blocks of both in turn, from the `first` 64 bits on.
  static HWY_INLINE V32 in_order_512(V32 low, V32 high, long long first) {
    const __m512i order =
        _mm512_add_epi64(_mm512_setr_epi64(0, 1, 8, 9, 2, 3, 10, 11), _mm512_set1_epi64(first));
    return V32{_mm512_permutex2var_epi64(low.raw, order, high.raw)};
  }
#endif
};

#endif  // a vector target

}  // namespace tutti::kernel::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // TUTTI_MIXER_KERNEL_RUNNING_SUM_INL_H_
