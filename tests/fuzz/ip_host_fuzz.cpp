// Any frames into an IpHost, each behind two bytes: its length, and what else happens (time passes, somebody
// sends). What it sends is whole and its own; its table keeps whom it asked for, and no more of them than
// there is room for.
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "dataplane/base/check.h"
#include "dataplane/net/ip_host.h"
#include "mended_sums.h"

namespace {

using namespace tutti;

constexpr net::MacAddress kUs{2, 0, 0, 0, 0, 1};
constexpr std::uint32_t kNeighbours = 3;

void check_sent(std::span<const std::byte> frame) {
  CHECK(frame.size() >= 60 && frame.size() <= 1'514);
  // As whoever it is for reads it.
  net::EthernetStation reader;
  for (std::size_t i = 0; i < 6; ++i) reader.mac[i] = std::to_integer<std::uint8_t>(frame[i]);
  const auto read = net::parse_ethernet_frame(frame, reader);
  CHECK(read && read->source == kUs);
  if (read->type == net::EtherType::kArp) {
    const auto arp = net::parse_arp_packet(read->payload);
    CHECK(arp && arp->sender_mac == kUs);
    return;
  }
  const auto ip = net::parse_ip_packet(read->payload, net::Checksums::kUnknown);
  CHECK(ip);
  if (ip->protocol != net::IpProtocol::kHopByHop) CHECK(net::parse_icmp_packet(*ip));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::array peers{*base::parse_ip("192.0.2.9"),   *base::parse_ip("198.51.100.9"),
                         *base::parse_ip("2001:db8::9"), *base::parse_ip("2001:db8:1::9"),
                         *base::parse_ip("192.0.2.8"),   *base::parse_ip("192.0.2.7")};
  net::IpHostOptions options{.mac = kUs};
  options.addresses = {*base::parse_ip("192.0.2.1"), *base::parse_ip("2001:db8::1")};
  options.ipv4.gateway = *base::parse_ip("192.0.2.254");
  options.ipv6.gateway = *base::parse_ip("fe80::1");
  options.neighbours = kNeighbours;
  options.kernel_beside = size % 2 == 1;
  net::IpHost host(options, check_sent);
  base::Instant now{};
  host.start(now);
  bool asked = false;
  for (std::span rest(data, size); rest.size() >= 2;) {
    const unsigned also = rest[1];
    const auto given = std::as_bytes(rest.subspan(2, std::min<std::size_t>(rest[0], rest.size() - 2)));
    std::vector<std::byte> frame(given.begin(), given.end());
    rest = rest.subspan(2 + frame.size());
    if (frame.size() > 14 && (also & 1U) != 0) fuzz::mend_sums(std::span(frame).subspan(14));
    if ((also & 2U) != 0) {
      host.ask(peers[also / 16 % peers.size()], now);
      asked = true;
    }
    now += std::chrono::milliseconds((also & 4U) != 0 ? 1'000 : 10);
    if ((also & 8U) != 0) host.tick(now);
    host.handle(frame, now);
    if (const auto duplicate = host.take_duplicate())
      CHECK(host.ours(duplicate->ip) && duplicate->mac != kUs);
    CHECK(host.neighbours().size() <= (asked ? kNeighbours : 0));
  }
  return 0;
}
