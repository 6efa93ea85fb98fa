#include "dataplane/net/ethernet_frame.h"

#include <algorithm>

#include "dataplane/net/network_bytes.h"

namespace tutti::net {
namespace {

using base::DropReason;

constexpr std::uint32_t kServiceTag = 0x88A8;  // 802.1ad: a second one behind it
constexpr std::uint32_t kLeastType = 0x0600;
constexpr std::uint32_t kVlanMask = 0x0FFF;

}  // namespace

bool EthernetStation::takes(const MacAddress& to) const TUTTI_REALTIME {
  if (to == mac || to == kBroadcastMac) return true;
  return is_group(to) && std::find(groups.begin(), groups.end(), to) != groups.end();
}

base::Result<EthernetFrame, DropReason> parse_ethernet_frame(
    std::span<const std::byte> frame, const EthernetStation& us,
    std::optional<std::uint16_t> stripped) TUTTI_REALTIME {
  if (frame.size() < EthernetFrame::kHeadBytes) return base::unexpected(DropReason::kTruncated);
  EthernetFrame read{.destination = get_mac(&frame[0]), .source = get_mac(&frame[6])};
  if (!us.takes(read.destination)) return base::unexpected(DropReason::kForeignMac);
  if (!is_station(read.source)) return base::unexpected(DropReason::kMalformed);
  std::uint32_t type = get16(&frame[12]);
  std::size_t head = EthernetFrame::kHeadBytes;
  if (type == EthernetFrame::kTagType && !stripped) {
    if (frame.size() < head + EthernetFrame::kTagBytes) return base::unexpected(DropReason::kTruncated);
    stripped = static_cast<std::uint16_t>(get16(&frame[14]));
    type = get16(&frame[16]);
    head += EthernetFrame::kTagBytes;
  }
  const std::uint32_t vlan = stripped.value_or(kNoVlan) & kVlanMask;
  if (vlan != us.vlan || type == EthernetFrame::kTagType || type == kServiceTag) {
    return base::unexpected(DropReason::kForeignVlan);
  }
  if (type < kLeastType) return base::unexpected(DropReason::kOtherProtocol);
  read.type = static_cast<EtherType>(type);
  read.payload = frame.subspan(head);
  return read;
}

std::size_t write_ethernet_head(const EthernetStation& us, const MacAddress& to, EtherType type,
                                std::byte* out) TUTTI_REALTIME {
  put_mac(out, to);
  put_mac(out + 6, us.mac);
  std::size_t at = 12;
  if (us.vlan != kNoVlan) {
    put16(out + at, EthernetFrame::kTagType);
    put16(out + at + 2, us.vlan);
    at += EthernetFrame::kTagBytes;
  }
  put16(out + at, static_cast<std::uint32_t>(type));
  return at + 2;
}

}  // namespace tutti::net
