#include "dataplane/dpdk/tap.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>

#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_addr.h>
#include <linux/if_arp.h>
#include <linux/if_tun.h>
#include <linux/rtnetlink.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "dataplane/net/ethernet_frame.h"

namespace tutti::dpdk {
namespace {

using base::unexpected;
using Outcome = base::Result<void, std::string>;

constexpr std::size_t kTypeAt = 12;  // behind both MAC addresses; a tag lies there too
constexpr std::size_t kTagBytes = net::EthernetFrame::kTagBytes;
// Default routes with a smaller one go first: those that an operator or DHCP has made.
constexpr std::uint32_t kMetric = 4'096;

std::string why() {
  return std::strerror(errno);
}

// Closes it when it goes.
struct File {
  explicit File(int opened) : number(opened) {}
  ~File() {
    if (number >= 0) ::close(number);
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  int number;
};

// A request of rtnetlink(7), which the kernel acknowledges.
class Request {
 public:
  template <typename Body>
  Request(std::uint16_t type, const Body& body) : size_(NLMSG_LENGTH(sizeof(Body))) {
    nlmsghdr header{};
    header.nlmsg_type = type;
    header.nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL;
    std::memcpy(bytes_.data(), &header, sizeof(header));
    std::memcpy(bytes_.data() + NLMSG_HDRLEN, &body, sizeof(body));
  }
  void add(std::uint16_t type, const void* value, std::size_t bytes) {
    const std::size_t at = NLMSG_ALIGN(size_);
    const rtattr head{.rta_len = static_cast<std::uint16_t>(RTA_LENGTH(bytes)), .rta_type = type};
    std::memcpy(bytes_.data() + at, &head, sizeof(head));
    std::memcpy(bytes_.data() + at + RTA_LENGTH(0), value, bytes);
    size_ = at + head.rta_len;
  }
  // 0, or the number of the error.
  int send() {
    const auto length = static_cast<std::uint32_t>(size_);
    std::memcpy(bytes_.data(), &length, sizeof(length));
    const File socket(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE));
    if (socket.number < 0 || ::send(socket.number, bytes_.data(), size_, 0) < 0) return errno;
    if (::recv(socket.number, bytes_.data(), bytes_.size(), 0) < 0) return errno;
    nlmsgerr error{};
    std::memcpy(&error, bytes_.data() + NLMSG_HDRLEN, sizeof(error));
    return -error.error;
  }

