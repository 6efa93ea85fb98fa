// EndpointId: which endpoint of a port.
#pragma once

#include <cstdint>

namespace tutti::net {

// A slot of the core, dense from zero; the core chooses it.
enum class EndpointId : std::uint32_t {};

}  // namespace tutti::net
