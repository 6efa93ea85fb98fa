#include <array>

#include "mixer/kernel/kernels.h"
#include "mixer/kernel/scalar_reference.h"
#include "mixer/kernel/simd.h"

namespace tutti::kernel {
namespace {

struct Targets {
  static constexpr std::size_t kMax = 16;

  std::array<const Kernels*, kMax> best_first{};
  std::size_t count;

  Targets() : count(find_targets(std::span(best_first).first<kMax - 1>())) {
    if (count == 0 || best_first[count - 1] != &scalar::kKernels) best_first[count++] = &scalar::kKernels;
  }
};

const Targets& targets() {
  static const Targets all;
  return all;
}

}  // namespace

// Constant-initialised with what always runs, so that nobody who starts earlier finds nothing.
constinit std::atomic<const Kernels*> detail::active{&scalar::kKernels};

namespace {
[[maybe_unused]] const bool kChosen = [] {
  detail::active.store(targets().best_first[0], std::memory_order_relaxed);
  return true;
}();
}  // namespace

std::span<const Kernels* const> supported() {
  return std::span(targets().best_first).first(targets().count);
}

bool use_target(std::string_view name) {
  for (const Kernels* kernels : supported()) {
    if (kernels->name != name) continue;
    detail::active.store(kernels, std::memory_order_relaxed);
    return true;
  }
  return false;
}

}  // namespace tutti::kernel
