// DpdkBypass: PacketBypass over DPDK: its environment, a device, and all that stands on it, begun in order.
#pragma once

#include <memory>
#include <string>

#include "dataplane/base/result.h"
#include "dataplane/net/packet_bypass.h"

namespace tutti::dpdk {

// Errors: one sentence: an address that is not one, and what Eal and Device say.
base::Result<std::unique_ptr<net::PacketBypass>, std::string> make_bypass(const net::BypassOptions& options,
                                                                          const net::BypassLog& log);

}  // namespace tutti::dpdk
