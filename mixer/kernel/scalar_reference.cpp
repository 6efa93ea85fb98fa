#include "mixer/kernel/scalar_reference.h"

#include <algorithm>
#include <cstdlib>

namespace tutti::kernel::scalar {
namespace {

// Two's complement arithmetic that wraps, as vector units do.
Sum wrapping_add(Sum a, Sum b) noexcept {
  return static_cast<Sum>(static_cast<std::uint32_t>(a) + static_cast<std::uint32_t>(b));
}

Pcm without(Pcm mix, Pcm excess, Pcm own) noexcept {
  return saturate(Sum{saturate(Sum{mix} - own)} + excess);
}

// What follows the sign: seven bits, segment and step, of both laws' codewords.
constexpr unsigned kSegmentBits = 0x70;
constexpr unsigned kStepBits = 0x0F;
constexpr unsigned kSignBit = 0x80;
constexpr unsigned kAlawEvenBits = 0x55;  // A-law inverts every second bit on the line

}  // namespace

Pcm expand_ulaw(Byte codeword) TUTTI_REALTIME {
  const unsigned bits = ~static_cast<unsigned>(codeword);  // the line carries the inverse
  const unsigned segment = (bits & kSegmentBits) >> 4;
  const unsigned step = bits & kStepBits;
  // In 14-bit terms: the middle of step `step` of segment `segment`, less the bias of 33; then times 4.
  const int magnitude = static_cast<int>(((33 + 2 * step) << segment) - 33) * 4;
  return static_cast<Pcm>((bits & kSignBit) != 0 ? -magnitude : magnitude);
}

Pcm expand_alaw(Byte codeword) TUTTI_REALTIME {
  const unsigned bits = codeword ^ kAlawEvenBits;
  const unsigned segment = (bits & kSegmentBits) >> 4;
  const unsigned step = bits & kStepBits;
  // In 13-bit terms: the middle of the step; the first two segments are one straight line. Then times 8.
  const unsigned halves = segment == 0 ? 2 * step + 1 : (2 * step + 33) << (segment - 1);
  const int magnitude = static_cast<int>(halves * 8);
  return static_cast<Pcm>((bits & kSignBit) != 0 ? magnitude : -magnitude);
}

Byte compress_ulaw(Pcm sample) TUTTI_REALTIME {
  const bool negative = sample < 0;
  // Negatives by one's complement, so that the decision values lie symmetrically (G.191).
  const int magnitude = (negative ? ~sample : sample) >> 2;
  const int biased = std::min(magnitude + 33, 8191);  // 13 bits
  unsigned segment = 0;
  while ((biased >> (segment + 6)) != 0) ++segment;
  const unsigned step = static_cast<unsigned>(biased >> (segment + 1)) & kStepBits;
  const unsigned bits = (negative ? kSignBit : 0) | (segment << 4) | step;
  return static_cast<Byte>(~bits);
}

Byte compress_alaw(Pcm sample) TUTTI_REALTIME {
  const bool negative = sample < 0;
  const int magnitude = (negative ? ~sample : sample) >> 4;  // 11 bits
  unsigned segment = 0;
  int step = magnitude;
  if (magnitude > 15) {
    segment = 1;
    while (step > 31) {
      step >>= 1;
      ++segment;
    }
    step -= 16;
  }
  const unsigned bits = (negative ? 0 : kSignBit) | (segment << 4) | static_cast<unsigned>(step);
  return static_cast<Byte>(bits ^ kAlawEvenBits);
}

Pcm saturate(Sum sum) TUTTI_REALTIME {
  return static_cast<Pcm>(std::clamp(sum, -32'768, 32'767));
}

void expand_ulaw(const Byte* in, Pcm* out, std::size_t n) TUTTI_REALTIME {
  for (std::size_t i = 0; i < n; ++i) out[i] = expand_ulaw(in[i]);
}

void expand_alaw(const Byte* in, Pcm* out, std::size_t n) TUTTI_REALTIME {
  for (std::size_t i = 0; i < n; ++i) out[i] = expand_alaw(in[i]);
}

void compress_ulaw(const Pcm* in, Byte* out, std::size_t n) TUTTI_REALTIME {
  for (std::size_t i = 0; i < n; ++i) out[i] = compress_ulaw(in[i]);
}

void compress_alaw(const Pcm* in, Byte* out, std::size_t n) TUTTI_REALTIME {
  for (std::size_t i = 0; i < n; ++i) out[i] = compress_alaw(in[i]);
}

void add(const Pcm* in, Sum* sum, std::size_t n) TUTTI_REALTIME {
  for (std::size_t i = 0; i < n; ++i) sum[i] = wrapping_add(sum[i], in[i]);
}

void add_sum(const Sum* in, Sum* sum, std::size_t n) TUTTI_REALTIME {
  for (std::size_t i = 0; i < n; ++i) sum[i] = wrapping_add(sum[i], in[i]);
}

void saturate(const Sum* sum, Pcm* out, std::size_t n) TUTTI_REALTIME {
  for (std::size_t i = 0; i < n; ++i) out[i] = saturate(sum[i]);
}

void split(const Sum* sum, Pcm* mix, Pcm* excess, std::size_t n) TUTTI_REALTIME {
  for (std::size_t i = 0; i < n; ++i) {
    mix[i] = saturate(sum[i]);
    excess[i] = saturate(sum[i] - mix[i]);
  }
}

void mix_minus(const Pcm* mix, const Pcm* excess, const Pcm* own, Pcm* out, std::size_t n) TUTTI_REALTIME {
  for (std::size_t i = 0; i < n; ++i) out[i] = without(mix[i], excess[i], own[i]);
}

void gain(const Pcm* in, GainQ12 gain, Pcm* out, std::size_t n) TUTTI_REALTIME {
  // 32 767 x 65 535 + 2 048 < 2^31
  for (std::size_t i = 0; i < n; ++i) out[i] = saturate((Sum{in[i]} * Sum{gain} + kUnityGain / 2) >> 12);
}

std::uint64_t energy(const Pcm* in, std::size_t n) TUTTI_REALTIME {
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < n; ++i) sum += static_cast<std::uint64_t>(Sum{in[i]} * Sum{in[i]});
  return sum;
}

