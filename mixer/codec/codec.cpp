#include "mixer/codec/codec.h"

#include <algorithm>

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

std::uint16_t peak(CodecId codec, std::span<const std::byte> payload) TUTTI_REALTIME {
  constexpr std::uint8_t kPositive = 0x80;  // the sign bit of both laws
  const std::uint8_t inversions = codec == CodecId::kPcmu ? 0x7F : 0x55;
  const kernel::Byte magnitude =
      kernel::greatest(reinterpret_cast<const kernel::Byte*>(payload.data()), inversions, payload.size());
  const auto codeword = static_cast<std::byte>((magnitude ^ inversions) | kPositive);
  std::int16_t sample = 0;
  decode(codec, std::span(&codeword, 1), std::span(&sample, 1));
  return static_cast<std::uint16_t>(sample);
}

}  // namespace tutti::codec
