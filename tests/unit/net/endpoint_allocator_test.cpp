#include "dataplane/net/endpoint_allocator.h"

#include <algorithm>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dataplane/net/sim_network.h"

namespace tutti::net {
namespace {

using base::SocketAddress;

const SocketAddress kIp = *base::parse_ip("10.0.0.1");

class EndpointAllocatorTest : public testing::Test {
 protected:
  EndpointAllocator make(std::uint16_t first, std::uint16_t last) {
    return {network_.endpoint_factory(), {{kIp}, first, last}};
  }
  SimNetwork network_{SimNetwork::Config{}};
};

TEST_F(EndpointAllocatorTest, GivesEvenRtpAndTheOddRtcpAboveIt) {
  EndpointAllocator allocator = make(4'001, 4'010);
  EXPECT_EQ(allocator.capacity(), 4u);  // 4002/4003 .. 4008/4009
  const auto endpoint = allocator.open(true);
  ASSERT_TRUE(endpoint);
  EXPECT_EQ(endpoint->rtp, kIp.with_port(4'002));
  EXPECT_EQ(endpoint->rtcp, kIp.with_port(4'003));
  EXPECT_NE(endpoint->handles.rtcp, base::EndpointHandles::kNone);
  allocator.close(*endpoint);
}

TEST_F(EndpointAllocatorTest, OpensNoRtcpPortWithoutRtcp) {
  EndpointAllocator allocator = make(4'000, 4'009);
  const auto endpoint = allocator.open(false);
  ASSERT_TRUE(endpoint);
  EXPECT_EQ(endpoint->rtcp, endpoint->rtp);
  EXPECT_EQ(endpoint->handles.rtcp, base::EndpointHandles::kNone);
  const auto next = allocator.open(false);
  ASSERT_TRUE(next);
  EXPECT_EQ(next->rtp.port, 4'002);
  allocator.close(*endpoint);
  allocator.close(*next);
}

TEST_F(EndpointAllocatorTest, GivesEachLaneItsOwnPairsAndThenThoseOfOthers) {
  EndpointAllocator allocator(network_.endpoint_factory(), {{kIp}, 4'000, 4'009, 2});
  std::vector<std::uint16_t> ports;
  for (const std::size_t lane : {1u, 0u, 1u, 1u, 1u}) {
    const auto endpoint = allocator.open(true, lane);
    ASSERT_TRUE(endpoint);
    ports.push_back(endpoint->rtp.port);
  }
  EXPECT_THAT(ports, testing::ElementsAre(4'002, 4'000, 4'006, 4'004, 4'008));
  EXPECT_EQ(allocator.open(true, 0).error(), NetError::kNoPorts);
}

TEST_F(EndpointAllocatorTest, LetsAPortRestUntilTheRangeHasGoneRound) {
  EndpointAllocator allocator = make(4'000, 4'009);
  std::vector<std::uint16_t> ports;
  for (int i = 0; i < 10; ++i) {
    const auto endpoint = allocator.open(true);
    ASSERT_TRUE(endpoint);
    ports.push_back(endpoint->rtp.port);
    allocator.close(*endpoint);
  }
  EXPECT_THAT(ports,
              testing::ElementsAre(4'000, 4'002, 4'004, 4'006, 4'008, 4'000, 4'002, 4'004, 4'006, 4'008));
}

TEST_F(EndpointAllocatorTest, GivesOfAPartWhatItHoldsOfWholePairs) {
  EndpointAllocator allocator(network_.endpoint_factory(), {{kIp}, 4'000, 4'019, 2});
  const auto all_of = [&](std::size_t lane, EndpointAllocator::Ports within) {
    std::vector<Endpoint> opened;
    std::vector<std::uint16_t> ports;
    while (const auto endpoint = allocator.open(true, lane, within)) {
      opened.push_back(*endpoint);
      ports.push_back(endpoint->rtp.port);
    }
    EXPECT_EQ(allocator.open(true, lane, within).error(), NetError::kNoPorts);
    for (const Endpoint& each : opened) allocator.close(each);
    std::sort(ports.begin(), ports.end());
    return ports;
  };
  using testing::ElementsAre;
  for (const std::size_t lane : {0u, 1u}) {
    EXPECT_THAT(all_of(lane, {4'004, 4'011}), ElementsAre(4'004, 4'006, 4'008, 4'010));
    EXPECT_THAT(all_of(lane, {4'003, 4'010}), ElementsAre(4'004, 4'006, 4'008)) << "both ends cut a pair";
    EXPECT_THAT(all_of(lane, {0, 4'003}), ElementsAre(4'000, 4'002));
    EXPECT_THAT(all_of(lane, {4'018, 65'535}), ElementsAre(4'018));
    EXPECT_THAT(all_of(lane, {4'006, 4'007}), ElementsAre(4'006));
    EXPECT_THAT(all_of(lane, {4'006, 4'006}), ElementsAre());
    EXPECT_THAT(all_of(lane, {4'019, 4'021}), ElementsAre());
    EXPECT_THAT(all_of(lane, {1'000, 3'999}), ElementsAre());
    EXPECT_THAT(all_of(lane, {4'010, 4'005}), ElementsAre());
    EXPECT_EQ(all_of(lane, {}).size(), 10u);
  }
}

TEST_F(EndpointAllocatorTest, LetsAPortOfAPartRestToo) {
  EndpointAllocator allocator = make(4'000, 4'009);
  std::vector<std::uint16_t> ports;
  for (int i = 0; i < 4; ++i) {
    const auto endpoint = allocator.open(true, 0, {4'004, 4'007});
    ASSERT_TRUE(endpoint);
    ports.push_back(endpoint->rtp.port);
    allocator.close(*endpoint);
  }
  EXPECT_THAT(ports, testing::ElementsAre(4'004, 4'006, 4'004, 4'006));
  EXPECT_EQ(allocator.open(true)->rtp.port, 4'000) << "where the whole range goes on";
}

TEST_F(EndpointAllocatorTest, SaysNoPortsWhenAllAreTakenAndGoesOnWhenOneComesBack) {
  EndpointAllocator allocator = make(4'000, 4'009);
  std::vector<Endpoint> open;
  std::set<std::uint16_t> ports;
  for (int i = 0; i < 5; ++i) {
    const auto endpoint = allocator.open(true);
    ASSERT_TRUE(endpoint);
    open.push_back(*endpoint);
    ports.insert(endpoint->rtp.port);
  }
  EXPECT_EQ(ports.size(), 5u);
  EXPECT_EQ(allocator.in_use(), 5u);
  const auto none = allocator.open(true);
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error(), NetError::kNoPorts);
  EXPECT_EQ(allocator.in_use(), 5u);

  allocator.close(open[2]);
  const auto again = allocator.open(true);
  ASSERT_TRUE(again);
  EXPECT_EQ(again->rtp, open[2].rtp);
  open[2] = *again;
  for (const Endpoint& endpoint : open) allocator.close(endpoint);
  EXPECT_EQ(allocator.in_use(), 0u);
}

TEST_F(EndpointAllocatorTest, SkipsPairsOfWhichOtherProgramsHoldOnePort) {
  EndpointAllocator allocator = make(4'000, 4'009);
  EndpointFactory& other = network_.endpoint_factory();
  const auto even = other.open(kIp.with_port(4'000), false);
  const auto odd = other.open(kIp.with_port(4'003), false);
  ASSERT_TRUE(even && odd);
  const auto endpoint = allocator.open(true);
  ASSERT_TRUE(endpoint);
  EXPECT_EQ(endpoint->rtp.port, 4'004);
  allocator.close(*endpoint);
  other.close(*even);
  other.close(*odd);
}

TEST_F(EndpointAllocatorTest, HasNothingToGiveFromARangeWithoutAPair) {
  EndpointAllocator allocator = make(4'001, 4'002);
  EXPECT_EQ(allocator.capacity(), 0u);
  EXPECT_EQ(allocator.open(true).error(), NetError::kNoPorts);
  EXPECT_EQ(make(4'010, 4'000).open(true).error(), NetError::kNoPorts);
}

TEST_F(EndpointAllocatorTest, ReachesTheLastPortThereIs) {
  EndpointAllocator allocator = make(65'533, 65'535);
  EXPECT_EQ(allocator.capacity(), 1u);
  const auto endpoint = allocator.open(true);
  ASSERT_TRUE(endpoint);
  EXPECT_EQ(endpoint->rtcp.port, 65'535);
  allocator.close(*endpoint);
}

TEST_F(EndpointAllocatorTest, PassesOnWhatTheFactorySays) {
  EndpointAllocator allocator(network_.endpoint_factory(), {{*base::parse_ip("0.0.0.0")}, 4'000, 4'009});
  EXPECT_EQ(allocator.open(true).error(), NetError::kAddressNotAvailable);
  EXPECT_EQ(allocator.in_use(), 0u);
}

TEST_F(EndpointAllocatorTest, TakesItsAddressesInTurnEachWithTheWholeRange) {
  const SocketAddress other = *base::parse_ip("10.0.0.2");
  EndpointAllocator allocator(network_.endpoint_factory(), {{kIp, other}, 4'000, 4'005, 2});
  EXPECT_EQ(allocator.capacity(), 6u);
  std::vector<Endpoint> opened;
  for (int i = 0; i < 6; ++i) opened.push_back(*allocator.open(true));
  // Lane 0 has two pairs, 4000 and 4004, lane 1 has 4002: of each address.
  const std::vector<SocketAddress> expected{kIp.with_port(4'000), other.with_port(4'000),
                                            kIp.with_port(4'004), other.with_port(4'004),
                                            kIp.with_port(4'002), other.with_port(4'002)};
  for (std::size_t i = 0; i < 6; ++i) EXPECT_EQ(base::to_string(opened[i].rtp), base::to_string(expected[i]));
  EXPECT_EQ(allocator.open(true).error(), NetError::kNoPorts);
  allocator.close(opened[3]);
  const auto again = allocator.open(false);
  ASSERT_TRUE(again);
  EXPECT_EQ(again->rtp, expected[3]);
  for (const std::size_t i : {0u, 1u, 2u, 4u, 5u}) allocator.close(opened[i]);
  allocator.close(*again);
  EXPECT_EQ(allocator.in_use(), 0u);
}

}  // namespace
}  // namespace tutti::net