std::uint16_t peak(const Pcm* in, std::size_t n) TUTTI_REALTIME {
  Sum greatest = 0;
  for (std::size_t i = 0; i < n; ++i) greatest = std::max(greatest, in[i] < 0 ? -Sum{in[i]} : Sum{in[i]});
  return static_cast<std::uint16_t>(greatest);
}

std::uint32_t difference(const Pcm* in, const Pcm* behind, std::size_t n) TUTTI_REALTIME {
  std::uint32_t sum = 0;
  for (std::size_t i = 0; i < n; ++i) sum += static_cast<std::uint32_t>(std::abs(behind[i] - in[i]));
  return sum;
}

std::size_t closest_lag(const Pcm* in, std::size_t least, std::size_t most, std::size_t n) TUTTI_REALTIME {
  std::size_t closest = least;
  for (std::size_t lag = least + 1; lag <= most; ++lag) {
    if (difference(in, in + lag, n) < difference(in, in + closest, n)) closest = lag;
  }
  return closest;
}

Byte greatest(const Byte* in, Byte inversions, std::size_t n) TUTTI_REALTIME {
  Byte greatest = 0;
  for (std::size_t i = 0; i < n; ++i) {
    greatest = std::max(greatest, static_cast<Byte>((in[i] ^ inversions) & 0x7F));
  }
  return greatest;
}

Byte copy_greatest(const Byte* in, Byte* out, Byte inversions, std::size_t n) TUTTI_REALTIME {
  std::copy(in, in + n, out);
  return greatest(in, inversions, n);
}

void scale_mix(const Sum* sum, const Pcm* own, GainQ12 gain, Pcm* out, std::size_t n) TUTTI_REALTIME {
  for (std::size_t i = 0; i < n; ++i) {
    const Sum heard = own == nullptr ? sum[i] : wrapping_add(sum[i], -Sum{own[i]});
    const std::int64_t scaled = (std::int64_t{heard} * gain + kUnityGain / 2) >> 12;
    out[i] = static_cast<Pcm>(std::clamp<std::int64_t>(scaled, -32'768, 32'767));
  }
}

void expand_add_ulaw(const Byte* const* in, Pcm* const* out, std::size_t count, Sum* sum,
                     std::size_t n) TUTTI_REALTIME {
  for (std::size_t i = 0; i < count; ++i) {
    expand_ulaw(in[i], out[i], n);
    add(out[i], sum, n);
  }
}

void expand_add_alaw(const Byte* const* in, Pcm* const* out, std::size_t count, Sum* sum,
                     std::size_t n) TUTTI_REALTIME {
  for (std::size_t i = 0; i < count; ++i) {
    expand_alaw(in[i], out[i], n);
    add(out[i], sum, n);
  }
}

void expand_mix_ulaw(const Byte* const* in, Pcm* const* out, std::size_t count, Sum* sum, Pcm* mix,
                     Pcm* excess, std::size_t n) TUTTI_REALTIME {
  for (std::size_t i = 0; i < n; ++i) sum[i] = 0;
  expand_add_ulaw(in, out, count, sum, n);
  split(sum, mix, excess, n);
}

void expand_mix_alaw(const Byte* const* in, Pcm* const* out, std::size_t count, Sum* sum, Pcm* mix,
                     Pcm* excess, std::size_t n) TUTTI_REALTIME {
  for (std::size_t i = 0; i < n; ++i) sum[i] = 0;
  expand_add_alaw(in, out, count, sum, n);
  split(sum, mix, excess, n);
}

void mix_minus_compress_ulaw(const Pcm* mix, const Pcm* excess, const Pcm* const* own, Byte* const* out,
                             std::size_t count, std::size_t n) TUTTI_REALTIME {
  for (std::size_t each = 0; each < count; ++each) {
    for (std::size_t i = 0; i < n; ++i) {
      out[each][i] = compress_ulaw(without(mix[i], excess[i], own[each][i]));
    }
  }
}

void mix_minus_compress_alaw(const Pcm* mix, const Pcm* excess, const Pcm* const* own, Byte* const* out,
                             std::size_t count, std::size_t n) TUTTI_REALTIME {
  for (std::size_t each = 0; each < count; ++each) {
    for (std::size_t i = 0; i < n; ++i) {
      out[each][i] = compress_alaw(without(mix[i], excess[i], own[each][i]));
    }
  }
}

constinit const Kernels kKernels{
    .name = "SCALAR",
    .expand_ulaw = expand_ulaw,
    .expand_alaw = expand_alaw,
    .compress_ulaw = compress_ulaw,
    .compress_alaw = compress_alaw,
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
    .expand_add_ulaw = expand_add_ulaw,
    .expand_add_alaw = expand_add_alaw,
    .expand_mix_ulaw = expand_mix_ulaw,
    .expand_mix_alaw = expand_mix_alaw,
    .mix_minus_compress_ulaw = mix_minus_compress_ulaw,
    .mix_minus_compress_alaw = mix_minus_compress_alaw,
};

}  // namespace tutti::kernel::scalar
