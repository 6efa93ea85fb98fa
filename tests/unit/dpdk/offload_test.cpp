// What a card does of the sums, with a driver in its place that does them as asked: net_tap, whose far end is
// an interface of the kernel's, in a network of the test's own. The kernel drops what is summed wrongly.
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <functional>

#include <gtest/gtest.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <poll.h>
#include <rte_ethdev.h>
#include <rte_mbuf.h>
#include <sys/socket.h>
#include <unistd.h>

#include "near_host.h"
#include "network_with_taps.h"

namespace tutti::dpdk {
namespace {

constexpr base::Duration kPatience = std::chrono::minutes(1);

struct Ends {
  base::SocketAddress ours;
  base::SocketAddress theirs;
  const char* lay;  // the far end's address, and ours as its neighbour; kNearMac
};
Ends ends_of(bool ipv6) {
  if (ipv6) {
    return {*base::parse_ip("2001:db8::1", 20'000), *base::parse_ip("2001:db8::9", 4'000),
            "ip addr add 2001:db8::9/64 dev offload0 nodad && ip link set offload0 up && "
            "ip neigh replace 2001:db8::1 lladdr 02:00:00:00:00:01 dev offload0 nud permanent"};
  }
  return {*base::parse_ip("10.7.0.1", 20'000), *base::parse_ip("10.7.0.9", 4'000),
          "ip addr add 10.7.0.9/24 dev offload0 && ip link set offload0 up && "
          "ip neigh replace 10.7.0.1 lladdr 02:00:00:00:00:01 dev offload0 nud permanent"};
}

// The far end's.
class Socket {
 public:
  explicit Socket(const Ends& ends) : ends_(ends) {
    sockaddr_storage address;
    const socklen_t length = base::to_sockaddr(ends.theirs, address);
    fd_ = ::socket(address.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    EXPECT_EQ(::bind(fd_, reinterpret_cast<const sockaddr*>(&address), length), 0) << std::strerror(errno);
  }
  ~Socket() { ::close(fd_); }
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;

  void send(const std::string& text) const {
    sockaddr_storage address;
    const socklen_t length = base::to_sockaddr(ends_.ours, address);
    EXPECT_EQ(::sendto(fd_, text.data(), text.size(), 0, reinterpret_cast<const sockaddr*>(&address), length),
              static_cast<ssize_t>(text.size()));
  }
  // What comes next. The driver is told of frames by signals, which end each wait.
  std::string receive() const {
    const auto give_up = base::monotonic_now() + kPatience;
    while (base::monotonic_now() < give_up) {
      pollfd wait{fd_, POLLIN, 0};
      if (::poll(&wait, 1, 1'000) != 1) continue;
      std::array<char, 2'048> bytes;
      const ssize_t count = ::recv(fd_, bytes.data(), bytes.size(), 0);
      if (count >= 0) return {bytes.data(), static_cast<std::size_t>(count)};
    }
    return "(nothing came)";
  }

 private:
  const Ends ends_;
  int fd_ = -1;
};

// As the far end's card would put it on the wire.
void send_frame(const std::string& frame) {
  const int fd = ::socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
  sockaddr_ll to{};
  to.sll_family = AF_PACKET;
  to.sll_ifindex = static_cast<int>(::if_nametoindex("offload0"));
  EXPECT_EQ(::sendto(fd, frame.data(), frame.size(), 0, reinterpret_cast<const sockaddr*>(&to), sizeof(to)),
            static_cast<ssize_t>(frame.size()))
      << std::strerror(errno);
  ::close(fd);
}

// What comes next; empty where `until` comes true before.
std::string receive(DpdkPort& port, const Ends& ends, const std::function<bool()>& until) {
  const auto give_up = base::monotonic_now() + kPatience;
  while (base::monotonic_now() < give_up && !until()) {
    for (const net::ReceivedPacket& packet : port.receive()) {
      EXPECT_EQ(packet.source, ends.theirs);
      return {reinterpret_cast<const char*>(packet.payload.data()), packet.payload.size()};
    }
    port.wait_until(base::monotonic_now() + std::chrono::milliseconds(1));
  }
  return {};
}

// A driver that says of each frame's sums what `flags` has.
std::uint16_t say(std::uint16_t, std::uint16_t, rte_mbuf** buffers, std::uint16_t count, std::uint16_t,
                  void* flags) {
  constexpr std::uint64_t kOfSums = RTE_MBUF_F_RX_IP_CKSUM_MASK | RTE_MBUF_F_RX_L4_CKSUM_MASK;
  for (std::uint16_t i = 0; i < count; ++i) {
    buffers[i]->ol_flags = (buffers[i]->ol_flags & ~kOfSums) | *static_cast<const std::uint64_t*>(flags);
  }
  return count;
}

void exchange_sums(bool ipv6) {
  const Ends ends = ends_of(ipv6);
  const net::PortLimits limits{.endpoints = 16, .receive_buffers = 256, .transmit_buffers = 64};
  const auto opened = Device::open({.name = "net_tap7,iface=offload0", .limits = limits});
  ASSERT_TRUE(opened) << opened.error();
  Device& device = **opened;
  ASSERT_TRUE(device.offloads().transmit_udp_checksum);
  ASSERT_TRUE(device.offloads().received.ipv4_checksum && device.offloads().received.udp_checksum);
  ASSERT_EQ(std::system(ends.lay), 0);
  const LocalAddresses addresses({{ends.ours.with_port(0), ipv6 ? std::uint8_t{64} : std::uint8_t{24}}}, {},
                                 {});
  Exchange exchange(addresses, {.cores = 1, .first_port = 20'000, .last_port = 20'099});
  LocalEndpoints endpoints(addresses);
  {
    DpdkPort port(device, 0, exchange, {.mac = kNearMac}, limits);
    ASSERT_TRUE(port.attach(kId, *endpoints.open(ends.ours, false)));
    port.expect(kId, net::Flow::kRtp, ends.theirs);
    OneStation far(device.mac());
    port.next_hops().answer(far, base::monotonic_now());
    const Socket socket(ends);
    const auto never = [] { return false; };
    // Odd and even lengths.
    for (const std::string& text : {std::string("a"), std::string("voice!"), std::string(172, 'x')}) {
      const auto buffer = port.reserve();
      std::memcpy(buffer.data(), text.data(), text.size());
      port.send(kId, net::Flow::kRtp, ends.theirs, text.size());
      port.flush();
      EXPECT_EQ(socket.receive(), text);
      socket.send(text);
      EXPECT_EQ(receive(port, ends, never), text);
    }
    const auto dropped = [&] { return port.counters().drops.value(base::DropReason::kBadChecksum); };
    EXPECT_EQ(dropped(), 0u);
    // The card says that it is wrong. For IPv6 we say so: the driver finds no fault with that (22.11).
    std::uint64_t said = RTE_MBUF_F_RX_L4_CKSUM_BAD;
    const auto have_it_said = [&] { ::rte_eth_add_rx_callback(device.number(), 0, &say, &said); };
    if (ipv6) have_it_said();
    std::string frame = udp_frame(ends.theirs, ends.ours, "payload");
    frame.back() = '?';
    send_frame(frame);
    EXPECT_EQ(receive(port, ends, [&] { return dropped() != 0; }), "");
    EXPECT_EQ(dropped(), 1u);
    // Where it says that it is right nobody looks again; of IPv6 there is but UDP's to speak of.
    said = RTE_MBUF_F_RX_L4_CKSUM_GOOD | (ipv6 ? 0 : RTE_MBUF_F_RX_IP_CKSUM_GOOD);
    if (!ipv6) have_it_said();
    send_frame(frame);
    EXPECT_EQ(receive(port, ends, [&] { return dropped() != 1; }), "payloa?");
    EXPECT_EQ(dropped(), 1u);
    port.detach(kId);
    port.receive();
  }
  give_back(exchange.to_slow_path(0));
}

class OffloadTest : public testing::TestWithParam<bool> {};

TEST_P(OffloadTest, ACardThatSumsIsLeftToDoIt) {
  test_eal();
  if (!in_a_network_with_taps([] { exchange_sums(GetParam()); })) {
    GTEST_SKIP() << "no network namespace or no /dev/net/tun here";
  }
}

INSTANTIATE_TEST_SUITE_P(Families, OffloadTest, testing::Bool(),
                         [](const auto& family) { return family.param ? "Ipv6" : "Ipv4"; });

}  // namespace
}  // namespace tutti::dpdk
