// G.711 on whole 512-bit vectors, for AVX-512 only: fewer instructions than g711-inl.h, by what only this
// set has. On other targets the portable laws take these names.
//
// Expanding: a law is 16 straight lines, so a codeword's value is the first of its line plus step times
// slope, both found by permuting registers of 16-bit lanes. Compressing: as in g711-inl.h, but four times the
// value becomes the float, so that no bias is left in the seven bits; one ternary operation puts the sign on
// top.

#if defined(TUTTI_MIXER_KERNEL_G711_AVX512_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef TUTTI_MIXER_KERNEL_G711_AVX512_INL_H_
#undef TUTTI_MIXER_KERNEL_G711_AVX512_INL_H_
#else
#define TUTTI_MIXER_KERNEL_G711_AVX512_INL_H_
#endif

#include "mixer/kernel/g711-inl.h"

#undef TUTTI_AVX512
#define TUTTI_AVX512 (HWY_TARGET == HWY_AVX3 || HWY_TARGET == HWY_AVX3_DL)

HWY_BEFORE_NAMESPACE();
namespace tutti::kernel::HWY_NAMESPACE {

#if TUTTI_AVX512

using Full = hn::Full512<std::int16_t>;
using V = hn::Vec<Full>;

// The lines by the codeword's upper four bits, sign and segment as they are on the line. A line begins where
// the whole codeword, not its step alone, is zero: in 16 bits that wrap the product of line and slope cancels
// out.
struct Lines {
  alignas(64) std::int16_t first[32]{};  // 16 and the same again: a register has 32 lanes
  alignas(64) std::int16_t slope[32]{};
};

constexpr std::int16_t start_of(int first, int slope, int line) {
  return static_cast<std::int16_t>(static_cast<std::uint16_t>(first - (line & 15) * 16 * slope));
}

constexpr Lines ulaw_lines() {
  Lines lines;
  for (int i = 0; i < 32; ++i) {
    const int segment = ~i & 7;
    const int sign = (i & 8) != 0 ? 1 : -1;
    // The line carries the step inverted: its 0 is the segment's last step, from where it goes down.
    lines.slope[i] = static_cast<std::int16_t>(-sign * (8 << segment));
    lines.first[i] = start_of(sign * (((33 + 2 * 15) << segment) - 33) * 4, lines.slope[i], i);
  }
  return lines;
}

constexpr Lines alaw_lines() {
  Lines lines;
  for (int i = 0; i < 32; ++i) {
    const int segment = (i ^ 5) & 7;
    const int sign = (i & 8) != 0 ? 1 : -1;
    lines.slope[i] = static_cast<std::int16_t>(sign * (segment == 0 ? 16 : 8 << segment));
    lines.first[i] = start_of(sign * (segment == 0 ? 8 : 132 << segment), lines.slope[i], i);
  }
  return lines;
}

HWY_INLINE V value_on_line(Full full, const Lines& lines, V codewords) {
  const V line = hn::ShiftRight<4>(codewords);
  const V first{_mm512_permutexvar_epi16(line.raw, hn::Load(full, lines.first).raw)};
  const V slope{_mm512_permutexvar_epi16(line.raw, hn::Load(full, lines.slope).raw)};
  return hn::Add(first, hn::Mul(codewords, slope));
}

// For each lane, 0 to 32 767: segment and step in the low seven bits, for a leading one at bit 7 to 14.
HWY_INLINE V segment_and_step(Full full, V value) {
  const hn::Repartition<std::int32_t, Full> di32;
  const hn::Repartition<std::uint32_t, Full> du32;
  const hn::Repartition<float, Full> df32;
  // A leading one at bit 7 + 2 has the exponent 127 + 9 = 17 x 8, whose low three bits are zero.
  auto unused = hn::Zero(di32);
  const auto by_pairs = [&](std::int32_t factors) HWY_ATTR {
    return hn::ReorderWidenMulAccumulate(di32, value, hn::BitCast(full, hn::Set(di32, factors)),
                                         hn::Zero(di32), unused);
  };
  const auto even = hn::BitCast(du32, hn::ConvertTo(df32, by_pairs(4)));
  const auto odd = hn::BitCast(du32, hn::ConvertTo(df32, by_pairs(4 << 16)));
  return hn::OddEven(hn::BitCast(full, hn::ShiftRight<3>(odd)), hn::BitCast(full, hn::ShiftRight<19>(even)));
}

struct Ulaw : PortableUlaw {
  using PortableUlaw::compress;
  using PortableUlaw::expand;

  static HWY_INLINE V expand(Full full, V codewords) {
    static constexpr Lines kLines = ulaw_lines();
    return value_on_line(full, kLines, codewords);
  }

  // The codeword in the low byte of each lane; the high byte holds no meaning.
  static HWY_INLINE V compress(Full full, V samples) {
    const V sign = hn::ShiftRight<15>(samples);
    const V code = segment_and_step(full, hn::SaturatedAdd(hn::Xor(samples, sign), hn::Set(full, 0x84)));
    // 0x35: the inverse of code where the mask is set, the inverse of sign elsewhere.
    return V{_mm512_ternarylogic_epi32(hn::Set(full, 0x7F).raw, code.raw, sign.raw, 0x35)};
  }
};

struct Alaw : PortableAlaw {
  using PortableAlaw::compress;
  using PortableAlaw::expand;

  static HWY_INLINE V expand(Full full, V codewords) {
    static constexpr Lines kLines = alaw_lines();
    // The step's inversions undone; those of the segment are in the lines.
    return value_on_line(full, kLines, hn::Xor(codewords, hn::Set(full, 0x05)));
  }

  static HWY_INLINE V compress(Full full, V samples) {
    const V sign = hn::ShiftRight<15>(samples);
    const V magnitude = hn::Xor(samples, sign);
    const auto straight = hn::Lt(magnitude, hn::Set(full, 256));
    const V code = hn::IfThenElse(straight, hn::ShiftRight<4>(magnitude), segment_and_step(full, magnitude));
    // 0xCA: code where the mask is set, sign elsewhere; then the inverse of the sign and of every second bit.
    const V signed_code{_mm512_ternarylogic_epi32(hn::Set(full, 0x7F).raw, code.raw, sign.raw, 0xCA)};
    return hn::Xor(signed_code, hn::Set(full, 0xD5));
  }
};

#else

using Ulaw = PortableUlaw;
using Alaw = PortableAlaw;

#endif

}  // namespace tutti::kernel::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // TUTTI_MIXER_KERNEL_G711_AVX512_INL_H_
