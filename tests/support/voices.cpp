#include "tests/support/voices.h"

#include <algorithm>
#include <random>

#include "mixer/kernel/scalar_reference.h"

namespace tutti::test_support {

Voices::Voices(std::uint64_t seed) : payloads_(kCount), frames_(kCount) {
  std::mt19937_64 random(seed);
  for (std::size_t voice = 0; voice < kCount; ++voice) {
    // One in 256 shouts. The low seven bits, inverted, grow with the magnitude; 15 is 120 of 32 767.
    const std::uint64_t loudest = voice % 256 == 0 ? 96 : 15;
    for (std::size_t i = 0; i < base::kFrameSamples; ++i) {
      const auto sign = static_cast<kernel::Byte>(random() % 2 == 0 ? 0x80 : 0);
      const auto codeword = static_cast<kernel::Byte>(sign | (0x7F - (1 + random() % loudest)));
      payloads_[voice][i] = std::byte{codeword};
      frames_[voice].samples[i] = kernel::scalar::expand_ulaw(codeword);
    }
  }
}

std::size_t Voices::of(std::uint32_t core, std::uint32_t slot, std::uint64_t tick) {
  return static_cast<std::size_t>((core * 1'031 + slot * 7 + tick * 389 + (slot * tick) % 13) % kCount);
}

std::byte encoded(std::int32_t sample) {
  static const std::vector<std::byte> kCodewords = [] {
    std::vector<std::byte> all(65'536);
    for (int each = -32'768; each <= 32'767; ++each) {
      all[static_cast<std::uint16_t>(each + 32'768)] =
          std::byte{kernel::scalar::compress_ulaw(static_cast<kernel::Pcm>(each))};
    }
    return all;
  }();
  return kCodewords[static_cast<std::uint16_t>(std::clamp(sample, -32'768, 32'767) + 32'768)];
}

Voices::Payload encoded(const base::SumFrame& sum) {
  Voices::Payload out;
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = encoded(sum.samples[i]);
  return out;
}

}  // namespace tutti::test_support
