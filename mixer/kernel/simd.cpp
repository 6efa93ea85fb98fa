// Compiled once for each target: foreach_target.h includes this file again with other flags.

#include "mixer/kernel/simd.h"

#include <algorithm>
#include <cstdint>
#include <numeric>

#include "mixer/kernel/scalar_reference.h"

#define HWY_WANT_AVX3_DL 1  // AVX-512 with VBMI, too
// Vectors whose length is not known when compiled can be neither members nor array elements, as ours are. Who
// has them has NEON.
#define HWY_DISABLED_TARGETS (HWY_SVE | HWY_SVE2 | HWY_SVE_256 | HWY_SVE2_128)
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "mixer/kernel/simd.cpp"
#include <hwy/foreach_target.h>  // must come before highway.h
#include <hwy/highway.h>

#include "mixer/kernel/expand_add-inl.h"
#include "mixer/kernel/g711_pairs-inl.h"
#include "mixer/kernel/mix_minus_compress-inl.h"
#include "mixer/kernel/vectors-inl.h"

HWY_BEFORE_NAMESPACE();
namespace tutti::kernel::HWY_NAMESPACE {

#if HWY_TARGET == HWY_SCALAR || HWY_TARGET == HWY_EMU128

const Kernels* kernels() {
  return &scalar::kKernels;
}

#else

namespace hn = hwy::HWY_NAMESPACE;

template <class DI16>
HWY_INLINE hn::Vec<DI16> saturated_sum(DI16 di16, const Sum* sum) {
  const hn::RepartitionToWide<DI16> di32;
  return saturate_pair(di16, hn::LoadU(di32, sum), hn::LoadU(di32, sum + hn::Lanes(di32)));
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
    hn::StoreU(Others(d, mix + at, excess + at).without(own + at), d, out + at);
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

void scale_mix(const Sum* sum, const Pcm* own, GainQ12 factor, Pcm* out, std::size_t n) noexcept {
  // From here on it saturates: 32 768 x 4 096 / factor. So limited, the product fits 32 bits.
  const std::int32_t limit = factor == 0 ? 0 : (1 << 27) / factor + 1;
  const std::size_t i = for_each_vector(n, [=](auto d, std::size_t at) HWY_ATTR {
    const hn::RepartitionToWide<decltype(d)> di32;
    const hn::Half<decltype(d)> half;
    const auto scaled = [=](std::size_t from) HWY_ATTR {
      auto heard = hn::LoadU(di32, sum + from);
      if (own != nullptr) heard = hn::Sub(heard, hn::PromoteTo(di32, hn::LoadU(half, own + from)));
      heard = hn::Min(hn::Max(heard, hn::Set(di32, -limit)), hn::Set(di32, limit));
      return hn::ShiftRight<12>(
          hn::Add(hn::Mul(heard, hn::Set(di32, factor)), hn::Set(di32, kUnityGain / 2)));
    };
    hn::StoreU(saturate_pair(d, scaled(at), scaled(at + hn::Lanes(di32))), d, out + at);
  });
  if (i != n) scalar::scale_mix(sum + i, own == nullptr ? own : own + i, factor, out + i, n - i);
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

// |a - b| is twice the greater less a less b, and what is less is the same for all of a, and known for b from
// the lag before: so a vector is one maximum and one sum of pairs.
std::size_t closest_lag(const Pcm* in, std::size_t least, std::size_t most, std::size_t n) noexcept {
  const Wide d;
  const hn::RepartitionToWide<Wide> di32;
  const auto ones = hn::Set(d, 1);
  const std::size_t whole = n - n % hn::Lanes(d);
  const auto total = [=](const Pcm* of) { return std::accumulate(of, of + whole, Sum{0}); };
  const Sum fixed = total(in);
  Sum moving = total(in + least);
  std::size_t closest = least;
  std::uint32_t smallest = UINT32_MAX;
  for (std::size_t lag = least; lag <= most; ++lag) {
    auto even = hn::Zero(di32);
    auto odd = hn::Zero(di32);  // where a target keeps the products that it has not paired
    for (std::size_t i = 0; i < whole; i += hn::Lanes(d)) {
      const auto greater = hn::Max(hn::LoadU(d, in + i), hn::LoadU(d, in + i + lag));
      even = hn::ReorderWidenMulAccumulate(di32, greater, ones, even, odd);
    }
    const Sum greatest = hn::GetLane(hn::SumOfLanes(di32, hn::Add(even, odd)));
    const std::uint32_t sum = 2 * static_cast<std::uint32_t>(greatest) - static_cast<std::uint32_t>(fixed) -
                              static_cast<std::uint32_t>(moving) +
                              scalar::difference(in + whole, in + whole + lag, n - whole);
    if (sum < smallest) {
      smallest = sum;
      closest = lag;
    }
    if (lag != most && whole != 0) moving += in[lag + whole] - in[lag];
  }
  return closest;
}

// Of bytes; folded to 16 at first: across a longer vector each step takes longer.
template <class D>
HWY_INLINE Byte least_of_lanes(D d, hn::Vec<D> bytes) {
  if constexpr (hn::MaxLanes(D()) > 16) {
    const hn::Half<D> half;
    return least_of_lanes(half, hn::Min(hn::LowerHalf(half, bytes), hn::UpperHalf(half, bytes)));
  } else {
    const hn::Repartition<std::uint16_t, D> du16;
    const auto upper = hn::BitCast(d, hn::ShiftRight<8>(hn::BitCast(du16, bytes)));
    return static_cast<Byte>(hn::GetLane(hn::MinOfLanes(du16, hn::BitCast(du16, hn::Min(bytes, upper)))));
  }
}

template <bool Copy>
HWY_INLINE Byte greatest_of(const Byte* in, Byte* out, Byte inversions, std::size_t n) {
  const hn::Repartition<std::uint8_t, Wide> du8;
  const std::size_t lanes = hn::Lanes(du8);
  if (n < lanes) {
    return Copy ? scalar::copy_greatest(in, out, inversions, n) : scalar::greatest(in, inversions, n);
  }
  // What is missing to 0x7F, and of that the least: x86 has an instruction for it.
  const auto magnitude = hn::Set(du8, 0x7F);
  const auto flips = hn::Set(du8, static_cast<Byte>(inversions ^ 0x7F));
  auto least = magnitude;
  const auto look = [&](std::size_t at) HWY_ATTR {
    const auto codewords = hn::LoadU(du8, in + at);
    if constexpr (Copy) hn::StoreU(codewords, du8, out + at);
    least = hn::Min(least, hn::And(hn::Xor(codewords, flips), magnitude));
  };
  std::size_t at = 0;
  for (; at + lanes <= n; at += lanes) look(at);
  // The last vector may overlap the one before: a codeword seen twice is no greater.
  if (at != n) look(n - lanes);
  return static_cast<Byte>(0x7F - least_of_lanes(du8, least));
}

Byte greatest(const Byte* in, Byte inversions, std::size_t n) noexcept {
  return greatest_of<false>(in, nullptr, inversions, n);
}

Byte copy_greatest(const Byte* in, Byte* out, Byte inversions, std::size_t n) noexcept {
  return greatest_of<true>(in, out, inversions, n);
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
      .closest_lag = closest_lag,
      .scale_mix = scale_mix,
      .greatest = greatest,
      .copy_greatest = copy_greatest,
      .expand_add_ulaw = expand_add<UlawByPairs>,
      .expand_add_alaw = expand_add<AlawByPairs>,
      .expand_mix_ulaw = expand_mix<UlawByPairs>,
      .expand_mix_alaw = expand_mix<AlawByPairs>,
      .mix_minus_compress_ulaw = mix_minus_compress<UlawByPairs>,
      .mix_minus_compress_alaw = mix_minus_compress<AlawByPairs>,
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
