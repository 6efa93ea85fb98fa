// What is no media, from a capture and into one: the answers of the slow path, through net_pcap.
#include <algorithm>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "captures.h"
#include "dataplane/dpdk/device.h"
#include "dataplane/dpdk/dpdk_port.h"
#include "dataplane/dpdk/slow_path.h"
#include "far_host.h"
#include "tests/unit/net/ip_host_world.h"

namespace tutti::dpdk {
namespace {

using base::DropReason;
using net::hex;
using net::operator+;

std::string as_text(const net::Bytes& frame) {
  return {reinterpret_cast<const char*>(frame.data()), frame.size()};
}

// Of VLAN 0: a priority alone, with which it is still for us.
std::string tagged(std::string frame, net::VlanId vlan) {
  const std::string tag{'\x81', '\0', static_cast<char>(vlan >> 8), static_cast<char>(vlan)};
  return frame.insert(12, tag);
}

TEST(DpdkPcapHostTest, AnswersACaptureIntoACapture) {
  test_eal();
  const Captures captures("dpdk_pcap_host");
  const net::IpHostOptions options = net::options();
  const auto ours = options.addresses.back();  // of IPv6
  const net::NdpPacket asks{.target = ours, .mac = net::kFar};
  const std::string ping = as_text(net::kUnicast + net::kEcho);
  // The same as the first of several pieces.
  const std::string piece =
      as_text(net::kUnicast + hex("08 00 | 45 00 00 20 00 01 20 00 40 01 D6 D1 | C0 00 02 09 C0 00 02 01 |"
                                  "08 00 21 04 12 34 00 01 61 62 63 64"));
  captures.write({as_text(net::kBroadcast + net::kArpRequest),
                  as_text(net::ndp(asks, net::kFarIp6, net::solicited_node(ours))), ping,
                  as_text(net::kUnicast + net::kEchoV6), piece, tagged(ping, 7), tagged(ping, 0)});
  {
    const net::PortLimits limits{.endpoints = 4, .receive_buffers = 256, .transmit_buffers = 64};
    auto device = Device::open({.name = captures.device(4), .limits = limits});
    ASSERT_TRUE(device) << device.error();
    const LocalAddresses addresses(
        {{options.addresses[0], 24}, {options.addresses[1], 24}, {options.addresses[2], 64}},
        options.ipv4.gateway, options.ipv6.gateway);
    Exchange exchange(addresses, {.first_port = 20'000, .last_port = 20'999});
    SlowPath slow(**device, exchange, options, nullptr);
    {
      DpdkPort port(**device, 0, exchange, slow.station(), limits);
      slow.add(port.next_hops());
      base::Instant now{std::chrono::seconds(100)};
      const auto emptied = port.queue_counters().empty_polls.value();
      while (port.queue_counters().empty_polls.value() == emptied) {
        EXPECT_TRUE(port.receive().empty()) << "nobody's media";
        slow.turn(now += SlowPath::kTurnEvery);
        port.flush();
      }
      EXPECT_EQ(port.queue_counters().exceptions.value(), 5u);
      EXPECT_EQ(port.counters().packets_received.value(), 0u);
      EXPECT_EQ(port.counters().drops.value(DropReason::kFragment), 1u);
      EXPECT_EQ(port.counters().drops.value(DropReason::kForeignVlan), 1u);
      EXPECT_EQ(port.counters().drops.total(), 2u);
    }
    EXPECT_EQ(slow.host().counters().neighbours_answered.value(), 2u);
    EXPECT_EQ(slow.host().counters().echoes_answered.value(), 3u);
    EXPECT_EQ(slow.host().counters().drops.total(), 0u);
    EXPECT_EQ(slow.counters().frames_lost.value(), 0u);
    EXPECT_EQ(slow.counters().frames_sent.value(), slow.host().counters().frames_sent.value());
    EXPECT_EQ((*device)->free_buffers(), (*device)->buffers());
  }
  // Beside what it tells of its own accord, to all.
  std::vector<std::string> answers = captures.read();
  std::erase_if(answers, [](const std::string& frame) { return !frame.starts_with(as_text(net::kAnswer)); });
  const std::string pong = as_text(
      net::padded(net::kAnswer + hex("08 00 | 45 00 00 20 00 00 40 00 40 01 B6 D2 |"
                                     "C0 00 02 01 C0 00 02 09 | 00 00 29 04 12 34 00 01 61 62 63 64")));
  net::Bytes told = net::ndp({.kind = net::NdpPacket::Kind::kAdvertisement,
                              .target = ours,
                              .mac = net::kUs,
                              .solicited = true,
                              .overrides = true},
                             ours, net::kFarIp6, net::kUs);
  std::transform(net::kFar.begin(), net::kFar.end(), told.begin(),
                 [](std::uint8_t each) { return std::byte{each}; });
  EXPECT_THAT(answers, testing::ElementsAre(
                           as_text(net::padded(net::kAnswer + hex("08 06 | 00 01 08 00 06 04 00 02 |"
                                                                  "02 00 00 00 00 01 C0 00 02 01 |"
                                                                  "02 00 00 00 00 09 C0 00 02 09"))),
                           as_text(told), pong,
                           as_text(net::kAnswer + hex("86 DD | 60 00 00 00 00 0C 3A 40 |"
                                                      "20 01 0D B8 00 00 00 00 00 00 00 00 00 00 00 01 |"
                                                      "20 01 0D B8 00 00 00 00 00 00 00 00 00 00 00 09 |"
                                                      "81 00 4C 41 12 34 00 01 61 62 63 64")),
                           pong));
}

}  // namespace
}  // namespace tutti::dpdk
