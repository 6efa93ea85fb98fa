#include "dataplane/net/udp_packet.h"

#include "dataplane/net/internet_checksum.h"
#include "dataplane/net/network_bytes.h"

namespace tutti::net {
namespace {

using base::DropReason;

}  // namespace

base::Result<UdpPacket, DropReason> parse_udp_packet(std::span<const std::byte> ip,
                                                     Checksums checksums) TUTTI_REALTIME {
  const auto packet = parse_ip_packet(ip, checksums);
  if (!packet) return base::unexpected(packet.error());
  if (packet->protocol != IpProtocol::kUdp) return base::unexpected(DropReason::kOtherProtocol);
  std::span<const std::byte> udp = packet->payload;
  if (udp.size() < kUdpHeadBytes) return base::unexpected(DropReason::kTruncated);
  const std::uint32_t bytes = get16(&udp[4]);
  if (bytes < kUdpHeadBytes || bytes > udp.size()) return base::unexpected(DropReason::kMalformed);
  udp = udp.first(bytes);
  if (checksums == Checksums::kUnknown) {
    const bool none = get16(&udp[6]) == 0;
    if (none && packet->ipv6()) return base::unexpected(DropReason::kBadChecksum);
    if (!none && !comes_out(packet->pseudo_sum(bytes) + internet_sum(udp))) {
      return base::unexpected(DropReason::kBadChecksum);
    }
  }
  // Made where it stays: what was just written in pieces is slow to read in one.
  base::Result<UdpPacket, DropReason> read(tl::in_place);
  read->source = packet->source();
  read->source.port = static_cast<std::uint16_t>(get16(&udp[0]));
  read->destination = packet->destination();
  read->destination.port = static_cast<std::uint16_t>(get16(&udp[2]));
  read->payload = udp.subspan(kUdpHeadBytes);
  if (!is_host(read->source) || read->source.port == 0) return base::unexpected(DropReason::kMalformed);
  return read;
}

}  // namespace tutti::net
