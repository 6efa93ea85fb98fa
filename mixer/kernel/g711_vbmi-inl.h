// G.711 on two whole vectors at a time, for AVX-512 with VBMI: what looks up bytes serves both at once.
//
// The upper seven bits of a magnitude tell its segment, and how far up its step lies.

#if defined(TUTTI_MIXER_KERNEL_G711_VBMI_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef TUTTI_MIXER_KERNEL_G711_VBMI_INL_H_
#undef TUTTI_MIXER_KERNEL_G711_VBMI_INL_H_
#else
#define TUTTI_MIXER_KERNEL_G711_VBMI_INL_H_
#endif

#include <array>
#include <cstdint>

#include <hwy/highway.h>

#include "mixer/kernel/g711_avx512-inl.h"
#include "mixer/kernel/vectors-inl.h"

HWY_BEFORE_NAMESPACE();
namespace tutti::kernel::HWY_NAMESPACE {

#if HWY_TARGET == HWY_AVX3_DL

using Words = hn::Vec<Wide>;
using Bytes = hn::Vec<hn::Repartition<Byte, Wide>>;

// By the upper seven of a magnitude's fifteen bits: its segment in the upper four bits, and in the lower four
// at which bit of it the step begins.
struct Segments {
  alignas(64) std::array<std::uint8_t, 128> of{};

  // Shapes: `first_step` is where the step begins in the first segment, whatever the leading one.
  explicit constexpr Segments(unsigned first_step) {
    for (unsigned i = 0; i < 128; ++i) {
      unsigned segment = 0;
      while (i >> segment != 0) ++segment;
      of[i] = static_cast<std::uint8_t>(segment << 4 | (segment == 0 ? first_step : segment + 3));
    }
  }
};

HWY_INLINE __m512i look_up(const std::array<std::uint8_t, 128>& table, __m512i index) {
  return _mm512_permutex2var_epi8(_mm512_load_si512(table.data()), index,
                                  _mm512_load_si512(table.data() + 64));
}

// Two vectors' codewords in order, by their samples and the magnitudes of these.
// `Sign` makes one of the seven bits (where the mask is set) and the sample's sign (elsewhere).
template <int Sign>
HWY_INLINE __m512i compress_pair(const Segments& segments, Words first, Words second, __m512i first_magnitude,
                                 __m512i second_magnitude) {
  // The first vector in the even bytes of a word, the second in the odd ones.
  constexpr __mmask64 kEven = 0x5555'5555'5555'5555;
  const __m512i low_nibble = _mm512_set1_epi8(0x0F);
  const auto upper_bytes = [=](__m512i even, __m512i odd) HWY_ATTR {
    const __m512i upper = _mm512_set4_epi32(0x0F0F'0D0D, 0x0B0B'0909, 0x0707'0505, 0x0303'0101);
    return _mm512_mask_shuffle_epi8(odd, kEven, even, upper);
  };
  const __m512i found = look_up(segments.of, upper_bytes(first_magnitude, second_magnitude));
  // A word is the first to the fourth of 64 bits. 0xEA: found & low_nibble | place.
  const __m512i place = _mm512_set1_epi64(0x3030'2020'1010'0000);
  const __m512i from = _mm512_ternarylogic_epi32(found, low_nibble, place, 0xEA);
  const __m512i steps = _mm512_mask_multishift_epi64_epi8(_mm512_multishift_epi64_epi8(from, first_magnitude),
                                                          ~kEven, from, second_magnitude);
  // Each overwrites its first operand, so that is one which is not wanted any more: no copies. 0xE2: steps
  // where the mask is set, found elsewhere.
  const __m512i codes = _mm512_ternarylogic_epi32(steps, low_nibble, found, 0xE2);
  const __m512i codewords =
      _mm512_ternarylogic_epi32(codes, _mm512_set1_epi8(0x7F), upper_bytes(first.raw, second.raw), Sign);
  struct Order {
    alignas(64) std::array<std::uint8_t, 64> of{};
    constexpr Order() {
      for (unsigned i = 0; i < 64; ++i) of[i] = static_cast<std::uint8_t>(2 * (i % 32) + i / 32);
    }
  };
  static constexpr Order kOrder;
  return _mm512_permutexvar_epi8(_mm512_load_si512(kOrder.of.data()), codewords);
}

struct UlawByPairs : Ulaw {
  static HWY_INLINE Bytes compress_pair(Words first, Words second) {
    static constexpr Segments kSegments(3);
    // One saturated sum instead of two: only half of the vector unit does those.
    const auto biased = [](Words samples) HWY_ATTR {
      return hn::SaturatedAdd(hn::Max(samples, hn::Not(samples)), hn::Set(Wide(), 0x84)).raw;
    };
    // 0x1D: the inverses of both.
    return Bytes{HWY_NAMESPACE::compress_pair<0x1D>(kSegments, first, second, biased(first), biased(second))};
  }
};

struct AlawByPairs : Alaw {
  static HWY_INLINE Bytes compress_pair(Words first, Words second) {
    static constexpr Segments kSegments(4);  // the first segment is a line: it has no leading one
    const auto magnitude = [](Words samples) HWY_ATTR { return hn::Max(samples, hn::Not(samples)).raw; };
    // 0xD1: the seven bits, and the inverse of the sign.
    const __m512i codewords =
        HWY_NAMESPACE::compress_pair<0xD1>(kSegments, first, second, magnitude(first), magnitude(second));
    return Bytes{_mm512_xor_si512(codewords, _mm512_set1_epi8(0x55))};
  }
};

#endif

}  // namespace tutti::kernel::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // TUTTI_MIXER_KERNEL_G711_VBMI_INL_H_
