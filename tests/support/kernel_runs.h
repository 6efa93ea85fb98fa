// Kernel runs: one kernel of two targets on the same input, and whether both write the same.
#pragma once

#include <algorithm>
#include <cstddef>
#include <memory>
#include <span>

#include "mixer/kernel/kernels.h"
#include "tests/support/placed_array.h"

namespace tutti::support {

template <typename T>
std::unique_ptr<PlacedArray<T>> placed(std::span<const T> from, std::size_t offset) {
  auto array = std::make_unique<PlacedArray<T>>(offset, from.size());
  std::copy(from.begin(), from.end(), array->data());
  return array;
}

// Whether `actual`, which the candidate wrote last, is what `run` writes.
template <typename Run>
bool holds(const kernel::Pcm* actual, std::size_t n, Run run) {
  PlacedArray<kernel::Pcm> expected(0, n);
  run(expected.data());
  return std::equal(expected.data(), expected.data() + n, actual);
}

// Runs both on an output that begins as `before` (canaries when empty) and compares.
template <typename T, typename Run>
bool same(std::size_t n, std::size_t offset, std::span<const T> before, Run run, const kernel::Kernels& right,
          const kernel::Kernels& tried) {
  PlacedArray<T> expected(0, n);
  PlacedArray<T> actual(offset + 1, n);
  std::copy(before.begin(), before.end(), expected.data());
  std::copy(before.begin(), before.end(), actual.data());
  run(right, expected.data());
  run(tried, actual.data());
  return std::equal(expected.data(), expected.data() + n, actual.data()) && actual.canaries_live();
}

}  // namespace tutti::support
