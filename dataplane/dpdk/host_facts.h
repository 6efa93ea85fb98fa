// HostFacts: what the host has for DPDK, read before DPDK is asked, so that what is missing can be said in a
// sentence.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "dataplane/base/result.h"

namespace tutti::dpdk {

// Huge pages that nobody uses, of all sizes. `sys` is where sysfs is.
std::uint64_t free_huge_bytes(const std::filesystem::path& sys = "/sys");

// "0000:01:00.0" or "01:00.0", as lspci prints them.
bool is_card(std::string_view device);

// Whether DPDK may drive the card.
// Errors: one sentence: there is none, the kernel has it or something of its IOMMU group, this user may not,
// what its driver needs is missing.
base::Result<void, std::string> check_card(const std::string& address,
                                           const std::filesystem::path& sys = "/sys",
                                           const std::filesystem::path& dev = "/dev");

}  // namespace tutti::dpdk
