// All kernels of all targets against scalar, on bytes of any kind, at any length and alignment.

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <span>
#include <vector>

#include "mixer/kernel/kernels.h"
#include "tests/support/kernel_equality.h"

namespace {

// The bytes as values of T, over and over where they do not suffice for `n`.
template <typename T>
std::vector<T> values(std::span<const std::uint8_t> bytes, std::size_t n) {
  std::vector<T> result(n);
  if (bytes.empty()) return result;
  for (std::size_t i = 0; i < n * sizeof(T); ++i) {
    reinterpret_cast<std::uint8_t*>(result.data())[i] = bytes[i % bytes.size()];
  }
  return result;
}

}  // namespace

// Two bytes of gain, one of alignment, then samples; all other arrays are made of the same bytes.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr std::size_t kHeader = 3;
  if (size < kHeader) return 0;
  std::uint16_t gain;
  std::memcpy(&gain, data, sizeof gain);
  const std::size_t offset = data[2] % 64;
  const std::span<const std::uint8_t> bytes(data + kHeader, size - kHeader);
  const std::size_t n = bytes.size() / sizeof(tutti::kernel::Pcm);
  const auto codewords = values<tutti::kernel::Byte>(bytes, n);
  const auto samples = values<tutti::kernel::Pcm>(bytes, n);
  const auto sums = values<tutti::kernel::Sum>(bytes, n);
  const auto mix = values<tutti::kernel::Pcm>(bytes.subspan(bytes.size() / 3), n);
  const auto excess = values<tutti::kernel::Pcm>(bytes.subspan(bytes.size() / 2), n);
  for (const tutti::kernel::Kernels* kernels : tutti::kernel::supported()) {
    const auto different = tutti::support::KernelEquality(*kernels).first_difference(
        {codewords, samples, sums, mix, excess, gain}, offset);
    if (!different.empty()) {
      std::fprintf(stderr, "%.*s differs on %.*s, %zu samples, offset %zu\n",
                   static_cast<int>(different.size()), different.data(),
                   static_cast<int>(kernels->name.size()), kernels->name.data(), n, offset);
      std::abort();
    }
  }
  return 0;
}
