// DpdkKeys: the rows of the table of keys about the network cards that DPDK drives.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "signaling/server/configuration_keys.h"

namespace tutti::server {

std::vector<Key<Configuration>> dpdk_keys();

// What is wrong with them together, and with the other keys; where DPDK is not asked for: what needs it.
struct DpdkFault {
  std::string_view key;  // of [dataplane.dpdk], or "cores.tx" and the like; where to look for it
  std::string text;
};
std::optional<DpdkFault> find_dpdk_fault(const Configuration& configuration);

}  // namespace tutti::server
