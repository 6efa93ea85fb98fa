#include "dataplane/net/ip_host.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "dataplane/base/check.h"

namespace tutti::net {
namespace {

using base::AddressFamily;
using base::DropReason;
using base::SocketAddress;

constexpr std::size_t kEthernetHeadMax = EthernetFrame::kHeadBytes + EthernetFrame::kTagBytes;
constexpr std::size_t kFrameBytesMin = 60;  // IEEE 802.3, without the check sequence

bool same_ip(const SocketAddress& one, const SocketAddress& other) {
  return one.family == other.family && one.ip == other.ip;
}

bool same_prefix(const SocketAddress& one, const SocketAddress& other, unsigned bits) {
  const std::size_t whole = bits / 8;
  if (!std::equal(one.ip.begin(), one.ip.begin() + whole, other.ip.begin())) return false;
  const unsigned rest = bits % 8;
  return rest == 0 || ((one.ip[whole] ^ other.ip[whole]) >> (8 - rest)) == 0;
}

// All bits behind the prefix are set: the broadcast of an IPv4 net, or are not: the net itself.
bool is_no_host_of(const SocketAddress& ip, unsigned bits) {
  if (ip.family != AddressFamily::kIpv4 || bits >= 31) return false;
  const std::uint32_t value = static_cast<std::uint32_t>(ip.ip[0]) << 24 |
                              static_cast<std::uint32_t>(ip.ip[1]) << 16 |
                              static_cast<std::uint32_t>(ip.ip[2]) << 8 | ip.ip[3];
  const std::uint32_t mask = UINT32_MAX >> bits;
  return (value & mask) == mask || (value & mask) == 0;
}

EthernetStation station_of(const IpHostOptions& options) {
  EthernetStation station{.mac = options.mac, .vlan = options.vlan};
  for (const SocketAddress& ip : options.addresses) {
    if (ip.family != AddressFamily::kIpv6) continue;
    for (const SocketAddress& group : {all_nodes(), solicited_node(ip)}) {
      const MacAddress mac = group_mac(group);
      if (!station.takes(mac)) station.groups.push_back(mac);
    }
  }
  return station;
}

}  // namespace

IpHost::IpHost(IpHostOptions options, Sink send)
    : options_(std::move(options)),
      sink_(std::move(send)),
      station_(station_of(options_)),
      neighbours_(options_.neighbours),
      listener_(options_.addresses, options_.mac),
      packet_(kEthernetHeadMax + kPacketBytesMax) {
  CHECK(is_station(options_.mac) && !options_.addresses.empty());
  CHECK(options_.ipv4.prefix_bits <= 32 && options_.ipv6.prefix_bits <= 128);
  for (const SocketAddress& ip : options_.addresses) CHECK(is_host(ip));
}

void IpHost::start(base::Instant now) {
  tell_groups(MldRecord::kChangeToExclude);  // first, so that who has an address of ours is heard
  for (const SocketAddress& ip : options_.addresses) {
    // Who has it answers. RFC 5227, section 2.1.1; RFC 4862, section 5.4.2: from nobody.
    SocketAddress nobody;
    nobody.family = ip.family;
    probe(ip, nobody, std::nullopt);
  }
  announcements_left_ = kAnnouncements;
  announce_at_ = now;
  tick(now);
}

void IpHost::tick(base::Instant now) {
  if (announcements_left_ > 0 && now >= announce_at_) {
    --announcements_left_;
    announce_at_ = now + kAnnounceEvery;
    for (const SocketAddress& ip : options_.addresses) announce(ip);
    if (announcements_left_ == 0) tell_groups(MldRecord::kChangeToExclude);
  }
  if (const auto report = listener_.next_report(now)) {
    if (report->version_1) {
      tell_groups_v1();
    } else {
      tell_groups(MldRecord::kIsExclude);
    }
  }
  for (int i = 0; i < kProbesPerTick; ++i) {
    const auto due = neighbours_.next_probe(now);
    if (!due) return;
    probe(due->ip, source_for(due->ip), due->to);
  }
}

IpHost::Verdict IpHost::handle(std::span<const std::byte> frame, base::Instant now,
                               std::optional<std::uint16_t> stripped) {
  counters_.frames_received.add();
  const auto read = parse_ethernet_frame(frame, station_, stripped);
  if (!read) return drop(read.error());
  if (read->source == station_.mac) return drop(DropReason::kForeignMac);  // our own: the link has a loop
  switch (read->type) {
    case EtherType::kArp:
      return handle_arp(read->payload, now);
    case EtherType::kIpv4:
    case EtherType::kIpv6:
      return handle_ip(*read, now);
  }
  return elsewhere(DropReason::kOtherProtocol);
}

IpHost::Verdict IpHost::handle_arp(std::span<const std::byte> payload, base::Instant now) {
  const auto arp = parse_arp_packet(payload);
  if (!arp) return drop(arp.error());
  const bool request = arp->kind == ArpPacket::Kind::kRequest;
  if (ours(arp->sender_ip)) {
    if (arp->sender_mac != station_.mac) duplicate(arp->sender_ip, arp->sender_mac, now);
    return both();
  }
  if (ours(arp->target_ip)) {
    // RFC 826: who asks for us is about to speak to us. What he says of himself makes us ask, at most.
    const bool as_answer = !request && arp->target_mac == station_.mac;
    if (is_host(arp->sender_ip)) neighbours_.hear(arp->sender_ip, arp->sender_mac, as_answer, now);
    if (!request) return both();
    if (!may_answer(now)) return drop(DropReason::kRateLimited);
    send_arp(arp->sender_mac, {.kind = ArpPacket::Kind::kReply,
                               .sender_mac = station_.mac,
                               .sender_ip = arp->target_ip,
                               .target_mac = arp->sender_mac,
                               .target_ip = arp->sender_ip});
    return Verdict::kTaken;
  }
  if (!same_ip(arp->sender_ip, arp->target_ip)) return Verdict::kTaken;  // between others
  neighbours_.hear(arp->sender_ip, arp->sender_mac, false, now);
  return both();
}

IpHost::Verdict IpHost::handle_ip(const EthernetFrame& frame, base::Instant now) {
  const auto ip = parse_ip_packet(frame.payload, Checksums::kUnknown);
  if (!ip) {
    // A kernel could put the pieces together.
    return ip.error() == DropReason::kFragment ? elsewhere(DropReason::kFragment) : drop(ip.error());
  }
  if (ip->ipv6() != (frame.type == EtherType::kIpv6)) return drop(DropReason::kMalformed);
  if (ip->ipv6() && ip->protocol == IpProtocol::kHopByHop) return handle_mld(*ip, now);
  if (ip->protocol != (ip->ipv6() ? IpProtocol::kIcmpv6 : IpProtocol::kIcmp)) {
    return elsewhere(DropReason::kOtherProtocol);
  }
  return handle_icmp(frame, *ip, now);
}

IpHost::Verdict IpHost::handle_icmp(const EthernetFrame& frame, const IpPacket& ip, base::Instant now) {
  using Kind = IcmpPacket::Kind;
  const auto icmp = parse_icmp_packet(ip);
  if (!icmp) return drop(icmp.error());
  const bool ndp = icmp->kind == Kind::kNeighbourSolicitation || icmp->kind == Kind::kNeighbourAdvertisement;
  if (!ndp && ours(ip.source())) return drop(DropReason::kMalformed);
  switch (icmp->kind) {
    case Kind::kNeighbourSolicitation:
    case Kind::kNeighbourAdvertisement: {
      const auto read = parse_ndp_packet(ip, *icmp);
      if (!read) return drop(read.error());
      return handle_ndp(frame, ip, *read, now);
    }
    case Kind::kRouterAdvertisement:
      // Not the kernel's either: it would give itself an address that we do not answer for.
      counters_.router_advertisements.add();
      return Verdict::kTaken;
    case Kind::kEchoRequest:
      // RFC 1122, section 3.2.2.6; to several nobody answers.
      if (!ours(ip.destination())) return elsewhere(DropReason::kOtherProtocol);
      echo(frame, ip, *icmp, now);
      return Verdict::kTaken;
    case Kind::kError:
      if (ours(ip.destination())) counters_.icmp_errors.add();
      return both();
    case Kind::kOther:
      break;
  }
  return elsewhere(DropReason::kOtherProtocol);
}

// The answer goes back the way the request came: it needs no neighbour, so a stranger makes us ask nobody.
void IpHost::echo(const EthernetFrame& frame, const IpPacket& ip, const IcmpPacket& icmp, base::Instant now) {
  if (frame.destination != station_.mac || !is_host(ip.source())) {
    drop(DropReason::kMalformed);
  } else if (icmp.message.size() + ip_head_bytes(ip.ipv6()) > kPacketBytesMax) {
    drop(DropReason::kOversize);
  } else if (!echoes_.try_take(now)) {
    drop(DropReason::kRateLimited);
  } else {
    counters_.echoes_answered.add();
    send(frame.source, frame.type, write_echo_reply(ip, icmp, &packet_[kEthernetHeadMax]));
  }
}

IpHost::Verdict IpHost::handle_ndp(const EthernetFrame& frame, const IpPacket& ip, const NdpPacket& ndp,
                                   base::Instant now) {
  if (ndp.kind == NdpPacket::Kind::kAdvertisement) {
    const MacAddress mac = ndp.mac.value_or(frame.source);
    if (ours(ndp.target)) {
      if (mac != station_.mac) duplicate(ndp.target, mac, now);
    } else {
      neighbours_.hear(ndp.target, mac, ndp.solicited && ours(ip.destination()), now);
    }
    return both();
  }
  if (ours(ip.source())) {  // and no router's doing: hop limit 255
    duplicate(ip.source(), ndp.mac.value_or(frame.source), now);
    return both();
  }
  if (!ours(ndp.target)) return Verdict::kTaken;  // of another with the same last bits
  const bool detecting = ip.source().unspecified();
  if (!detecting && ndp.mac) neighbours_.hear(ip.source(), *ndp.mac, false, now);
  if (!may_answer(now)) return drop(DropReason::kRateLimited);
  const NdpPacket answer{.kind = NdpPacket::Kind::kAdvertisement,
                         .target = ndp.target,
                         .mac = station_.mac,
                         .solicited = !detecting,
                         .overrides = true};
  if (detecting) {
    send_ndp(group_mac(all_nodes()), answer, ndp.target, all_nodes());
  } else {
    send_ndp(ndp.mac.value_or(frame.source), answer, ndp.target, ip.source());
  }
  return Verdict::kTaken;
}

IpHost::Verdict IpHost::handle_mld(const IpPacket& ip, base::Instant now) {
  const auto query = parse_mld_query(ip);
  if (!query) {
    return query.error() == DropReason::kOtherProtocol ? elsewhere(query.error()) : drop(query.error());
  }
  listener_.hear(*query, now);
  return both();
}

std::optional<MacAddress> IpHost::ask(const SocketAddress& to, base::Instant now) {
  const SocketAddress* next = next_hop(to);
  if (next == nullptr) return std::nullopt;
  return neighbours_.resolve(*next, now);
}

std::optional<DuplicateAddress> IpHost::take_duplicate() {
  return std::exchange(duplicate_, std::nullopt);
}

bool IpHost::ours(const SocketAddress& ip) const {
  return std::any_of(options_.addresses.begin(), options_.addresses.end(),
                     [&](const SocketAddress& own) { return same_ip(own, ip); });
}

// None where a packet can go nowhere on this link.
const SocketAddress* IpHost::next_hop(const SocketAddress& to) const {
  if (!is_host(to) || ours(to)) return nullptr;
  const IpHostOptions::Net& net = to.family == AddressFamily::kIpv4 ? options_.ipv4 : options_.ipv6;
  const auto on_link = [&](const SocketAddress& own) {
    return own.family == to.family && same_prefix(own, to, net.prefix_bits);
  };
  const auto& own = options_.addresses;
  if (to.link_local() || std::any_of(own.begin(), own.end(), on_link)) {
    return is_no_host_of(to, net.prefix_bits) ? nullptr : &to;
  }
  return net.gateway.family == to.family ? &net.gateway : nullptr;
}

// The address of ours that is on the neighbour's net, or any of its family: we have one, or had not asked.
const SocketAddress& IpHost::source_for(const SocketAddress& to) const {
  const IpHostOptions::Net& net = to.family == AddressFamily::kIpv4 ? options_.ipv4 : options_.ipv6;
  const SocketAddress* any = nullptr;
  for (const SocketAddress& own : options_.addresses) {
    if (own.family != to.family) continue;
    if (same_prefix(own, to, net.prefix_bits)) return own;
    if (any == nullptr) any = &own;
  }
  CHECK(any != nullptr);
  return *any;
}

IpHost::Verdict IpHost::drop(DropReason reason) {
  counters_.drops.add(reason);
  return Verdict::kTaken;
}

IpHost::Verdict IpHost::elsewhere(DropReason reason) {
  return options_.kernel_beside ? Verdict::kElsewhere : drop(reason);
}

bool IpHost::may_answer(base::Instant now) {
  if (!answers_.try_take(now)) return false;
  counters_.neighbours_answered.add();
  return true;
}

// RFC 5227, section 2.4 (b): told once more that it is ours, and not in turns with the other one for ever.
void IpHost::duplicate(const SocketAddress& ip, const MacAddress& mac, base::Instant now) {
  counters_.duplicates.add();
  duplicate_ = DuplicateAddress{.ip = ip, .mac = mac};
  if (defences_.try_take(now)) announce(ip);
}

void IpHost::announce(const SocketAddress& ip) {
  if (ip.family == AddressFamily::kIpv4) {
    send_arp(
        kBroadcastMac,
        {.kind = ArpPacket::Kind::kRequest, .sender_mac = station_.mac, .sender_ip = ip, .target_ip = ip});
    return;
  }
  const NdpPacket tells{
      .kind = NdpPacket::Kind::kAdvertisement, .target = ip, .mac = station_.mac, .overrides = true};
  send_ndp(group_mac(all_nodes()), tells, ip, all_nodes());
}

void IpHost::tell_groups(MldRecord record) {
  if (listener_.groups().empty()) return;
  counters_.group_reports.add();
  send(group_mac(mld_routers()), EtherType::kIpv6,
       write_mld_report(record, listener_.groups(), listener_.source(), &packet_[kEthernetHeadMax]));
}

void IpHost::tell_groups_v1() {
  for (const SocketAddress& group : listener_.groups()) {
    counters_.group_reports.add();
    send(group_mac(group), EtherType::kIpv6,
         write_mld_report_v1(group, listener_.source(), &packet_[kEthernetHeadMax]));
  }
}

void IpHost::probe(const SocketAddress& target, const SocketAddress& from, std::optional<MacAddress> to) {
  counters_.probes_sent.add();
  if (target.family == AddressFamily::kIpv4) {
    send_arp(to.value_or(kBroadcastMac), {.kind = ArpPacket::Kind::kRequest,
                                          .sender_mac = station_.mac,
                                          .sender_ip = from,
                                          .target_ip = target});
    return;
  }
  NdpPacket asks{.kind = NdpPacket::Kind::kSolicitation, .target = target};
  if (!from.unspecified()) asks.mac = station_.mac;
  const SocketAddress group = solicited_node(target);
  send_ndp(to.value_or(group_mac(group)), asks, from, to ? target : group);
}

void IpHost::send_arp(const MacAddress& to, const ArpPacket& packet) {
  send(to, EtherType::kArp, write_arp_packet(packet, &packet_[kEthernetHeadMax]));
}

void IpHost::send_ndp(const MacAddress& to, const NdpPacket& packet, const SocketAddress& from,
                      const SocketAddress& ip) {
  send(to, EtherType::kIpv6, write_ndp_packet(packet, from, ip, &packet_[kEthernetHeadMax]));
}

// What stands behind kEthernetHeadMax of packet_.
void IpHost::send(const MacAddress& to, EtherType type, std::size_t bytes) {
  std::array<std::byte, kEthernetHeadMax> head;
  const std::size_t head_bytes = write_ethernet_head(station_, to, type, head.data());
  std::byte* const frame = &packet_[kEthernetHeadMax - head_bytes];
  std::memcpy(frame, head.data(), head_bytes);
  bytes += head_bytes;
  if (bytes < kFrameBytesMin) {
    std::memset(frame + bytes, 0, kFrameBytesMin - bytes);
    bytes = kFrameBytesMin;
  }
  counters_.frames_sent.add();
  sink_({frame, bytes});
}

}  // namespace tutti::net
