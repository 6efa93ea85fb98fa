#include "dataplane/dpdk/steering.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dataplane/dpdk/device.h"
#include "dataplane/net/port_lane.h"
#include "tests/support/crossed_rings.h"

namespace tutti::dpdk {
namespace {

using testing::HasSubstr;

// Microsoft's example key and its published results.
constexpr std::array<std::uint8_t, 40> kKey = {0x6d, 0x5a, 0x56, 0xda, 0x25, 0x5b, 0x0e, 0xc2, 0x41, 0x67,
                                               0x25, 0x3d, 0x43, 0xa3, 0x8f, 0xb0, 0xd0, 0xca, 0x2b, 0xcb,
                                               0xae, 0x7b, 0x30, 0xb4, 0x77, 0xcb, 0x2d, 0xa3, 0x80, 0x30,
                                               0xf2, 0x0c, 0x6a, 0x42, 0xb7, 0x3b, 0xbe, 0xac, 0x01, 0xfa};

TEST(SteeringTest, HashesAsTheCardsDo) {
  const auto at = [](const char* ip, std::uint16_t port) { return *base::parse_ip(ip, port); };
  EXPECT_EQ(toeplitz_hash(kKey, at("66.9.149.187", 2'794), at("161.142.100.80", 1'766)), 0x51ccc178U);
  EXPECT_EQ(toeplitz_hash(kKey, at("199.92.111.2", 14'230), at("65.69.140.83", 4'739)), 0xc626b0eaU);
  EXPECT_EQ(toeplitz_hash(kKey, at("3ffe:2501:200:1fff::7", 2'794), at("3ffe:2501:200:3::1", 1'766)),
            0x40207d3dU);
}

TEST(SteeringTest, ChoosesAPortWhosePacketsComeToTheQueue) {
  const auto remote = *base::parse_ip("66.9.149.187", 2'794);
  const auto ours = *base::parse_ip("161.142.100.80");
  std::vector<std::uint16_t> queues(128);
  for (std::size_t i = 0; i < queues.size(); ++i) queues[i] = static_cast<std::uint16_t>(i % 4);
  std::vector<base::SocketAddress> candidates;
  for (std::uint16_t port = 20'000; port < 20'200; port = static_cast<std::uint16_t>(port + 2)) {
    candidates.push_back(ours.with_port(port));
  }
  for (std::uint16_t queue = 0; queue < 4; ++queue) {
    const auto chosen = choose_port(remote, candidates, queue, kKey, queues);
    ASSERT_TRUE(chosen);
    EXPECT_EQ(queues[toeplitz_hash(kKey, remote, candidates[*chosen]) % queues.size()], queue);
    for (std::size_t before = 0; before < *chosen; ++before) {
      EXPECT_NE(queues[toeplitz_hash(kKey, remote, candidates[before]) % queues.size()], queue);
    }
  }
  EXPECT_FALSE(choose_port(remote, candidates, 9, kKey, queues));
  EXPECT_FALSE(choose_port(remote, candidates, 0, {}, {}));
}

TEST(SteeringTest, AMaskTellsALanesPorts) {
  for (const std::uint16_t first : std::array<std::uint16_t, 4>{16'384, 20'001, 20'002, 20'006}) {
    for (const std::uint32_t lanes : {2U, 4U, 8U}) {
      for (std::uint32_t lane = 0; lane < lanes; ++lane) {
        const PortMask mask = port_mask(first, lane, lanes);
        const auto dealt = net::PortLane::of({}, first, 30'000, lane, lanes);
        for (std::uint32_t rtp = dealt.first; rtp < 20'100; rtp += 2) {
          const bool ours = dealt.place_of(rtp) != dealt.pairs();
          EXPECT_EQ((rtp & mask.mask) == mask.value, ours);
          EXPECT_EQ(((rtp + 1) & mask.mask) == mask.value, ours);  // its RTCP
        }
      }
    }
  }
}

TEST(SteeringTest, HandsOverWhereThePortCanNothing) {
  const CrossedRings rings(4);
  const LocalAddresses addresses({{*base::parse_ip("10.0.0.1"), 24}, {*base::parse_ip("2001:db8::1"), 64}},
                                 {}, {});
  auto device = Device::open({.name = rings.near(), .cores = 4, .limits = {.receive_buffers = 256}});
  ASSERT_TRUE(device) << device.error();
  const Steering steering(**device, addresses, 20'000);
  EXPECT_EQ(steering.kind(), Steering::Kind::kHandOver);
  EXPECT_THAT(steering.description(), HasSubstr("handed over"));
}

TEST(SteeringTest, NeedsNothingForOneCore) {
  const CrossedRings rings(1);
  const LocalAddresses addresses({{*base::parse_ip("10.0.0.1"), 24}}, {}, {});
  auto device = Device::open({.name = rings.near(), .limits = {.receive_buffers = 256}});
  ASSERT_TRUE(device) << device.error();
  EXPECT_EQ(Steering(**device, addresses, 20'000).kind(), Steering::Kind::kOneQueue);
}

// net_null takes a key, and has a table.
TEST(SteeringTest, TakesTheHashWhereThereAreNoRules) {
  test_eal();
  const LocalAddresses addresses({{*base::parse_ip("10.0.0.1"), 24}}, {}, {});
  auto device = Device::open({.name = "net_null9,size=64", .cores = 2, .limits = {.receive_buffers = 256}});
  ASSERT_TRUE(device) << device.error();
  EXPECT_FALSE((*device)->hash_queues().empty());
  EXPECT_GE((*device)->hash_key().size(), 40u);
  const Steering steering(**device, addresses, 20'000);
  EXPECT_EQ(steering.kind(), Steering::Kind::kHash);
  EXPECT_THAT(steering.description(), HasSubstr("the card's hash"));
}

}  // namespace
}  // namespace tutti::dpdk
