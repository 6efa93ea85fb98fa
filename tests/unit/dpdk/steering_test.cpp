#include "dataplane/dpdk/steering.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dataplane/dpdk/device.h"
#include "dataplane/dpdk/hash_spread.h"
#include "dataplane/net/port_lane.h"
#include "tests/support/crossed_rings.h"

namespace tutti::dpdk {
namespace {

using testing::HasSubstr;

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
  EXPECT_EQ(steering.spread(), nullptr);
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
  EXPECT_TRUE((*device)->hash().fills(2)) << "its table at first knows one queue only";
  const Steering steering(**device, addresses, 20'000);
  EXPECT_EQ(steering.kind(), Steering::Kind::kHash);
  EXPECT_EQ(steering.spread(), &(*device)->hash());
  EXPECT_THAT(steering.description(), HasSubstr("the card's hash"));
}

}  // namespace
}  // namespace tutti::dpdk