 private:
  alignas(NLMSG_ALIGNTO) std::array<std::byte, 1'024> bytes_{};
  std::size_t size_;
};

std::uint8_t family_of(const base::SocketAddress& ip) {
  return ip.family == base::AddressFamily::kIpv4 ? AF_INET : AF_INET6;
}
std::size_t bytes_of(const base::SocketAddress& ip) {
  return ip.family == base::AddressFamily::kIpv4 ? 4 : 16;
}

Outcome add_address(std::uint32_t interface, const LocalAddresses::Address& address) {
  ifaddrmsg body{};
  body.ifa_family = family_of(address.ip);
  body.ifa_prefixlen = address.prefix;
  body.ifa_flags = IFA_F_NODAD;  // net::IpHost asks whether somebody has it
  body.ifa_index = interface;
  Request request(RTM_NEWADDR, body);
  request.add(IFA_LOCAL, address.ip.ip.data(), bytes_of(address.ip));
  request.add(IFA_ADDRESS, address.ip.ip.data(), bytes_of(address.ip));
  if (const int error = request.send(); error != 0) {
    return unexpected("the kernel's interface beside DPDK's port does not take the address " +
                      base::ip_to_string(address.ip) + ": " + std::strerror(error));
  }
  return {};
}

Outcome add_gateway(std::uint32_t interface, const base::SocketAddress& gateway) {
  rtmsg body{};
  body.rtm_family = family_of(gateway);
  body.rtm_table = RT_TABLE_MAIN;
  body.rtm_protocol = RTPROT_STATIC;
  body.rtm_scope = RT_SCOPE_UNIVERSE;
  body.rtm_type = RTN_UNICAST;
  Request request(RTM_NEWROUTE, body);
  request.add(RTA_GATEWAY, gateway.ip.data(), bytes_of(gateway));
  request.add(RTA_OIF, &interface, sizeof(interface));
  request.add(RTA_PRIORITY, &kMetric, sizeof(kMetric));
  if (const int error = request.send(); error != 0 && error != EEXIST) {
    return unexpected("the kernel's interface beside DPDK's port does not take the gateway " +
                      base::ip_to_string(gateway) + ": " + std::strerror(error));
  }
  return {};
}

// Addresses and gateways are the configuration's alone: an address that the kernel gave itself would be one
// that net::IpHost does not answer for. IpHost keeps routers' advertisements from it, so it is no error where
// /proc/sys may not be written; this is for those behind extension headers, which IpHost does not read.
void ignore_routers(const std::string& interface) {
  for (const char* what : {"accept_ra", "autoconf"}) {
    std::ofstream("/proc/sys/net/ipv6/conf/" + interface + "/" + what) << 0;
  }
}

// With the card's MAC, and up.
Outcome set_up(ifreq& interface, const TapOptions& options) {
  const File any(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  const auto refused = [&](const char* what) {
    return unexpected("the interface " + std::string(interface.ifr_name) + " beside DPDK's port takes no " +
                      what + ": " + why());
  };
  interface.ifr_hwaddr.sa_family = ARPHRD_ETHER;
  std::copy(options.station.mac.begin(), options.station.mac.end(), interface.ifr_hwaddr.sa_data);
  if (::ioctl(any.number, SIOCSIFHWADDR, &interface) != 0) return refused("MAC address");
  ignore_routers(interface.ifr_name);
  if (::ioctl(any.number, SIOCGIFFLAGS, &interface) != 0) return refused("flags");
  interface.ifr_flags = static_cast<short>(interface.ifr_flags | IFF_UP);
  if (::ioctl(any.number, SIOCSIFFLAGS, &interface) != 0) return refused("flags");
  if (::ioctl(any.number, SIOCGIFINDEX, &interface) != 0) return refused("number");
  return {};
}

}  // namespace

base::Result<std::unique_ptr<Tap>, std::string> Tap::open(const TapOptions& options) {
  const int file = ::open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
  if (file < 0) {
    return unexpected(
        "/dev/net/tun cannot be opened (" + why() +
        "): load the module tun, start as root or with CAP_NET_ADMIN, or set kernel_path = \"none\"");
  }
  ifreq interface {};
  interface.ifr_flags = IFF_TAP | IFF_NO_PI;
  options.name.copy(interface.ifr_name, sizeof(interface.ifr_name) - 1);
  if (::ioctl(file, TUNSETIFF, &interface) != 0) {
    const std::string said = "no interface " + options.name + " can be made beside DPDK's port (" + why() +
                             "): start as root or with CAP_NET_ADMIN, or set kernel_path = \"none\"";
    ::close(file);
    return unexpected(said);
  }
  std::unique_ptr<Tap> tap(new Tap(file, interface.ifr_name, options.station.vlan));
  if (auto up = set_up(interface, options); !up) return unexpected(up.error());
  const auto number = static_cast<std::uint32_t>(interface.ifr_ifindex);
  for (const auto& address : options.addresses) {
    if (auto added = add_address(number, address); !added) return unexpected(added.error());
  }
  for (const auto& gateway : options.gateways) {
    if (auto added = add_gateway(number, gateway); !added) return unexpected(added.error());
  }
  return tap;
}

Tap::Tap(int file, std::string name, net::VlanId vlan) : file_(file), name_(std::move(name)), vlan_(vlan) {}

Tap::~Tap() {
  ::close(file_);
}

void Tap::take(std::span<const std::byte> frame) {
  if (frame.size() < net::EthernetFrame::kHeadBytes + kTagBytes) return;
  constexpr std::array kTag{std::byte{0x81}, std::byte{0x00}};  // 802.1Q's type
  std::array<std::byte, SlowPath::kFrameBytesMax> untagged;
  if (std::equal(kTag.begin(), kTag.end(), frame.begin() + kTypeAt)) {
    const std::size_t bytes = std::min(frame.size() - kTagBytes, untagged.size());
    std::copy_n(frame.begin(), kTypeAt, untagged.begin());
    std::copy_n(frame.begin() + kTypeAt + kTagBytes, bytes - kTypeAt, untagged.begin() + kTypeAt);
    frame = std::span(untagged).first(bytes);
  }
  [[maybe_unused]] const auto written = ::write(file_, frame.data(), frame.size());
}

std::size_t Tap::next(std::span<std::byte> frame) {
  const std::size_t tag = vlan_ == net::kNoVlan ? 0 : kTagBytes;
  const auto read = ::read(file_, frame.data() + tag, frame.size() - tag);
  if (read < static_cast<ssize_t>(net::EthernetFrame::kHeadBytes)) return 0;
  if (tag != 0) {
    std::memmove(frame.data(), frame.data() + tag, kTypeAt);
    frame[kTypeAt] = std::byte{0x81};
    frame[kTypeAt + 1] = std::byte{0x00};
    frame[kTypeAt + 2] = static_cast<std::byte>(vlan_ >> 8U);
    frame[kTypeAt + 3] = static_cast<std::byte>(vlan_);
  }
  return static_cast<std::size_t>(read) + tag;
}

}  // namespace tutti::dpdk
