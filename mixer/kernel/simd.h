// The vector targets behind kernels.h; for dispatch.cpp only.
#pragma once

#include <cstddef>
#include <span>

#include "mixer/kernel/kernels.h"

namespace tutti::kernel {

// Writes the targets that are compiled in and that this processor runs, best first, as many as there is room
// for; returns how many. Scalar is not among them where a vector unit is the least that there can be.
std::size_t find_targets(std::span<const Kernels*> out);

}  // namespace tutti::kernel
