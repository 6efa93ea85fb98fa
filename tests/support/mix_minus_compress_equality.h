// What several listeners hear, compressed, by two targets: part of KernelEquality.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <memory>
#include <string_view>

#include "mixer/kernel/kernels.h"
#include "tests/support/placed_array.h"

namespace tutti::support {

// Each of n samples; mix and excess need not be such as split() makes.
struct MixMinusInput {
  const kernel::Pcm* mix;
  const kernel::Pcm* excess;
  const kernel::Pcm* own;
};

// The name of the first kernel of `tried` that differs from `right`, or nothing.
inline std::string_view mix_minus_compress_difference(const kernel::Kernels& right,
                                                      const kernel::Kernels& tried,
                                                      const MixMinusInput& input, std::size_t n,
                                                      std::size_t offset) {
  using kernel::Byte;
  using kernel::Pcm;
  // Some, so that one, a pair, and pairs and one are left of a vector.
  constexpr std::size_t kMost = 5;
  const std::array<const Pcm*, kMost> own{input.own, input.mix, input.excess, input.own, input.mix};
  std::array<Byte*, kMost> out;
  std::array<std::unique_ptr<PlacedArray<Byte>>, kMost> payloads;
  for (std::size_t i = 0; i < kMost; ++i) {
    payloads[i] = std::make_unique<PlacedArray<Byte>>(offset + 1 + 3 * i, n);
    out[i] = payloads[i]->data();
  }
  for (const std::size_t listeners : {std::size_t{1}, std::size_t{2}, kMost}) {
    const auto equal = [&](auto compress) {
      (tried.*compress)(input.mix, input.excess, own.data(), out.data(), listeners, n);
      for (std::size_t i = 0; i < listeners; ++i) {
        PlacedArray<Byte> expected(0, n);
        Byte* const to = expected.data();
        (right.*compress)(input.mix, input.excess, &own[i], &to, 1, n);
        if (!std::equal(to, to + n, out[i]) || !payloads[i]->canaries_live()) return false;
      }
      return true;
    };
    if (!equal(&kernel::Kernels::mix_minus_compress_ulaw)) return "mix_minus_compress_ulaw";
    if (!equal(&kernel::Kernels::mix_minus_compress_alaw)) return "mix_minus_compress_alaw";
  }
  return {};
}

}  // namespace tutti::support
