// What many talkers hear of one mix, compressed, in one pass. Compiled once for each target.

#if defined(TUTTI_MIXER_KERNEL_MIX_MINUS_COMPRESS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef TUTTI_MIXER_KERNEL_MIX_MINUS_COMPRESS_INL_H_
#undef TUTTI_MIXER_KERNEL_MIX_MINUS_COMPRESS_INL_H_
#else
#define TUTTI_MIXER_KERNEL_MIX_MINUS_COMPRESS_INL_H_
#endif

#include <cstddef>

#include <hwy/highway.h>

#include "mixer/kernel/g711_pairs-inl.h"
#include "mixer/kernel/scalar_reference.h"
#include "mixer/kernel/vectors-inl.h"

HWY_BEFORE_NAMESPACE();
namespace tutti::kernel::HWY_NAMESPACE {

#if HWY_TARGET != HWY_SCALAR && HWY_TARGET != HWY_EMU128

namespace hn = hwy::HWY_NAMESPACE;

// A vector's worth of a mix that is taken apart for many.
template <class DI16>
class Others {
 public:
  HWY_INLINE Others(DI16 di16, const Pcm* mix, const Pcm* excess)
      : mix_(hn::LoadU(di16, mix)), excess_(hn::LoadU(di16, excess)) {}
  // Whether nothing was cut off, as where people talk.
  HWY_INLINE bool whole() const { return hn::AllTrue(DI16(), hn::Eq(excess_, hn::Zero(DI16()))); }
  template <bool Whole = false>
  HWY_INLINE hn::Vec<DI16> without(const Pcm* own) const {
    const auto others = hn::SaturatedSub(mix_, hn::LoadU(DI16(), own));
    return Whole ? others : hn::SaturatedAdd(others, excess_);
  }

 private:
  hn::Vec<DI16> mix_;
  hn::Vec<DI16> excess_;
};

#if TUTTI_COMPRESSES_PAIRS
template <class Law, bool Whole>
HWY_INLINE void compress_pair_of_all(const Others<Wide>& first, const Others<Wide>& second,
                                     const Pcm* const* own, Byte* const* out, std::size_t count,
                                     std::size_t at) {
  const Wide wide;
  for (std::size_t each = 0; each < count; ++each) {
    const Pcm* const from = own[each] + at;
    hn::StoreU(Law::compress_pair(first.without<Whole>(from), second.without<Whole>(from + hn::Lanes(wide))),
               hn::Repartition<Byte, Wide>(), out[each] + at);
  }
}

// Returns where the rest begins.
template <class Law>
HWY_INLINE std::size_t compress_pairs(const Pcm* mix, const Pcm* excess, const Pcm* const* own,
                                      Byte* const* out, std::size_t count, std::size_t n) {
  const Wide wide;
  const std::size_t lanes = hn::Lanes(wide);
  std::size_t i = 0;
  for (; i + 2 * lanes <= n; i += 2 * lanes) {
    const Others first(wide, mix + i, excess + i);
    const Others second(wide, mix + i + lanes, excess + i + lanes);
    if (first.whole() && second.whole()) {
      compress_pair_of_all<Law, true>(first, second, own, out, count, i);
    } else {
      compress_pair_of_all<Law, false>(first, second, own, out, count, i);
    }
  }
  if (i + lanes > n) return i;
  // One vector is left of each: two talkers make a pair.
  const hn::Half<hn::Repartition<Byte, Wide>> half;
  const Others last(wide, mix + i, excess + i);
  const auto without = [&](std::size_t each) HWY_ATTR { return last.without(own[each] + i); };
  std::size_t each = 0;
  for (; each + 2 <= count; each += 2) {
    const auto pair = Law::compress_pair(without(each), without(each + 1));
    hn::StoreU(hn::LowerHalf(half, pair), half, out[each] + i);
    hn::StoreU(hn::UpperHalf(half, pair), half, out[each + 1] + i);
  }
  if (each < count) store_codewords(wide, Law::compress(wide, without(each)), out[each] + i);
  return i + lanes;
}
#endif

template <class Law>
void mix_minus_compress(const Pcm* mix, const Pcm* excess, const Pcm* const* own, Byte* const* out,
                        std::size_t count, std::size_t n) noexcept {
  std::size_t i = 0;
#if TUTTI_COMPRESSES_PAIRS
  i = compress_pairs<Law>(mix, excess, own, out, count, n);
#endif
  i += for_each_vector(n - i, [=](auto d, std::size_t at) HWY_ATTR {
    const Others others(d, mix + i + at, excess + i + at);
    for (std::size_t each = 0; each < count; ++each) {
      store_codewords(d, Law::compress(d, others.without(own[each] + i + at)), out[each] + i + at);
    }
  });
  if (i == n) return;
  Pcm rest[8];
  for (std::size_t each = 0; each < count; ++each) {
    scalar::mix_minus(mix + i, excess + i, own[each] + i, rest, n - i);
    Law::compress_rest(rest, out[each] + i, n - i);
  }
}

#endif  // a vector target

}  // namespace tutti::kernel::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // TUTTI_MIXER_KERNEL_MIX_MINUS_COMPRESS_INL_H_
