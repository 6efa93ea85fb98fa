// IpHost: our addresses on a port that no kernel has: answers ARP, neighbour solicitations and pings, tells
// switches of its IPv6 groups, and knows the neighbours.
//
// Frames go in, frames come out; it has no socket, no thread and no clock. Source: RFC 826, 5227, 792; RFC
// 4861, 4443, 3810; RFC 1122.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "dataplane/base/clock.h"
#include "dataplane/base/counters.h"
#include "dataplane/base/drop_reason.h"
#include "dataplane/base/socket_address.h"
#include "dataplane/net/arp_packet.h"
#include "dataplane/net/ethernet_frame.h"
#include "dataplane/net/icmp_packet.h"
#include "dataplane/net/ip_packet.h"
#include "dataplane/net/mld_listener.h"
#include "dataplane/net/ndp_packet.h"
#include "dataplane/net/neighbour_resolver.h"
#include "dataplane/net/neighbour_table.h"
#include "dataplane/net/rate_limit.h"

namespace tutti::net {

struct IpHostOptions {
  struct Net {
    unsigned prefix_bits = 0;     // of all our addresses of the family
    base::SocketAddress gateway;  // for who is beyond it; not valid(): nobody is
  };

  MacAddress mac{};
  VlanId vlan = kNoVlan;
  std::vector<base::SocketAddress> addresses;  // of hosts, of either family, at least one
  Net ipv4{.prefix_bits = 24};
  Net ipv6{.prefix_bits = 64};
  std::uint32_t neighbours = 4'096;  // at most
  bool kernel_beside = false;        // somebody takes what is not for us (Verdict::kElsewhere)
};

// Another station with an address of ours.
struct DuplicateAddress {
  base::SocketAddress ip;
  MacAddress mac{};
};

// Thread: one, the slow path's, which is no core's; the counters by any.
class IpHost final : public NeighbourResolver {
 public:
  static constexpr std::size_t kPacketBytesMax = 1'500;
  static constexpr base::Duration kAnswerEvery = std::chrono::microseconds(100);  // ARP, solicitations
  static constexpr base::Duration kEchoEvery = std::chrono::milliseconds(1);
  static constexpr std::uint32_t kAtOnce = 200;  // of either
  static constexpr int kProbesPerTick = 16;
  static constexpr int kAnnouncements = 2;  // RFC 5227, section 1.1: ANNOUNCE_NUM, ANNOUNCE_INTERVAL
  static constexpr base::Duration kAnnounceEvery = std::chrono::seconds(2);
  static constexpr base::Duration kDefendEvery = std::chrono::seconds(10);  // the same: DEFEND_INTERVAL

  // A frame to send, valid within the call; tagged where we are in a VLAN, its checksums finished.
  using Sink = std::function<void(std::span<const std::byte>)>;
  IpHost(IpHostOptions options, Sink send);

  // Asks whether somebody has our addresses, and tells that we have them. tick() tells again.
  void start(base::Instant now);
  // To be called each few milliseconds: sends the questions that are due.
  void tick(base::Instant now);

  enum class Verdict : std::uint8_t {
    kTaken,      // ours, and done; what was dropped is counted
    kElsewhere,  // for the kernel beside us
    kBoth,       // done, and for the kernel beside us too: it may have asked itself
  };
  // Takes any frame of the port; the last two are only where there is a kernel beside us. `stripped`: a tag
  // that the card took out, as of parse_ethernet_frame().
  Verdict handle(std::span<const std::byte> frame, base::Instant now,
                 std::optional<std::uint16_t> stripped = std::nullopt);

  // The MAC of the neighbour, or of the gateway, to whom a packet for an address goes.
  std::optional<MacAddress> ask(const base::SocketAddress& to, base::Instant now) override;
  std::uint64_t changes() const override { return neighbours_.counters().learned.value(); }

  // Who has one of our addresses too, told once each time it is seen; the newest.
  std::optional<DuplicateAddress> take_duplicate();

  const EthernetStation& station() const { return station_; }
  bool ours(const base::SocketAddress& ip) const;

  struct Counters {
    base::Counter frames_received;
    base::Counter frames_sent;
    base::Counter neighbours_answered;  // ARP requests and neighbour solicitations
    base::Counter echoes_answered;
    base::Counter probes_sent;
    base::Counter duplicates;             // of our addresses
    base::Counter icmp_errors;            // about packets of ours
    base::Counter router_advertisements;  // prefix and gateway are configured
    base::Counter group_reports;          // by MLD: unasked, and answers
    base::DropCounters drops;
  };
  const Counters& counters() const { return counters_; }
  const NeighbourTable& neighbours() const { return neighbours_; }

 private:
  Verdict handle_arp(std::span<const std::byte> payload, base::Instant now);
  Verdict handle_ip(const EthernetFrame& frame, base::Instant now);
  Verdict handle_icmp(const EthernetFrame& frame, const IpPacket& ip, base::Instant now);
  void echo(const EthernetFrame& frame, const IpPacket& ip, const IcmpPacket& icmp, base::Instant now);
  Verdict handle_ndp(const EthernetFrame& frame, const IpPacket& ip, const NdpPacket& ndp, base::Instant now);
  Verdict handle_mld(const IpPacket& ip, base::Instant now);
  Verdict drop(base::DropReason reason);
  // What is not for us: the kernel's, or a drop where there is none.
  Verdict elsewhere(base::DropReason reason);
  Verdict both() const { return options_.kernel_beside ? Verdict::kBoth : Verdict::kTaken; }

  const base::SocketAddress* next_hop(const base::SocketAddress& to) const;
  const base::SocketAddress& source_for(const base::SocketAddress& to) const;
  bool may_answer(base::Instant now);
  void duplicate(const base::SocketAddress& ip, const MacAddress& mac, base::Instant now);
  void announce(const base::SocketAddress& ip);
  void tell_groups(MldRecord record);
  void tell_groups_v1();
  void probe(const base::SocketAddress& target, const base::SocketAddress& from,
             std::optional<MacAddress> to);
  void send_arp(const MacAddress& to, const ArpPacket& packet);
  void send_ndp(const MacAddress& to, const NdpPacket& packet, const base::SocketAddress& from,
                const base::SocketAddress& ip);
  void send(const MacAddress& to, EtherType type, std::size_t bytes);

  const IpHostOptions options_;
  const Sink sink_;
  EthernetStation station_;
  NeighbourTable neighbours_;
  MldListener listener_;
  RateLimit answers_{kAnswerEvery, kAtOnce};
  RateLimit echoes_{kEchoEvery, kAtOnce};
  RateLimit defences_{kDefendEvery, 1};
  int announcements_left_ = 0;
  base::Instant announce_at_;
  std::optional<DuplicateAddress> duplicate_;
  std::vector<std::byte> packet_;  // being written, behind room for Ethernet's head
  Counters counters_;
};

}  // namespace tutti::net
