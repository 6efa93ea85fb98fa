// Descriptors: how many the process may open, and how many calls that makes.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "signaling/server/configuration.h"

namespace tutti::server {

// A call opens one for RTP and one for RTCP, where the kernel moves its packets.
inline constexpr std::uint64_t kDescriptorsPerCall = 2;
// SIP over TCP has an eighth of all, and never fewer than these.
inline constexpr std::uint64_t kSipConnectionsLeast = 32;
// Kept for everything else: 2 x 64 HTTP connections, rings, files.
inline constexpr std::uint64_t kDescriptorsReserved = 224;
inline constexpr std::uint64_t kDescriptorsLeast =
    kDescriptorsReserved + kSipConnectionsLeast + kDescriptorsPerCall;

// Raises the soft limit to the hard one (RLIMIT_NOFILE); returns what it is then.
std::uint64_t raise_descriptor_limit();

// Calls that ports and cores have room for at one time.
std::uint64_t calls_configured(const Configuration& configuration, std::size_t cores);

// TCP connections that may be open to SIP at one time where `limit` descriptors are.
std::uint64_t sip_connections_that_fit(std::uint64_t limit);

// Calls that `limit` descriptors are enough for; 0 = not even one.
std::uint64_t calls_that_fit(std::uint64_t limit);

}  // namespace tutti::server
