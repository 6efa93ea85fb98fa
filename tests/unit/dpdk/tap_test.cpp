// The kernel's interface beside the port, in a network namespace of the test's own.
#include "dataplane/dpdk/tap.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <fstream>
#include <iterator>
#include <string>

#include <gmock/gmock.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <poll.h>

#include "dataplane/net/arp_packet.h"
#include "dataplane/net/icmp_packet.h"
#include "dataplane/net/ndp_packet.h"
#include "network_with_taps.h"

namespace tutti::dpdk {
namespace {

constexpr net::MacAddress kCard{0x02, 0x11, 0x22, 0x33, 0x44, 0x55};
constexpr net::MacAddress kNeighbourMac{0x02, 0x66, 0x77, 0x88, 0x99, 0xaa};

TapOptions tap_options(net::VlanId vlan = net::kNoVlan) {
  TapOptions made;
  made.station = {kCard, vlan};
  made.addresses = {{*base::parse_ip("10.9.0.1"), 24}, {*base::parse_ip("10.9.0.2"), 24}};
  made.gateways = {*base::parse_ip("10.9.0.254")};
  return made;
}

// "Who has 10.9.0.2? Tell 10.9.0.7", from the wire.
std::vector<std::byte> question(net::VlanId vlan) {
  std::vector<std::byte> frame(64);
  const auto to = *base::parse_ip("10.9.0.2");
  const auto from = *base::parse_ip("10.9.0.7");
  net::MacAddress all;
  all.fill(0xff);
  const std::size_t head =
      net::write_ethernet_head({kNeighbourMac, vlan}, all, net::EtherType::kArp, frame.data());
  const std::array<std::uint8_t, 8> kind{0, 1, 8, 0, 6, 4, 0, 1};  // RFC 826: Ethernet, IPv4, request
  std::byte* at = frame.data() + head;
  std::memcpy(at, kind.data(), 8);
  std::memcpy(at + 8, kNeighbourMac.data(), 6);
  std::memcpy(at + 14, from.ip.data(), 4);
  std::memcpy(at + 24, to.ip.data(), 4);
  return frame;
}

// Whether the kernel answers, as read on the wire; it sends others of its own accord.
bool answers(Tap& tap, const net::EthernetStation& neighbour) {
  std::array<std::byte, SlowPath::kFrameBytesMax> frame;
  for (int tries = 0; tries < 12'000; ++tries) {
    if (tries % 200 == 0) tap.take(question(neighbour.vlan));
    while (const std::size_t bytes = tap.next(frame)) {
      const auto read = net::parse_ethernet_frame(std::span(frame).first(bytes), neighbour);
      if (read && read->type == net::EtherType::kArp && read->source == kCard) return true;
    }
    ::poll(nullptr, 0, 5);
  }
  return false;
}

TEST(TapTest, HasTheAddressesAndTheCardsMac) {
  const bool could = in_a_network_with_taps([] {
    const auto tap = Tap::open(tap_options());
    ASSERT_TRUE(tap) << tap.error();
    EXPECT_EQ((*tap)->name(), "tutti0");
    std::vector<std::string> addresses;
    ifaddrs* all = nullptr;
    ASSERT_EQ(::getifaddrs(&all), 0);
    for (const ifaddrs* one = all; one != nullptr; one = one->ifa_next) {
      if (one->ifa_addr == nullptr || one->ifa_addr->sa_family != AF_INET) continue;
      EXPECT_NE(one->ifa_flags & IFF_UP, 0U);
      addresses.push_back(base::ip_to_string(base::from_sockaddr(one->ifa_addr, sizeof(sockaddr_in))));
    }
    ::freeifaddrs(all);
    EXPECT_THAT(addresses, testing::ElementsAre("10.9.0.1", "10.9.0.2"));
    // A second server's has another number.
    const auto second = Tap::open({.name = "tutti%d", .station = {kCard}, .addresses = {}, .gateways = {}});
    ASSERT_TRUE(second) << second.error();
    EXPECT_EQ((*second)->name(), "tutti1");
  });
  if (!could) GTEST_SKIP() << "no network namespace or no /dev/net/tun here";
}

TEST(TapTest, TheKernelReadsAndSendsInTheVlanOfTheWire) {
  for (const net::VlanId vlan : {net::kNoVlan, net::VlanId{7}}) {
    const bool could = in_a_network_with_taps([vlan] {
      const auto tap = Tap::open(tap_options(vlan));
      ASSERT_TRUE(tap) << tap.error();
      EXPECT_TRUE(answers(**tap, {kNeighbourMac, vlan})) << "VLAN " << vlan;
    });
    if (!could) GTEST_SKIP() << "no network namespace or no /dev/net/tun here";
  }
}

TEST(TapTest, SendsByAGatewayThatHasButItsAddressOfTheLink) {
  const bool could = in_a_network_with_taps([] {
    TapOptions options;
    options.station = {kCard};
    options.addresses = {{*base::parse_ip("2001:db8::1"), 64}};
    options.gateways = {*base::parse_ip("fe80::1")};
    const auto tap = Tap::open(options);
    ASSERT_TRUE(tap) << tap.error();
    std::ifstream file("/proc/thread-self/net/ipv6_route");
    const std::string routes{std::istreambuf_iterator<char>(file), {}};
    const std::string nobody(32, '0');
    EXPECT_THAT(routes,
                testing::HasSubstr(nobody + " 00 " + nobody + " 00 fe800000000000000000000000000001 "));
  });
  if (!could) GTEST_SKIP() << "no network namespace or no /dev/net/tun here";
}

// A router's advertisement of itself and of 2001:db8:1::/64, from which hosts make addresses. RFC 4861, 4.2.
std::vector<std::byte> advertisement() {
  std::vector<std::byte> frame(18);
  frame.resize(net::write_ethernet_head({kNeighbourMac}, net::group_mac(net::all_nodes()),
                                        net::EtherType::kIpv6, frame.data()));
  std::vector<std::byte> packet(net::kIpv6HeadBytes + 48);
  const std::array<std::uint8_t, 48> message{134,  0,    0, 0, 64, 0,  0x07, 0x08, 0,    0,    0,    0, 0,
                                             0,    0,    0, 3, 4,  64, 0xC0, 0,    1,    0x51, 0x80, 0, 0,
                                             0x38, 0x40, 0, 0, 0,  0,  0x20, 0x01, 0x0d, 0xb8, 0,    1};
  std::memcpy(&packet[net::kIpv6HeadBytes], message.data(), message.size());
  net::finish_icmp_packet(*base::parse_ip("fe80::66:77ff:fe88:99aa"), net::all_nodes(), 255,
                          std::span(packet).subspan(net::kIpv6HeadBytes), packet.data());
  frame.insert(frame.end(), packet.begin(), packet.end());
  return frame;
}

// net::IpHost would not answer for its address.
TEST(TapTest, BelievesNoRouter) {
  const bool could = in_a_network_with_taps([] {
    TapOptions options = tap_options();
    options.addresses.push_back({*base::parse_ip("2001:db8::1"), 64});
    const auto tap = Tap::open(options);
    ASSERT_TRUE(tap) << tap.error();
    for (int i = 0; i < 3; ++i) {
      (*tap)->take(advertisement());
      ASSERT_TRUE(answers(**tap, {kNeighbourMac}));  // what comes after it has been read
    }
    std::ifstream addresses("/proc/thread-self/net/if_inet6");
    EXPECT_THAT((std::string{std::istreambuf_iterator<char>(addresses), {}}),
                testing::Not(testing::HasSubstr("20010db80001")));
    std::ifstream routes("/proc/thread-self/net/ipv6_route");
    EXPECT_THAT((std::string{std::istreambuf_iterator<char>(routes), {}}),
                testing::Not(testing::HasSubstr("fe8000000000000000006677fffe8899aa ")));
  });
  if (!could) GTEST_SKIP() << "no network namespace or no /dev/net/tun here";
}

TEST(TapTest, SaysWhatTheKernelRefuses) {
  const bool could = in_a_network_with_taps([] {
    TapOptions wrong = tap_options();
    wrong.gateways = {*base::parse_ip("192.0.2.1")};
    const auto tap = Tap::open(wrong);
    ASSERT_FALSE(tap);
    EXPECT_THAT(tap.error(), testing::HasSubstr("does not take the gateway 192.0.2.1"));
    wrong = tap_options();
    wrong.station.mac = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
    EXPECT_THAT(Tap::open(wrong).error(), testing::HasSubstr("takes no MAC address"));
  });
  if (!could) GTEST_SKIP() << "no network namespace or no /dev/net/tun here";
}

}  // namespace
}  // namespace tutti::dpdk
