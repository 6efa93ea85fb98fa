#include "mixer/kernel/kernels.h"
#include "mixer/kernel/scalar_reference.h"

namespace tutti::kernel {

constinit std::atomic<const Kernels*> detail::active{&scalar::kKernels};

std::span<const Kernels* const> supported() {
  static constexpr const Kernels* kAll[] = {&scalar::kKernels};
  return kAll;
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
