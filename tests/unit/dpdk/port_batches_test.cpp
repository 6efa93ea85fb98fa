// How a DpdkPort takes what is more than a batch, and what it writes packets into.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dataplane/dpdk/spare_buffers.h"
#include "near_host.h"

namespace tutti::dpdk {
namespace {

using base::DropReason;
using net::EndpointId;
using testing::IsEmpty;

TEST(PortBatchesTest, SendsInTheBuffersThatPacketsCameIn) {
  NearHost host;
  const net::Endpoint endpoint = host.attach(kId);
  const auto client = host.far().open();
  const std::size_t free = host.device().free_transmit_buffers(0);
  const std::string longest(net::kPayloadBytesMax, 'l');
  for (int round = 0; round < 3; ++round) {
    for (int i = 0; i < 100; ++i) ASSERT_TRUE(host.far().send(client, endpoint.rtp, "received"));
    EXPECT_EQ(host.receive().size(), 100u);
    for (int i = 0; i < 100; ++i) {
      ASSERT_TRUE(host.send(kId, client, i % 2 == 0 ? longest : std::to_string(i))) << i;
    }
    host.port().flush();
    for (int i = 0; i < 100; ++i) {
      const auto heard = host.far().receive(client);
      ASSERT_TRUE(heard) << i;
      EXPECT_EQ(heard->payload, i % 2 == 0 ? longest : std::to_string(i));
    }
  }
  EXPECT_EQ(host.device().free_transmit_buffers(0), free) << "no pool was asked";
  // Some of its own were taken ahead of time and have left: as many of these are still to be written into.
  EXPECT_LE(host.far().end().buffers_in_use(), SpareBuffers::kBurst);
  // What is reserved stays reserved, whatever is received meanwhile.
  const auto reserved = host.port().reserve();
  ASSERT_TRUE(host.far().send(client, endpoint.rtp, "meanwhile"));
  EXPECT_EQ(host.receive().size(), 1u);
  EXPECT_EQ(host.port().reserve().data(), reserved.data());
}

TEST(PortBatchesTest, KeepsNoMoreBuffersThanItMayAndNoneOfAnotherCores) {
  NearHost host({.cores = 2});
  const net::Endpoint own = host.attach(kId, 0);
  const net::Endpoint other = host.attach(EndpointId{5}, 1);
  const auto client = host.far().open();
  for (std::size_t i = 0; i < ReusedBuffers::kMax + 100; ++i)
    ASSERT_TRUE(host.far().send(client, own.rtp, "x", 0));
  EXPECT_EQ(host.receive(0).size(), ReusedBuffers::kMax + 100);
  EXPECT_EQ(host.far().end().buffers_in_use(), ReusedBuffers::kMax);
  for (int i = 0; i < 50; ++i) ASSERT_TRUE(host.far().send(client, other.rtp, "y", 0));
  EXPECT_THAT(host.receive(0), IsEmpty());
  EXPECT_EQ(host.receive(1).size(), 50u);
  EXPECT_EQ(host.far().end().buffers_in_use(), ReusedBuffers::kMax) << "they were given back";
}

TEST(PortBatchesTest, TakesAWholeBatchByOnePoll) {
  NearHost host;
  const net::Endpoint endpoint = host.attach(kId);
  const auto client = host.far().open();
  constexpr std::size_t kBatch = net::PacketPort::kReceiveBatch;
  for (std::size_t i = 0; i < kBatch; ++i) ASSERT_TRUE(host.far().send(client, endpoint.rtp, "x"));
  EXPECT_EQ(host.port().receive().size(), kBatch);
  const net::QueueCounters& counters = host.port().queue_counters();
  EXPECT_EQ(counters.polls.value(), 1u);
  EXPECT_EQ(counters.bursts.count(base::LogBuckets::of(kBatch)), 1u);
}

TEST(PortBatchesTest, LetsManyLeaveTogetherAndTheRestWhenItIsTold) {
  NearHost host;
  host.attach(kId);
  const auto client = host.far().open();
  constexpr std::size_t kTogether = 64;
  const auto come = [&] {
    std::size_t count = 0;
    while (host.far().receive(client)) ++count;
    return count;
  };
  ASSERT_TRUE(host.send(kId, client, "the way is known from here on"));
  host.port().flush();
  ASSERT_EQ(come(), 1u);
  for (std::size_t i = 1; i < kTogether; ++i) ASSERT_TRUE(host.send(kId, client, "x"));
  EXPECT_EQ(come(), 0u);
  ASSERT_TRUE(host.send(kId, client, "x"));
  EXPECT_EQ(come(), kTogether);
  ASSERT_TRUE(host.send(kId, client, "x"));
  EXPECT_EQ(come(), 0u);
  host.port().flush();
  EXPECT_EQ(come(), 1u);
}

TEST(PortBatchesTest, TakesInOrderWhatIsMoreThanABatchAndFindsItBehindWhatIsNotForIt) {
  NearHost host;
  const net::Endpoint endpoint = host.attach(kId);
  const auto client = host.far().open();
  std::string strange = udp_frame(client, endpoint.rtp, "no");
  strange.back() = '!';  // the sum does not come out
  std::vector<std::string> sent;
  for (int i = 0; i < 300; ++i) {
    ASSERT_TRUE(host.far().end().send(strange));
    if (i < 270) continue;
    sent.push_back(std::to_string(i));
    ASSERT_TRUE(host.far().send(client, endpoint.rtp, sent.back()));
  }
  for (int i = 300; i < 600; ++i) {
    sent.push_back(std::to_string(i));
    ASSERT_TRUE(host.far().send(client, endpoint.rtp, sent.back()));
  }
  EXPECT_EQ(host.receive(), sent);
  EXPECT_EQ(host.drops(DropReason::kBadChecksum), 300u);
}

}  // namespace
}  // namespace tutti::dpdk
