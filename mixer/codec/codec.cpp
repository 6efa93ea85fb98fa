#include "mixer/codec/codec.h"

#include <algorithm>
#include <array>

#include "mixer/kernel/kernels.h"

namespace tutti::codec {
std::size_t decode(CodecId codec, std::span<const std::byte> payload,
                   std::span<std::int16_t> out) TUTTI_REALTIME {
  const std::size_t n = std::min(payload.size(), out.size());
  const auto* in = reinterpret_cast<const kernel::Byte*>(payload.data());
  switch (codec) {
    case CodecId::kPcmu:
      kernel::expand_ulaw(in, out.data(), n);
      break;
    case CodecId::kPcma:
      kernel::expand_alaw(in, out.data(), n);
      break;
  }
  return n;
}

std::size_t encode(CodecId codec, std::span<const std::int16_t> samples,
                   std::span<std::byte> out) TUTTI_REALTIME {
  const std::size_t n = std::min(samples.size(), out.size());
  auto* to = reinterpret_cast<kernel::Byte*>(out.data());
  switch (codec) {
    case CodecId::kPcmu:
      kernel::compress_ulaw(samples.data(), to, n);
      break;
    case CodecId::kPcma:
      kernel::compress_alaw(samples.data(), to, n);
      break;
  }
  return n;
}

namespace {

// What the seven bits behind the sign stand for, by their value with the wire's inversions undone. Source:
// ITU-T G.711, tables 1 and 2.
using Magnitudes = std::array<std::uint16_t, 128>;

constexpr Magnitudes ulaw_magnitudes() {
  Magnitudes of{};
  for (unsigned i = 0; i < of.size(); ++i) {
    of[i] = static_cast<std::uint16_t>((((33U + 2 * (i & 15)) << (i >> 4)) - 33) * 4);
  }
  return of;
}

constexpr Magnitudes alaw_magnitudes() {
  Magnitudes of{};
  for (unsigned i = 0; i < of.size(); ++i) {
    const unsigned segment = i >> 4;
    const unsigned step = (i & 15) * 16 + 8;
    of[i] = static_cast<std::uint16_t>(segment == 0 ? step : (step + 256) << (segment - 1));
  }
  return of;
}

constexpr std::array<Magnitudes, 2> kMagnitudes{ulaw_magnitudes(), alaw_magnitudes()};  // by CodecId

// What the wire of that law inverts of them.
kernel::Byte inversions(CodecId codec) TUTTI_REALTIME {
  return codec == CodecId::kPcmu ? 0x7F : 0x55;
}

std::uint16_t magnitude(CodecId codec, kernel::Byte greatest) TUTTI_REALTIME {
  return kMagnitudes[static_cast<std::size_t>(codec)][greatest & 0x7F];
}

}  // namespace

std::uint16_t peak(CodecId codec, std::span<const std::byte> payload) TUTTI_REALTIME {
  const auto* const in = reinterpret_cast<const kernel::Byte*>(payload.data());
  return magnitude(codec, kernel::greatest(in, inversions(codec), payload.size()));
}

std::uint16_t copy_and_peak(CodecId codec, std::span<const std::byte> payload,
                            std::byte* out) TUTTI_REALTIME {
  const auto* const in = reinterpret_cast<const kernel::Byte*>(payload.data());
  auto* const to = reinterpret_cast<kernel::Byte*>(out);
  return magnitude(codec, kernel::copy_greatest(in, to, inversions(codec), payload.size()));
}

}  // namespace tutti::codec
