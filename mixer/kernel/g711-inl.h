// G.711 on vectors: both laws by arithmetic on 16-bit lanes. Compiled once for each target.
//
// Expanding is a shift of the step by the segment. Compressing is a conversion to floating point: the
// exponent of a float is the segment, and the four bits behind its leading one are the step.

#if defined(TUTTI_MIXER_KERNEL_G711_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef TUTTI_MIXER_KERNEL_G711_INL_H_
#undef TUTTI_MIXER_KERNEL_G711_INL_H_
#else
#define TUTTI_MIXER_KERNEL_G711_INL_H_
#endif

#include <cstdint>

#include <hwy/highway.h>

#include "mixer/kernel/scalar_reference.h"

HWY_BEFORE_NAMESPACE();
namespace tutti::kernel::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

// `value` shifted left by `bits`, 0 to 7, lane by lane. Shapes: the result fits 16 bits.
template <class DU16, class V = hn::Vec<DU16>>
HWY_INLINE V shift_left_by(DU16 du16, V value, V bits) {
#if HWY_ARCH_X86 && HWY_TARGET > HWY_AVX3
  // No shift by lanes for 16 bits before AVX-512: look the power of two up in a register and multiply.
  const hn::Repartition<std::uint8_t, DU16> du8;
  alignas(16) static constexpr std::uint8_t kPowers[16] = {1, 2, 4, 8, 16, 32, 64, 128};
  const V index = hn::Or(bits, hn::Set(du16, 0x8000));  // the high byte becomes zero
  const auto powers = hn::TableLookupBytesOr0(hn::LoadDup128(du8, kPowers), hn::BitCast(du8, index));
  return hn::Mul(value, hn::BitCast(du16, powers));
#else
  (void)du16;
  return hn::Shl(value, bits);
#endif
}

// For each lane, 0 to 32 767: the exponent and the first four fraction bits of its value as a float,
// biased: (127 + floor(log2 value)) x 16 + step. 0 gives 0.
template <class DI16, class V = hn::Vec<DI16>>
HWY_INLINE V exponent_and_step(DI16 di16, V value) {
  const hn::Repartition<std::int32_t, DI16> di32;
  const hn::RepartitionToWide<hn::RebindToUnsigned<DI16>> du32;
  const hn::Rebind<float, decltype(di32)> df32;
  const auto pairs = hn::BitCast(du32, value);
  const auto even = hn::ConvertTo(df32, hn::BitCast(di32, hn::And(pairs, hn::Set(du32, 0xFFFF))));
  const auto odd = hn::ConvertTo(df32, hn::BitCast(di32, hn::ShiftRight<16>(pairs)));
  // 23 fraction bits, of which 4 are wanted: down by 19; the odd ones come up by 16 again.
  const auto low = hn::ShiftRight<19>(hn::BitCast(du32, even));
  const auto high = hn::ShiftRight<3>(hn::BitCast(du32, odd));
  return hn::OddEven(hn::BitCast(di16, high), hn::BitCast(di16, low));
}

// 16 times the bias of a float's exponent, for a value whose leading one is bit `Bit` to give 0.
template <int Bit>
inline constexpr std::int16_t kExponentBias = (127 + Bit) * 16;

struct PortableUlaw {
  // Shapes: lanes hold codewords, 0 to 255.
  template <class DI16>
  static HWY_INLINE hn::Vec<DI16> expand(DI16 di16, hn::Vec<DI16> codewords) {
    const hn::RebindToUnsigned<DI16> du16;
    const auto bits = hn::AndNot(hn::BitCast(du16, codewords), hn::Set(du16, 0x7F));
    // (33 + 2 step) x 4 = step x 8 + 0x84
    const auto step = hn::OrAnd(hn::Set(du16, 0x84), hn::ShiftLeft<3>(bits), hn::Set(du16, 0x78));
    const auto biased = hn::BitCast(di16, shift_left_by(du16, step, hn::ShiftRight<4>(bits)));
    const auto bias = hn::Set(di16, 0x84);
    const auto negative = hn::Lt(codewords, hn::Set(di16, 0x80));
    return hn::IfThenElse(negative, hn::Sub(bias, biased), hn::Sub(biased, bias));
  }

  // The codeword in the low byte of each lane, the high byte zero.
  template <class DI16>
  static HWY_INLINE hn::Vec<DI16> compress(DI16 di16, hn::Vec<DI16> samples) {
    const auto sign = hn::ShiftRight<15>(samples);
    // Saturates at 32 767, which is where the law clips: 8 191 x 4 + 3.
    const auto biased = hn::SaturatedAdd(hn::Xor(samples, sign), hn::Set(di16, 0x84));
    // The leading one is bit 7 to 14. The line carries the inverse: 0x7F - code.
    const auto inverse = hn::Sub(hn::Set(di16, kExponentBias<7> + 0x7F), exponent_and_step(di16, biased));
    return hn::Or(inverse, hn::AndNot(sign, hn::Set(di16, 0x80)));
  }

  static void expand_rest(const Byte* in, Pcm* out, std::size_t n) { scalar::expand_ulaw(in, out, n); }
  static void compress_rest(const Pcm* in, Byte* out, std::size_t n) { scalar::compress_ulaw(in, out, n); }
};

struct PortableAlaw {
  template <class DI16>
  static HWY_INLINE hn::Vec<DI16> expand(DI16 di16, hn::Vec<DI16> codewords) {
    const hn::RebindToUnsigned<DI16> du16;
    const auto bits =
        hn::And(hn::Xor(hn::BitCast(du16, codewords), hn::Set(du16, 0x55)), hn::Set(du16, 0x7F));
    // (1 + 2 step) x 8 = step x 16 + 8; from the second segment on with the leading one, 256.
    const auto step = hn::OrAnd(hn::Set(du16, 0x08), hn::ShiftLeft<4>(bits), hn::Set(du16, 0xF0));
    const auto leading = hn::IfThenElseZero(hn::Gt(bits, hn::Set(du16, 0x0F)), hn::Set(du16, 0x100));
    const auto shift = hn::SaturatedSub(hn::ShiftRight<4>(bits), hn::Set(du16, 1));
    const auto magnitude = hn::BitCast(di16, shift_left_by(du16, hn::Or(step, leading), shift));
    const auto negative = hn::Lt(codewords, hn::Set(di16, 0x80));
    return hn::IfThenElse(negative, hn::Neg(magnitude), magnitude);
  }

  template <class DI16>
  static HWY_INLINE hn::Vec<DI16> compress(DI16 di16, hn::Vec<DI16> samples) {
    const auto sign = hn::ShiftRight<15>(samples);
    const auto magnitude = hn::Xor(samples, sign);
    // From 256 on the leading one is bit 8 to 14 and the segment 1 to 7; below, the law is a line.
    const auto curve = hn::Sub(exponent_and_step(di16, magnitude), hn::Set(di16, kExponentBias<7>));
    const auto line = hn::ShiftRight<4>(magnitude);
    const auto code = hn::IfThenElse(hn::Lt(magnitude, hn::Set(di16, 256)), line, curve);
    return hn::Xor(code, hn::Xor(hn::AndNot(sign, hn::Set(di16, 0x80)), hn::Set(di16, 0x55)));
  }

  static void expand_rest(const Byte* in, Pcm* out, std::size_t n) { scalar::expand_alaw(in, out, n); }
  static void compress_rest(const Pcm* in, Byte* out, std::size_t n) { scalar::compress_alaw(in, out, n); }
};

}  // namespace tutti::kernel::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // TUTTI_MIXER_KERNEL_G711_INL_H_
