// G.711 on two whole vectors at a time, for AVX2 only: what can be done to bytes serves both at once.
//
// Compressing: as in g711-inl.h, with the sign put on when both are bytes. Expanding: a quarter of the value
// is the sum of two products of small numbers, each looked up by four bits.

#if defined(TUTTI_MIXER_KERNEL_G711_AVX2_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef TUTTI_MIXER_KERNEL_G711_AVX2_INL_H_
#undef TUTTI_MIXER_KERNEL_G711_AVX2_INL_H_
#else
#define TUTTI_MIXER_KERNEL_G711_AVX2_INL_H_
#endif

#include <array>
#include <cstdint>

#include <hwy/highway.h>

#include "mixer/kernel/g711_avx512-inl.h"
#include "mixer/kernel/vectors-inl.h"

HWY_BEFORE_NAMESPACE();
namespace tutti::kernel::HWY_NAMESPACE {

#if HWY_TARGET == HWY_AVX2

using Words = hn::Vec<Wide>;
using Bytes = hn::Vec<hn::Repartition<Byte, Wide>>;

// Two vectors of samples in order, and a quarter of each, which is whole: both laws know multiples of 4 only.
struct ExpandedPair {
  Words first;
  Words second;
  Words first_quarter;
  Words second_quarter;
};

// A quarter of a codeword's value is factor x step + second x constant, of which the signed ones, step and
// constant, take the sign. Here they are below zero for who is above: the sign that the line carries is the
// inverse.
struct Products {
  alignas(16) std::array<std::uint8_t, 16> factor{};  // these two by the codeword's upper four bits
  alignas(16) std::array<std::uint8_t, 16> second{};
  alignas(16) std::array<std::int8_t, 16> step{};  // by its lower four
  std::int8_t constant = 0;
};

// `SecondIsOne` where that is its only value: then it is not looked up.
template <bool SecondIsOne>
HWY_INLINE ExpandedPair expand_pair(const Products& products, const Byte* in) {
  const auto look_up = [](const auto& table, __m256i index) HWY_ATTR {
    const __m128i loaded = _mm_load_si128(reinterpret_cast<const __m128i*>(table.data()));
    return _mm256_shuffle_epi8(_mm256_broadcastsi128_si256(loaded), index);
  };
  const __m256i low_nibble = _mm256_set1_epi8(0x0F);
  // Bytes are interleaved block by block: the quarters of the first vector go to the lower halves.
  const __m256i codewords =
      _mm256_permute4x64_epi64(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(in)), 0xD8);
  const __m256i upper = _mm256_and_si256(_mm256_srli_epi16(codewords, 4), low_nibble);
  const __m256i factor = look_up(products.factor, upper);
  const __m256i second = SecondIsOne ? _mm256_set1_epi8(1) : look_up(products.second, upper);
  const __m256i sign = _mm256_or_si256(codewords, _mm256_set1_epi8(1));  // never zero, which is no sign
  const __m256i step =
      _mm256_sign_epi8(look_up(products.step, _mm256_and_si256(codewords, low_nibble)), sign);
  const __m256i constant = _mm256_sign_epi8(_mm256_set1_epi8(products.constant), sign);
  const Words low{
      _mm256_maddubs_epi16(_mm256_unpacklo_epi8(factor, second), _mm256_unpacklo_epi8(step, constant))};
  const Words high{
      _mm256_maddubs_epi16(_mm256_unpackhi_epi8(factor, second), _mm256_unpackhi_epi8(step, constant))};
  return {hn::ShiftLeft<2>(low), hn::ShiftLeft<2>(high), low, high};
}

// Of two vectors' samples and their seven bits, segment and step.
HWY_INLINE Bytes codewords_of(Words first, Words second, Words first_code, Words second_code,
                              int inversions) {
  const __m256i codes = _mm256_packus_epi16(first_code.raw, second_code.raw);
  const __m256i signs = _mm256_and_si256(_mm256_packs_epi16(first.raw, second.raw), _mm256_set1_epi8(-128));
  const __m256i by_blocks =
      _mm256_xor_si256(_mm256_or_si256(codes, signs), _mm256_set1_epi8(static_cast<char>(inversions)));
  return Bytes{_mm256_permute4x64_epi64(by_blocks, 0xD8)};
}

struct UlawByPairs : Ulaw {
  static constexpr Products products() {
    Products all;
    for (unsigned i = 0; i < 16; ++i) {
      all.factor[i] = static_cast<std::uint8_t>(1U << (~i & 7));
      all.step[i] = static_cast<std::int8_t>(-static_cast<int>(33 + 2 * (~i & 15)));
    }
    all.constant = 33;
    return all;
  }
  static HWY_INLINE ExpandedPair expand_pair(const Byte* in) {
    static constexpr Products kProducts = products();
    return HWY_NAMESPACE::expand_pair<true>(kProducts, in);
  }
  static HWY_INLINE Bytes compress_pair(Words first, Words second) {
    const auto code = [](Words samples) HWY_ATTR {
      const Wide wide;
      const auto biased = hn::Max(hn::SaturatedAdd(samples, hn::Set(wide, 0x84)),
                                  hn::SaturatedSub(hn::Set(wide, 0x83), samples));
      return hn::Sub(exponent_and_step(wide, biased), hn::Set(wide, kExponentBias<7>));
    };
    return codewords_of(first, second, code(first), code(second), 0xFF);
  }
};

struct AlawByPairs : Alaw {
  static constexpr Products products() {
    Products all;
    for (unsigned i = 0; i < 16; ++i) {
      const unsigned segment = (i ^ 5) & 7;
      all.factor[i] = static_cast<std::uint8_t>(2U << (segment == 0 ? 0 : segment - 1));
      all.second[i] = segment == 0 ? std::uint8_t{0} : all.factor[i];
      all.step[i] = static_cast<std::int8_t>(-static_cast<int>(2 * ((i ^ 5) & 15) + 1));
    }
    all.constant = -32;
    return all;
  }
  static HWY_INLINE ExpandedPair expand_pair(const Byte* in) {
    static constexpr Products kProducts = products();
    return HWY_NAMESPACE::expand_pair<false>(kProducts, in);
  }
  static HWY_INLINE Bytes compress_pair(Words first, Words second) {
    const auto code = [](Words samples) HWY_ATTR {
      const Wide wide;
      const auto magnitude = hn::Max(samples, hn::Not(samples));
      const auto curve = hn::Sub(exponent_and_step(wide, magnitude), hn::Set(wide, kExponentBias<7>));
      // Below 256 the curve is the lower one, of no value: the law is a line there.
      return hn::IfThenElse(hn::Lt(magnitude, hn::Set(wide, 256)), hn::ShiftRight<4>(magnitude), curve);
    };
    return codewords_of(first, second, code(first), code(second), 0xD5);
  }
};

#endif

}  // namespace tutti::kernel::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // TUTTI_MIXER_KERNEL_G711_AVX2_INL_H_
