#include "dataplane/net/kernel_neighbours.h"

#include <array>
#include <cerrno>
#include <cstring>
#include <span>
#include <string>

#include <ifaddrs.h>
#include <linux/if_packet.h>
#include <linux/neighbour.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

namespace tutti::net {
namespace {

// A request of rtnetlink(7) with one attribute, and what came back.
struct Message {
  alignas(NLMSG_ALIGNTO) std::array<std::byte, 4'096> bytes{};
  std::size_t size = 0;

  template <typename Body>
  void begin(std::uint16_t type, const Body& body) {
    size = NLMSG_LENGTH(sizeof(Body));
    nlmsghdr header{};
    header.nlmsg_len = static_cast<std::uint32_t>(size);
    header.nlmsg_type = type;
    header.nlmsg_flags = NLM_F_REQUEST;
    std::memcpy(bytes.data(), &header, sizeof(header));
    std::memcpy(bytes.data() + NLMSG_HDRLEN, &body, sizeof(body));
  }
  void add(std::uint16_t type, std::span<const std::uint8_t> value) {
    const std::size_t at = NLMSG_ALIGN(size);
    const rtattr attribute{.rta_len = static_cast<std::uint16_t>(RTA_LENGTH(value.size())), .rta_type = type};
    std::memcpy(bytes.data() + at, &attribute, sizeof(attribute));
    std::memcpy(bytes.data() + at + RTA_LENGTH(0), value.data(), value.size());
    size = at + attribute.rta_len;
    const auto length = static_cast<std::uint32_t>(size);
    std::memcpy(bytes.data(), &length, sizeof(length));
  }

