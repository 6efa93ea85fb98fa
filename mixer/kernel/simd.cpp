// Compiled once for each target: foreach_target.h includes this file again with other flags.

#include "mixer/kernel/simd.h"

#include <algorithm>
#include <cstdint>

#include "mixer/kernel/scalar_reference.h"

#define HWY_WANT_AVX3_DL 1  // AVX-512 with VBMI, too
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "mixer/kernel/simd.cpp"
#include <hwy/foreach_target.h>  // must come before highway.h
#include <hwy/highway.h>

#include "mixer/kernel/g711-inl.h"
#include "mixer/kernel/g711_avx512-inl.h"

HWY_BEFORE_NAMESPACE();
namespace tutti::kernel::HWY_NAMESPACE {

#if HWY_TARGET == HWY_SCALAR || HWY_TARGET == HWY_EMU128

const Kernels* kernels() {
  return &scalar::kKernels;
}

#else

namespace hn = hwy::HWY_NAMESPACE;

using Wide = hn::ScalableTag<Pcm>;
using Narrow = hn::CappedTag<Pcm, 8>;  // 1 ms of 8 kHz: frames leave nothing over for scalar

// Calls step(d, i) for every whole vector d of the n samples at i: wide ones, then narrow ones.
// Returns where the rest begins, fewer than eight samples.
template <class Step>
HWY_INLINE std::size_t for_each_vector(std::size_t n, Step step) {
  std::size_t i = 0;
  const Wide wide;
  for (; i + hn::Lanes(wide) <= n; i += hn::Lanes(wide)) step(wide, i);
  const Narrow narrow;
  if (hn::Lanes(narrow) < hn::Lanes(wide)) {
    for (; i + hn::Lanes(narrow) <= n; i += hn::Lanes(narrow)) step(narrow, i);
  }
  return i;
}

template <class DI16>
HWY_INLINE hn::Vec<DI16> load_codewords(DI16 di16, const Byte* in) {
  return hn::PromoteTo(di16, hn::LoadU(hn::Rebind<Byte, DI16>(), in));
}

template <class DI16>
HWY_INLINE void store_codewords(DI16, hn::Vec<DI16> codewords, Byte* out) {
  const hn::Rebind<Byte, DI16> du8;
#if TUTTI_AVX512
  const hn::RebindToUnsigned<DI16> du16;
  hn::StoreU(hn::TruncateTo(du8, hn::BitCast(du16, codewords)), du8, out);  // whatever is above the low byte
#else
  hn::StoreU(hn::DemoteTo(du8, codewords), du8, out);
#endif
}

// Two vectors of 32-bit lanes as one of 16-bit lanes, saturated, in order.
template <class DI16, class V32 = hn::Vec<hn::RepartitionToWide<DI16>>>
HWY_INLINE hn::Vec<DI16> saturate_pair(DI16 di16, V32 low, V32 high) {
#if HWY_ARCH_X86
  const auto by_blocks = hn::ReorderDemote2To(di16, low, high);
  if (hn::Lanes(di16) <= 8) return by_blocks;
  // The instruction alternates halves of 128-bit blocks: first the low ones, then the high ones.
  alignas(64) static constexpr std::uint64_t kOrder256[4] = {0, 2, 1, 3};
  alignas(64) static constexpr std::uint64_t kOrder512[8] = {0, 2, 4, 6, 1, 3, 5, 7};
  const hn::Repartition<std::uint64_t, DI16> du64;
  const auto order = hn::SetTableIndices(du64, hn::Lanes(di16) == 16 ? kOrder256 : kOrder512);
  return hn::BitCast(di16, hn::TableLookupLanes(hn::BitCast(du64, by_blocks), order));
#else
  const hn::Half<DI16> half;
  return hn::Combine(di16, hn::DemoteTo(half, high), hn::DemoteTo(half, low));
#endif
}

template <class DI16>
HWY_INLINE hn::Vec<DI16> saturated_sum(DI16 di16, const Sum* sum) {
  const hn::RepartitionToWide<DI16> di32;
  return saturate_pair(di16, hn::LoadU(di32, sum), hn::LoadU(di32, sum + hn::Lanes(di32)));
}

template <class DI16>
HWY_INLINE hn::Vec<DI16> without(DI16 di16, const Pcm* mix, const Pcm* excess, const Pcm* own) {
  return hn::SaturatedAdd(hn::SaturatedSub(hn::LoadU(di16, mix), hn::LoadU(di16, own)),
                          hn::LoadU(di16, excess));
}

template <class DI16>
HWY_INLINE void add_vector(DI16 di16, hn::Vec<DI16> samples, Sum* sum) {
  const hn::RepartitionToWide<DI16> di32;
  const hn::Half<DI16> half;
  const std::size_t middle = hn::Lanes(di32);
  const auto low = hn::PromoteTo(di32, hn::LowerHalf(half, samples));
  const auto high = hn::PromoteTo(di32, hn::UpperHalf(half, samples));
  hn::StoreU(hn::Add(hn::LoadU(di32, sum), low), di32, sum);
  hn::StoreU(hn::Add(hn::LoadU(di32, sum + middle), high), di32, sum + middle);
  (void)di16;
}

template <class Law>
void expand(const Byte* in, Pcm* out, std::size_t n) noexcept {
  const std::size_t i = for_each_vector(n, [=](auto d, std::size_t at) HWY_ATTR {
    hn::StoreU(Law::expand(d, load_codewords(d, in + at)), d, out + at);
  });
  if (i != n) Law::expand_rest(in + i, out + i, n - i);
}

template <class Law>
void compress(const Pcm* in, Byte* out, std::size_t n) noexcept {
  const std::size_t i = for_each_vector(n, [=](auto d, std::size_t at) HWY_ATTR {
    store_codewords(d, Law::compress(d, hn::LoadU(d, in + at)), out + at);
  });
  if (i != n) Law::compress_rest(in + i, out + i, n - i);
}

void add(const Pcm* in, Sum* sum, std::size_t n) noexcept {
  const std::size_t i = for_each_vector(
      n, [=](auto d, std::size_t at) HWY_ATTR { add_vector(d, hn::LoadU(d, in + at), sum + at); });
  if (i != n) scalar::add(in + i, sum + i, n - i);
}

void add_sum(const Sum* in, Sum* sum, std::size_t n) noexcept {
  const std::size_t i = for_each_vector(n, [=](auto d, std::size_t at) HWY_ATTR {
    const hn::RepartitionToWide<decltype(d)> di32;
    for (const std::size_t j : {at, at + hn::Lanes(di32)}) {
      hn::StoreU(hn::Add(hn::LoadU(di32, sum + j), hn::LoadU(di32, in + j)), di32, sum + j);
    }
  });
  if (i != n) scalar::add_sum(in + i, sum + i, n - i);
}

void saturate(const Sum* sum, Pcm* out, std::size_t n) noexcept {
  const std::size_t i = for_each_vector(
      n, [=](auto d, std::size_t at) HWY_ATTR { hn::StoreU(saturated_sum(d, sum + at), d, out + at); });
  if (i != n) scalar::saturate(sum + i, out + i, n - i);
}

void split(const Sum* sum, Pcm* mix, Pcm* excess, std::size_t n) noexcept {
  const std::size_t i = for_each_vector(n, [=](auto d, std::size_t at) HWY_ATTR {
    const hn::RepartitionToWide<decltype(d)> di32;
    const hn::Half<decltype(d)> half;
    const auto low = hn::LoadU(di32, sum + at);
    const auto high = hn::LoadU(di32, sum + at + hn::Lanes(di32));
    const auto kept = saturate_pair(d, low, high);
    hn::StoreU(kept, d, mix + at);
    hn::StoreU(saturate_pair(d, hn::Sub(low, hn::PromoteTo(di32, hn::LowerHalf(half, kept))),
                             hn::Sub(high, hn::PromoteTo(di32, hn::UpperHalf(half, kept)))),
               d, excess + at);
  });
  if (i != n) scalar::split(sum + i, mix + i, excess + i, n - i);
}

void mix_minus(const Pcm* mix, const Pcm* excess, const Pcm* own, Pcm* out, std::size_t n) noexcept {
  const std::size_t i = for_each_vector(n, [=](auto d, std::size_t at) HWY_ATTR {
    hn::StoreU(without(d, mix + at, excess + at, own + at), d, out + at);
  });
  if (i != n) scalar::mix_minus(mix + i, excess + i, own + i, out + i, n - i);
}

void gain(const Pcm* in, GainQ12 factor, Pcm* out, std::size_t n) noexcept {
  const std::size_t i = for_each_vector(n, [=](auto d, std::size_t at) HWY_ATTR {
    const hn::RepartitionToWide<decltype(d)> di32;
    const hn::Half<decltype(d)> half;
    const auto factors = hn::Set(di32, factor);
    const auto rounding = hn::Set(di32, kUnityGain / 2);
    const auto low = hn::PromoteTo(di32, hn::LoadU(half, in + at));
    const auto high = hn::PromoteTo(di32, hn::LoadU(half, in + at + hn::Lanes(di32)));
    hn::StoreU(saturate_pair(d, hn::ShiftRight<12>(hn::Add(hn::Mul(low, factors), rounding)),
                             hn::ShiftRight<12>(hn::Add(hn::Mul(high, factors), rounding))),
               d, out + at);
  });
  if (i != n) scalar::gain(in + i, factor, out + i, n - i);
}

// The 32-bit lanes, unsigned, added into 64-bit lanes.
template <class DU64, class V64 = hn::Vec<DU64>>
HWY_INLINE V64 widen_and_add(DU64 du64, V64 pairs, V64 to) {
  return hn::Add(to, hn::Add(hn::And(pairs, hn::Set(du64, 0xFFFF'FFFF)), hn::ShiftRight<32>(pairs)));
}

std::uint64_t energy(const Pcm* in, std::size_t n) noexcept {
  const Wide wide;
  const hn::RepartitionToWide<Wide> di32;
  const hn::Repartition<std::uint64_t, Wide> du64;
  auto sum = hn::Zero(du64);
  std::size_t i = 0;
  for (; i + hn::Lanes(wide) <= n; i += hn::Lanes(wide)) {
    const auto samples = hn::LoadU(wide, in + i);
    auto second = hn::Zero(di32);  // where a target keeps the squares that it has not paired
    // A pair of squares is 2^31 at most: it fits a lane, taken as unsigned.
    const auto first = hn::ReorderWidenMulAccumulate(di32, samples, samples, hn::Zero(di32), second);
    sum = widen_and_add(du64, hn::BitCast(du64, first), sum);
    sum = widen_and_add(du64, hn::BitCast(du64, second), sum);
  }
  const std::uint64_t whole = hn::GetLane(hn::SumOfLanes(du64, sum));
  return i == n ? whole : whole + scalar::energy(in + i, n - i);
}

std::uint16_t peak(const Pcm* in, std::size_t n) noexcept {
  const Wide wide;
  const hn::RebindToUnsigned<Wide> du16;
  auto greatest = hn::Zero(du16);
  std::size_t i = 0;
  for (; i + hn::Lanes(wide) <= n; i += hn::Lanes(wide)) {
    // |-32 768| wraps to itself, which is right when taken as unsigned.
    greatest = hn::Max(greatest, hn::BitCast(du16, hn::Abs(hn::LoadU(wide, in + i))));
  }
  const std::uint16_t whole = hn::GetLane(hn::MaxOfLanes(du16, greatest));
  return i == n ? whole : std::max(whole, scalar::peak(in + i, n - i));
}

Byte greatest(const Byte* in, Byte inversions, std::size_t n) noexcept {
  const hn::Repartition<std::uint8_t, Wide> du8;
  const hn::Repartition<std::uint16_t, Wide> du16;
  const std::size_t lanes = hn::Lanes(du8);
  if (n < lanes) return scalar::greatest(in, inversions, n);
  const auto flips = hn::Set(du8, inversions);
  const auto magnitude = hn::Set(du8, 0x7F);
  auto greatest = hn::Zero(du8);
  // The last vector may overlap the one before: a codeword seen twice is no greater.
  for (std::size_t i = 0;; i = std::min(i + lanes, n - lanes)) {
    greatest = hn::Max(greatest, hn::And(hn::Xor(hn::LoadU(du8, in + i), flips), magnitude));
    if (i == n - lanes) break;
  }
  const auto pairs = hn::BitCast(du16, greatest);
  const auto greater = hn::Max(hn::And(pairs, hn::Set(du16, 0xFF)), hn::ShiftRight<8>(pairs));
  return static_cast<Byte>(hn::GetLane(hn::MaxOfLanes(du16, greater)));
}

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
    const DI32 di32;
    const auto low = hn::InterleaveLower(di32, even, odd);  // the lower half of each block of 128 bits
    const auto high = hn::InterleaveUpper(di32, even, odd);
    const std::size_t lanes = hn::Lanes(di32);
    if constexpr (HWY_MAX_BYTES == 16 || hn::MaxLanes(DI32()) <= 4) {
      store_sum(low, high, sum, lanes);
    } else if constexpr (hn::MaxLanes(DI32()) == 8) {
      store_sum(hn::ConcatLowerLower(di32, high, low), hn::ConcatUpperUpper(di32, high, low), sum, lanes);
    } else {
      store_sum(in_order_512(low, high, 0), in_order_512(low, high, 4), sum, lanes);
    }
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
    store_sum(low, high, sum, hn::Lanes(DI32()));
  }
#endif

 private:
  static HWY_INLINE void store_sum(V32 low, V32 high, Sum* sum, std::size_t lanes) {
    const DI32 di32;
    hn::StoreU(hn::Add(hn::LoadU(di32, sum), low), di32, sum);
    hn::StoreU(hn::Add(hn::LoadU(di32, sum + lanes), high), di32, sum + lanes);
  }
#if TUTTI_AVX512
  // The blocks of both in turn, from the `first` 64 bits on.
  static HWY_INLINE V32 in_order_512(V32 low, V32 high, long long first) {
    const __m512i order =
        _mm512_add_epi64(_mm512_setr_epi64(0, 1, 8, 9, 2, 3, 10, 11), _mm512_set1_epi64(first));
    return V32{_mm512_permutex2var_epi64(low.raw, order, high.raw)};
  }
#endif
};

// Both laws know multiples of 4 only, to 32 256: the quarters of four talkers fit 16 bits, so that only every
// fourth has to be widened. A fifth less time with AVX-512; AVX2 has too few registers to gain by it.
template <class Law>
void expand_add(const Byte* const* in, Pcm* const* out, std::size_t count, Sum* sum, std::size_t n) noexcept {
  const std::size_t i = for_each_vector(n, [=](auto d, std::size_t at) HWY_ATTR {
    using Running = RunningSum<decltype(d)>;
    auto first = hn::Zero(typename Running::DI32());
    auto second = first;
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
    Running::add_to(sum + at, first, second);
  });
  if (i == n) return;
  for (std::size_t each = 0; each < count; ++each) {
    Law::expand_rest(in[each] + i, out[each] + i, n - i);
    scalar::add(out[each] + i, sum + i, n - i);
  }
}

template <class Law>
void mix_minus_compress(const Pcm* mix, const Pcm* excess, const Pcm* own, Byte* out,
                        std::size_t n) noexcept {
  const std::size_t i = for_each_vector(n, [=](auto d, std::size_t at) HWY_ATTR {
    store_codewords(d, Law::compress(d, without(d, mix + at, excess + at, own + at)), out + at);
  });
  if (i == n) return;
  Pcm rest[8];
  scalar::mix_minus(mix + i, excess + i, own + i, rest, n - i);
  Law::compress_rest(rest, out + i, n - i);
}

const Kernels* kernels() {
  static const Kernels kKernels{
      .name = hwy::TargetName(HWY_TARGET),
      .expand_ulaw = expand<Ulaw>,
      .expand_alaw = expand<Alaw>,
      .compress_ulaw = compress<Ulaw>,
      .compress_alaw = compress<Alaw>,
      .add = add,
      .add_sum = add_sum,
      .saturate = saturate,
      .split = split,
      .mix_minus = mix_minus,
      .gain = gain,
      .energy = energy,
      .peak = peak,
      .greatest = greatest,
      .expand_add_ulaw = expand_add<Ulaw>,
      .expand_add_alaw = expand_add<Alaw>,
      .mix_minus_compress_ulaw = mix_minus_compress<Ulaw>,
      .mix_minus_compress_alaw = mix_minus_compress<Alaw>,
  };
  return &kKernels;
}

#endif  // a vector target

}  // namespace tutti::kernel::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace tutti::kernel {
namespace {
HWY_EXPORT(kernels);
}

std::size_t find_targets(std::span<const Kernels*> out) {
  std::size_t count = 0;
  const std::int64_t runnable = hwy::SupportedTargets() & HWY_TARGETS;
  // A lower bit is a better target.
  for (std::int64_t left = runnable; left != 0 && count < out.size(); left &= left - 1) {
    hwy::SetSupportedTargetsForTest(left & -left);
    hwy::GetChosenTarget().Update(hwy::SupportedTargets());
    out[count++] = HWY_DYNAMIC_DISPATCH(kernels)();
  }
  hwy::SetSupportedTargetsForTest(0);
  hwy::GetChosenTarget().DeInit();
  return count;
}

}  // namespace tutti::kernel
#endif
