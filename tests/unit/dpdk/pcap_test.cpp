// Frames from a capture in, frames into a capture out, through net_pcap; and whatever bytes, none of them
// crash it.
#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "captures.h"
#include "dataplane/net/sim_link.h"
#include "near_host.h"
#include "tests/support/checkout.h"

namespace tutti::dpdk {
namespace {

namespace fs = std::filesystem;
using net::EndpointId;

TEST(DpdkPcapTest, EchoesACaptureIntoACapture) {
  test_eal();
  const Captures captures("dpdk_pcap");
  const auto ours = *base::parse_ip("10.0.0.1", 20'000);
  const auto peer = *base::parse_ip("10.9.0.2", 4'000);
  std::vector<std::string> frames;
  for (int i = 0; i < 200; ++i) frames.push_back(udp_frame(peer, ours, "packet " + std::to_string(i)));
  std::string wrong = frames[7];
  wrong.back() = '?';
  frames.insert(frames.begin() + 8, wrong);
  captures.write(frames);
  {
    const net::PortLimits limits{.endpoints = 4, .receive_buffers = 512, .transmit_buffers = 64};
    auto device = Device::open({.name = captures.device(3), .limits = limits});
    ASSERT_TRUE(device) << device.error();
    const LocalAddresses addresses({{ours.with_port(0), 24}}, *base::parse_ip("10.0.0.254"), {});
    Exchange exchange(addresses, {.first_port = 20'000, .last_port = 20'999});
    LocalEndpoints endpoints(addresses);
    {
      DpdkPort port(**device, 0, exchange, {.mac = kNearMac}, limits);
      OneStation gateway;
      port.next_hops().answer(gateway, base::monotonic_now());
      ASSERT_TRUE(port.attach(EndpointId{1}, *endpoints.open(ours, false)));
      for (auto batch = port.receive(); !batch.empty(); batch = port.receive()) {
        for (const net::ReceivedPacket& packet : batch) {
          ASSERT_TRUE(port.send(packet.endpoint, packet.flow, packet.source, {}, packet.payload));
        }
        port.flush();
      }
      EXPECT_EQ(port.counters().packets_received.value(), 200u);
      EXPECT_EQ(port.counters().drops.value(base::DropReason::kBadChecksum), 1u);
    }
    EXPECT_EQ((*device)->free_buffers(), (*device)->buffers());
  }
  const auto sent = captures.read();
  ASSERT_EQ(sent.size(), 200u);
  for (std::size_t i = 0; i < sent.size(); ++i) {
    const auto frame = net::parse_ethernet_frame(std::as_bytes(std::span(sent[i])), {.mac = kFarMac});
    ASSERT_TRUE(frame);
    EXPECT_EQ(frame->source, kNearMac);
    EXPECT_THAT(sent[i], testing::EndsWith("packet " + std::to_string(i)));
  }
}

// As they are and, behind a head that brings them to us, as IP packets.
TEST(DpdkPcapTest, SurvivesTheFuzzersFindings) {
  NearHost host;
  host.attach(EndpointId{1});
  std::string head =
      udp_frame(*base::parse_ip("10.9.0.2", 4'000), host.ip().with_port(20'000), "x").substr(0, 14);
  std::size_t sent = 0;
  net::SimRandom random(7);
  for (const auto& file : fs::recursive_directory_iterator(test_support::in_checkout("tests/fuzz/corpus"))) {
    if (!file.is_regular_file()) continue;
    std::ifstream in(file.path(), std::ios::binary);
    std::string bytes((std::istreambuf_iterator<char>(in)), {});
    bytes.resize(std::min<std::size_t>(bytes.size(), 1'500));
    if (bytes.empty()) continue;
    for (int turned = 0; turned < 8; ++turned) {
      for (const std::string& frame : {bytes, head + bytes}) {
        ASSERT_TRUE(host.far().end().send(frame));
        ++sent;
      }
      bytes[random.next() % bytes.size()] = static_cast<char>(random.next());
      head[12] = turned % 2 == 0 ? static_cast<char>(0x86) : 0x08;
      head[13] = turned % 2 == 0 ? static_cast<char>(0xDD) : 0x00;
      host.receive();
      give_back(host.exchange().to_slow_path(0));
    }
  }
  EXPECT_GT(sent, 500u);
  const auto& counters = host.port().counters();
  EXPECT_EQ(counters.packets_received.value() + counters.drops.total() +
                host.port().queue_counters().exceptions.value(),
            sent);
}

}  // namespace
}  // namespace tutti::dpdk
