// EthernetFrame: what a frame from the wire says, where no kernel has read it before us.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "dataplane/base/drop_reason.h"
#include "dataplane/base/realtime.h"
#include "dataplane/base/result.h"
#include "dataplane/net/mac_address.h"

namespace tutti::net {

// Others come as the number that they have.
enum class EtherType : std::uint16_t { kIpv4 = 0x0800, kArp = 0x0806, kIpv6 = 0x86DD };

// 802.1Q's identifier, 1 to 4 094.
using VlanId = std::uint16_t;
inline constexpr VlanId kNoVlan = 0;

// Who we are on the link.
struct EthernetStation {
  MacAddress mac{};
  VlanId vlan = kNoVlan;             // none: frames without a tag, and those tagged for their priority alone
  std::vector<MacAddress> groups{};  // the multicasts that are ours; the broadcast is everybody's

  // Whether a frame to it is for us.
  bool takes(const MacAddress& to) const TUTTI_REALTIME;
};

struct EthernetFrame {
  MacAddress destination{};
  MacAddress source{};
  EtherType type{};
  std::span<const std::byte> payload;  // with the link's padding

  static constexpr std::size_t kHeadBytes = 14;
  static constexpr std::size_t kTagBytes = 4;
  static constexpr std::uint32_t kTagType = 0x8100;  // 802.1Q
};

// Reads Ethernet II with at most one 802.1Q tag. `stripped`: the tag's control word, where the card or the
// kernel has taken it out of the frame.
// Errors: kTruncated, kForeignVlan, kForeignMac, kMalformed (a source that no station has), kOtherProtocol
// (a length in the place of the type: IEEE 802.3's frames).
// Source: RFC 894; IEEE 802.1Q, section 9.6.
base::Result<EthernetFrame, base::DropReason> parse_ethernet_frame(
    std::span<const std::byte> frame, const EthernetStation& us,
    std::optional<std::uint16_t> stripped = std::nullopt) TUTTI_REALTIME;

// Writes the head of a frame from us, tagged where we are in a VLAN; returns its length.
// Shapes: `out` has kHeadBytes + kTagBytes.
std::size_t write_ethernet_head(const EthernetStation& us, const MacAddress& to, EtherType type,
                                std::byte* out) TUTTI_REALTIME;

}  // namespace tutti::net
