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
  // Adds so many times the samples of two talkers, side by side: one multiplication adds up both. Of each
  // block of 128 bits the lower half, then the upper one. Not with clang 14: of vectors shorter than 512 bits
  // it makes one instruction of multiplication and sum, VPDPWSSD in its VEX form, which AVX-512 processors
  // need not have.
  template <int Times>
  static HWY_INLINE void add(DI16 di16, hn::Vec<DI16> one, hn::Vec<DI16> other, V32& low, V32& high) {
    const auto times = hn::Set(di16, Times);
    low = add_products(low, hn::InterleaveLower(di16, one, other), times);
    high = add_products(high, hn::InterleaveUpper(di16, one, other), times);
  }
  static HWY_INLINE void add_to(Sum* sum, V32 low, V32 high) {
    in_order<true>(sum, low, high);
  }
  // Stores the sum, and split() of it.
  static HWY_INLINE void mix(DI16 di16, Sum* sum, Pcm* mix, Pcm* excess, V32 low, V32 high) {
    in_order<false>(sum, low, high);
    // Packed block by block, blocks come out in order.
    hn::StoreU(hn::ReorderDemote2To(di16, low, high), di16, mix);
    hn::StoreU(hn::ReorderDemote2To(di16, cut_off(low), cut_off(high)), di16, excess);
  }
#else
  template <int Times>
  static HWY_INLINE void add(DI16, hn::Vec<DI16> one, hn::Vec<DI16> other, V32& low, V32& high) {
    constexpr int kShift = Times == 4 ? 2 : 0;
    static_assert(Times == 1 << kShift);
    const hn::Half<DI16> half;
    const DI32 di32;
    for (const auto samples : {one, other}) {
      low = hn::Add(low, hn::ShiftLeft<kShift>(hn::PromoteTo(di32, hn::LowerHalf(half, samples))));
      high = hn::Add(high, hn::ShiftLeft<kShift>(hn::PromoteTo(di32, hn::UpperHalf(half, samples))));
    }
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
  static HWY_INLINE V32 add_products(V32 sum, hn::Vec<DI16> pairs, hn::Vec<DI16> times) {
    const DI32 di32;
#if HWY_TARGET == HWY_AVX3_DL
    // One instruction instead of two. Who has this target has VNNI, but the library does not tell the
    // compiler.
    if constexpr (hn::MaxLanes(DI16()) == 32) {
      asm("vpdpwssd %2, %1, %0" : "+v"(sum.raw) : "v"(pairs.raw), "v"(times.raw));
      return sum;
    }
#endif
    auto unused = hn::Zero(di32);
    return hn::ReorderWidenMulAccumulate(di32, pairs, times, sum, unused);
  }
  // The blocks of both in turn.
  template <bool Add>
  static HWY_INLINE void in_order(Sum* sum, V32 low, V32 high) {
    const DI32 di32;
    if constexpr (HWY_MAX_BYTES == 16 || hn::MaxLanes(DI32()) <= 4) {
      store_sum<Add>(low, high, sum);
    } else if constexpr (hn::MaxLanes(DI32()) == 8) {
      store_sum<Add>(hn::ConcatLowerLower(di32, high, low), hn::ConcatUpperUpper(di32, high, low), sum);
    } else {
      store_sum<Add>(in_order_512(low, high, 0), in_order_512(low, high, 4), sum);
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
