// DpdkConfiguration: the network card that DPDK drives, where cores.backend is "dpdk".
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "dataplane/base/socket_address.h"

namespace tutti::server {

// How the kernel has a part in DPDK's port: not at all, or by an interface of its own beside it.
enum class KernelPath : std::uint8_t { kNone, kTap };

// Each member is a key of [dataplane.dpdk]; dpdk_keys.cpp says what it means and what it may be.
struct DpdkConfiguration {
  struct Address {
    base::SocketAddress ip;
    std::uint8_t prefix = 0;
    bool operator==(const Address&) const = default;
  };
  std::vector<std::string> devices;  // PCI addresses, or what EAL's --vdev takes
  std::vector<Address> addresses;    // of one network
  base::SocketAddress gateway;       // not valid() = none
  std::uint16_t vlan = 0;            // 0 = untagged
  std::uint16_t receive_descriptors = 2'048;
  std::uint16_t transmit_descriptors = 1'024;
  bool huge_pages = true;
  std::uint32_t memory_mb = 0;  // 0 = what the cores' queues need
  KernelPath kernel_path = KernelPath::kNone;
  std::vector<std::string> eal;
};

}  // namespace tutti::server