  // The body of an answer of that type; none of another, an error among them.
  template <typename Body>
  std::optional<Body> body(std::uint16_t type) const {
    nlmsghdr header{};
    if (size < NLMSG_LENGTH(sizeof(Body))) return std::nullopt;
    std::memcpy(&header, bytes.data(), sizeof(header));
    if (header.nlmsg_type != type || header.nlmsg_len > size) return std::nullopt;
    Body body;
    std::memcpy(&body, bytes.data() + NLMSG_HDRLEN, sizeof(body));
    return body;
  }
  // The value of an attribute; empty when there is none.
  std::span<const std::uint8_t> attribute(std::size_t body_bytes, std::uint16_t type) const {
    std::size_t at = NLMSG_LENGTH(NLMSG_ALIGN(body_bytes));
    rtattr head{};
    while (at + sizeof(head) <= size) {
      std::memcpy(&head, bytes.data() + at, sizeof(head));
      if (head.rta_len < sizeof(head) || at + head.rta_len > size) break;
      const auto* value = reinterpret_cast<const std::uint8_t*>(bytes.data()) + at + RTA_LENGTH(0);
      if (head.rta_type == type) return {value, head.rta_len - RTA_LENGTH(0)};
      at += RTA_ALIGN(head.rta_len);
    }
    return {};
  }
};

bool exchange(int socket, Message& message) {
  if (::send(socket, message.bytes.data(), message.size, 0) < 0) return false;
  const auto size = ::recv(socket, message.bytes.data(), message.bytes.size(), 0);
  message.size = size < 0 ? 0 : static_cast<std::size_t>(size);
  return size > 0;
}

std::span<const std::uint8_t> ip_bytes(const base::SocketAddress& address) {
  return std::span(address.ip).first(address.family == base::AddressFamily::kIpv4 ? 4 : 16);
}
std::uint8_t af(const base::SocketAddress& address) {
  return address.family == base::AddressFamily::kIpv4 ? AF_INET : AF_INET6;
}

constexpr std::uint16_t kUsable =
    NUD_PERMANENT | NUD_NOARP | NUD_REACHABLE | NUD_STALE | NUD_DELAY | NUD_PROBE;

}  // namespace

KernelNeighbours::KernelNeighbours(const LocalInterface& interface)
    : interface_(interface), socket_(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE)) {
  const timeval patience{.tv_sec = 0, .tv_usec = 200'000};
  if (socket_ >= 0) ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
}

KernelNeighbours::~KernelNeighbours() {
  if (socket_ >= 0) ::close(socket_);
}

std::optional<MacAddress> KernelNeighbours::ask(const base::SocketAddress& to, base::Instant now) {
  if (now != known_at_) known_.clear();
  known_at_ = now;
  const auto [found, first] = known_.try_emplace(Ip(to.family, to.ip));
  if (first) found->second = query(to);
  return found->second;
}

std::optional<MacAddress> KernelNeighbours::query(const base::SocketAddress& to) {
  if (to.family != interface_.ip.family) return std::nullopt;
  Message message;
  rtmsg route{};
  route.rtm_family = af(to);
  route.rtm_dst_len = static_cast<std::uint8_t>(8 * ip_bytes(to).size());
  route.rtm_src_len = route.rtm_dst_len;
  message.begin(RTM_GETROUTE, route);
  message.add(RTA_DST, ip_bytes(to));
  // A host in two networks may have a rule, and with it a gateway, for each of its addresses.
  message.add(RTA_SRC, ip_bytes(interface_.ip));
  if (!exchange(socket_, message)) return std::nullopt;
  const auto found = message.body<rtmsg>(RTM_NEWROUTE);
  if (!found || (found->rtm_type != RTN_UNICAST && found->rtm_type != RTN_LOCAL)) return std::nullopt;
  int interface = 0;
  const auto out = message.attribute(sizeof(rtmsg), RTA_OIF);
  if (out.size() == sizeof(interface)) std::memcpy(&interface, out.data(), sizeof(interface));
  if (interface != interface_.index) return std::nullopt;
  if (interface_.loopback) return MacAddress{};
  base::SocketAddress next = to;
  const auto gateway = message.attribute(sizeof(rtmsg), RTA_GATEWAY);
  if (!gateway.empty()) {
    if (gateway.size() != ip_bytes(next).size()) return std::nullopt;
    std::memcpy(next.ip.data(), gateway.data(), gateway.size());
  }

  ndmsg neighbour{};
  neighbour.ndm_family = af(next);
  neighbour.ndm_ifindex = interface;
  message.begin(RTM_GETNEIGH, neighbour);
  message.add(NDA_DST, ip_bytes(next));
  if (!exchange(socket_, message)) return std::nullopt;
  const auto known = message.body<ndmsg>(RTM_NEWNEIGH);
  const auto mac = message.attribute(sizeof(ndmsg), NDA_LLADDR);
  MacAddress address{};
  if (!known || (known->ndm_state & kUsable) == 0 || mac.size() != address.size()) return std::nullopt;
  std::memcpy(address.data(), mac.data(), mac.size());
  return address;
}

std::optional<LocalInterface> find_interface(const base::SocketAddress& ip) {
  ifaddrs* all = nullptr;
  if (::getifaddrs(&all) != 0) return std::nullopt;
  const bool loopback_net = ip.family == base::AddressFamily::kIpv4 && ip.ip[0] == 127;
  std::string name;
  for (const ifaddrs* one = all; one != nullptr; one = one->ifa_next) {
    if (one->ifa_addr == nullptr) continue;
    if (loopback_net && (one->ifa_flags & IFF_LOOPBACK) != 0) name = one->ifa_name;
    const bool ipv6 = one->ifa_addr->sa_family == AF_INET6;
    if (!ipv6 && one->ifa_addr->sa_family != AF_INET) continue;
    const auto own = base::from_sockaddr(one->ifa_addr, ipv6 ? sizeof(sockaddr_in6) : sizeof(sockaddr_in));
    if (own.family == ip.family && own.ip == ip.ip) name = one->ifa_name;
  }
  std::optional<LocalInterface> found;
  for (const ifaddrs* one = all; one != nullptr; one = one->ifa_next) {
    if (one->ifa_addr == nullptr || one->ifa_addr->sa_family != AF_PACKET || name != one->ifa_name) continue;
    sockaddr_ll link{};
    std::memcpy(&link, one->ifa_addr, sizeof(link));
    if (link.sll_hatype != ARPHRD_ETHER && link.sll_hatype != ARPHRD_LOOPBACK) continue;
    found = LocalInterface{.ip = ip.with_port(0),
                           .index = link.sll_ifindex,
                           .loopback = link.sll_hatype == ARPHRD_LOOPBACK,
                           .mac = {}};
    std::memcpy(found->mac.data(), link.sll_addr, found->mac.size());
  }
  ::freeifaddrs(all);
  return found;
}

}  // namespace tutti::net
