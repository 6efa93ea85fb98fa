// Result<T, E>: a value, or why there is none; the control plane's answer to the outside world.
#pragma once

#include <tl/expected.hpp>

namespace tutti::base {

template <typename T, typename E>
using Result = tl::expected<T, E>;

using tl::unexpected;

}  // namespace tutti::base
