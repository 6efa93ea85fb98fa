// The two ends of a bench's cable, by their MAC addresses.
#pragma once

#include "dataplane/net/mac_address.h"

namespace tutti::bench {

inline constexpr net::MacAddress kNearMac{2, 0, 0, 0, 0, 1};
inline constexpr net::MacAddress kFarMac{2, 0, 0, 0, 0, 2};

}  // namespace tutti::bench
