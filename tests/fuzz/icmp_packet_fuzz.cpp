// Any bytes as an IP packet with ICMP in it, its sums put right: what is answered can be read again, and what
// is read of NDP is written with the same meaning; what is read of MLD can be answered.
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "dataplane/base/check.h"
#include "dataplane/net/icmp_packet.h"
#include "dataplane/net/mld_packet.h"
#include "dataplane/net/ndp_packet.h"
#include "mended_sums.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tutti;
  const auto given = std::as_bytes(std::span(data, size));
  std::vector<std::byte> bytes(given.begin(), given.end());
  fuzz::mend_sums(bytes);
  const auto ip = net::parse_ip_packet(bytes, net::Checksums::kUnknown);
  if (!ip) return 0;
  if (const auto query = net::parse_mld_query(*ip)) {
    CHECK(ip->hop_limit == 1 && query->within.count() >= 0 && query->within <= std::chrono::hours(3));
    CHECK(query->group.unspecified() || query->group.ip[0] == 0xFF);
  }
  const auto icmp = net::parse_icmp_packet(*ip);
  if (!icmp) return 0;
  CHECK(icmp->message.data() == ip->payload.data() && icmp->message.size() == ip->payload.size());
  if (icmp->kind == net::IcmpPacket::Kind::kEchoRequest) {
    std::vector<std::byte> out(net::kIpHeadBytesMax + icmp->message.size());
    const std::size_t written = net::write_echo_reply(*ip, *icmp, out.data());
    CHECK(written <= out.size());
    const auto reply = net::parse_ip_packet(std::span(out).first(written), net::Checksums::kUnknown);
    CHECK(reply && reply->source() == ip->destination() && reply->destination() == ip->source());
    CHECK(net::parse_icmp_packet(*reply)->message.size() == icmp->message.size());
  }
  const auto ndp = net::parse_ndp_packet(*ip, *icmp);
  if (!ndp) return 0;
  CHECK(ip->hop_limit == 255 && net::is_host(ndp->target));
  std::array<std::byte, net::NdpPacket::kBytesMax> out;
  const std::size_t written = net::write_ndp_packet(*ndp, ip->source(), ip->destination(), out.data());
  const auto again_ip = net::parse_ip_packet(std::span(out).first(written), net::Checksums::kUnknown);
  CHECK(again_ip);
  const auto again = net::parse_ndp_packet(*again_ip, *net::parse_icmp_packet(*again_ip));
  CHECK(again && again->kind == ndp->kind && again->target == ndp->target && again->mac == ndp->mac);
  CHECK(again->solicited == ndp->solicited && again->overrides == ndp->overrides);
  return 0;
}
