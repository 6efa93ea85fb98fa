// MldPacket: multicast listener discovery: a router or a switch asks who listens to which IPv6 groups, and is
// told, so that it does not keep neighbour solicitations from us.
// Source: RFC 3810 (version 2); RFC 2710 (version 1).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "dataplane/base/clock.h"
#include "dataplane/base/drop_reason.h"
#include "dataplane/base/realtime.h"
#include "dataplane/base/result.h"
#include "dataplane/base/socket_address.h"
#include "dataplane/net/ip_packet.h"

namespace tutti::net {

struct MldQuery {
  bool version_1 = false;
  base::SocketAddress group;  // unspecified(): all of them
  base::Duration within{};    // to be answered some time until then
};

// Reads an IPv6 packet that begins with a Hop-by-Hop header.
// Errors: kMalformed (what section 6.2 has a host discard: a hop limit other than 1, a source that is not of
// the link, no router alert; lengths that cannot be), kTruncated, kBadChecksum, kOtherProtocol (no query).
base::Result<MldQuery, base::DropReason> parse_mld_query(const IpPacket& ip) TUTTI_REALTIME;

// Of a record: that the host listens, or that it has begun to.
enum class MldRecord : std::uint8_t { kIsExclude = 2, kChangeToExclude = 4 };

inline constexpr std::size_t kMldGroupsMax = 64;  // in one report
inline constexpr std::size_t kMldReportBytesMax = 40 + 8 + 8 + kMldGroupsMax * 20;

// Writes IPv6, the router alert and ICMPv6; returns the length. `from`: of the link, or unspecified.
// Shapes: `out` has kMldReportBytesMax; 1 to kMldGroupsMax groups.
std::size_t write_mld_report(MldRecord record, std::span<const base::SocketAddress> groups,
                             const base::SocketAddress& from, std::byte* out) TUTTI_REALTIME;
// As version 1 has it: to the group itself.
std::size_t write_mld_report_v1(const base::SocketAddress& group, const base::SocketAddress& from,
                                std::byte* out) TUTTI_REALTIME;

// Where reports of version 2 go: ff02::16.
base::SocketAddress mld_routers() TUTTI_REALTIME;

}  // namespace tutti::net
