#include "dataplane/net/receive_filter.h"

#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <netinet/in.h>

#include "dataplane/net/ip_packet.h"

namespace tutti::net {
namespace {

// What the kernel knows of a packet beside its bytes.
constexpr std::uint32_t beside(int what) {
  return static_cast<std::uint32_t>(SKF_AD_OFF + what);
}

// A list of conditions: the first that does not hold decides.
class Conditions {
 public:
  void load(std::uint16_t size, std::uint32_t at) { add(BPF_LD | BPF_ABS | size, at); }
  void add(unsigned code, std::uint32_t k) {
    steps_.push_back({static_cast<std::uint16_t>(code), kNext, kNext, k});
  }
  void require_equal(std::uint32_t k) { branch(BPF_JEQ, k, true); }
  void require_clear(std::uint32_t mask) { branch(BPF_JSET, mask, false); }
  void require_at_most(std::uint32_t k) { branch(BPF_JGT, k, false); }

  std::vector<sock_filter> end(std::uint32_t all_hold, std::uint32_t one_does_not) {
    add(BPF_RET | BPF_K, all_hold);
    const std::size_t other = steps_.size();
    add(BPF_RET | BPF_K, one_does_not);
    for (std::size_t i = 0; i < other; ++i) {
      for (std::uint8_t* jump : {&steps_[i].jt, &steps_[i].jf}) {
        if (*jump == kOther) *jump = static_cast<std::uint8_t>(other - i - 1);
      }
    }
    return steps_;
  }

 private:
  static constexpr std::uint8_t kNext = 0;
  static constexpr std::uint8_t kOther = 0xFF;
  void branch(unsigned condition, std::uint32_t k, bool wanted) {
    add(BPF_JMP | BPF_K | condition, k);
    (wanted ? steps_.back().jf : steps_.back().jt) = kOther;
  }

  std::vector<sock_filter> steps_;
};

constexpr std::uint32_t kIp = ETH_HLEN;  // where it begins, as the ring sees packets
constexpr std::uint32_t kAll = 0xFFFF'FFFF;
constexpr std::uint32_t kNone = 0;

// For this host and not for one behind it, nor in a VLAN that is another interface. A tag of VLAN 0 has a
// priority alone: the kernel takes such a packet as one without, and has forgotten the tag when it comes to a
// socket. One in the frame's own bytes has been taken out before the ring is. Without a tag its field may
// have any value, so they are multiplied. Source: Linux, __netif_receive_skb_core().
void require_ours(Conditions& is) {
  is.load(BPF_W, beside(SKF_AD_PKTTYPE));
  is.require_equal(PACKET_HOST);
  is.load(BPF_W, beside(SKF_AD_VLAN_TAG));
  is.add(BPF_ALU | BPF_AND | BPF_K, 0xFFF);
  is.add(BPF_MISC | BPF_TAX, 0);
  is.load(BPF_W, beside(SKF_AD_VLAN_TAG_PRESENT));
  is.add(BPF_ALU | BPF_MUL | BPF_X, 0);
  is.require_equal(0);
}

void require_destination(Conditions& is, const base::SocketAddress& ip, std::uint32_t at, std::size_t bytes) {
  for (std::size_t i = 0; i < bytes; i += 4) {
    is.load(BPF_W, at + static_cast<std::uint32_t>(i));
    is.require_equal(std::uint32_t{ip.ip[i]} << 24U | std::uint32_t{ip.ip[i + 1]} << 16U |
                     std::uint32_t{ip.ip[i + 2]} << 8U | std::uint32_t{ip.ip[i + 3]});
  }
}

void require_ipv4(Conditions& is, const base::SocketAddress& ip) {
  is.load(BPF_W, beside(SKF_AD_PROTOCOL));
  is.require_equal(ETH_P_IP);
  is.load(BPF_B, kIp);
  is.require_equal(0x45);  // version 4, no options
  is.load(BPF_B, kIp + 9);
  is.require_equal(IPPROTO_UDP);
  is.load(BPF_H, kIp + 6);
  is.require_clear(0x3FFF);  // more fragments, or an offset
  require_destination(is, ip, kIp + 16, 4);
}

void require_ipv6(Conditions& is, const base::SocketAddress& ip) {
  is.load(BPF_W, beside(SKF_AD_PROTOCOL));
  is.require_equal(ETH_P_IPV6);
  is.load(BPF_B, kIp + 6);
  is.require_equal(IPPROTO_UDP);
  require_destination(is, ip, kIp + 24, 16);
}

}  // namespace

std::vector<sock_filter> ring_filter(const PortLane& lane) {
  const bool ipv6 = lane.ip.family == base::AddressFamily::kIpv6;
  const auto head = static_cast<std::uint32_t>(ip_head_bytes(ipv6));
  Conditions is;
  require_ours(is);
  if (ipv6) {
    require_ipv6(is, lane.ip);
  } else {
    require_ipv4(is, lane.ip);
  }
  is.load(BPF_H, kIp + head + 2);  // the destination port
  is.require_clear(1);
  is.add(BPF_ALU | BPF_SUB | BPF_K, lane.first);
  is.add(BPF_ALU | BPF_RSH | BPF_K, 1);
  is.require_at_most(lane.pairs() - 1);
  is.add(BPF_ALU | BPF_MOD | BPF_K, lane.lanes);
  is.require_equal(lane.lane);
  return is.end(kAll, kNone);
}

std::vector<sock_filter> socket_filter(int interface) {
  Conditions is;
  require_ours(is);
  is.load(BPF_W, beside(SKF_AD_IFINDEX));
  is.require_equal(static_cast<std::uint32_t>(interface));
  is.add(BPF_LD | BPF_W | BPF_LEN, 0);
  is.require_at_most(kRingUdpBytesMax);
  return is.end(kNone, kAll);
}

}  // namespace tutti::net
