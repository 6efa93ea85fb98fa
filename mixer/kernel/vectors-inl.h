// What all kernels are made of: walking over arrays vector by vector, bytes and sums in and out of 16-bit
// lanes. Compiled once for each target.

#if defined(TUTTI_MIXER_KERNEL_VECTORS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef TUTTI_MIXER_KERNEL_VECTORS_INL_H_
#undef TUTTI_MIXER_KERNEL_VECTORS_INL_H_
#else
#define TUTTI_MIXER_KERNEL_VECTORS_INL_H_
#endif

#include <cstddef>
#include <cstdint>

#include <hwy/highway.h>

#include "mixer/kernel/g711_avx512-inl.h"
#include "mixer/kernel/kernels.h"

HWY_BEFORE_NAMESPACE();
namespace tutti::kernel::HWY_NAMESPACE {

#if HWY_TARGET != HWY_SCALAR && HWY_TARGET != HWY_EMU128

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

#endif  // a vector target

}  // namespace tutti::kernel::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // TUTTI_MIXER_KERNEL_VECTORS_INL_H_
