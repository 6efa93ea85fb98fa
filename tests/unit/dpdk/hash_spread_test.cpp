// The card's hash, and the ports that are chosen by it: what comes by hash comes to its own core.
#include "dataplane/dpdk/hash_spread.h"

#include <random>

#include <gtest/gtest.h>

#include "near_host.h"

namespace tutti::dpdk {
namespace {

using net::EndpointId;

// Microsoft's example key and its published results.
constexpr std::array<std::uint8_t, 40> kKey = {0x6d, 0x5a, 0x56, 0xda, 0x25, 0x5b, 0x0e, 0xc2, 0x41, 0x67,
                                               0x25, 0x3d, 0x43, 0xa3, 0x8f, 0xb0, 0xd0, 0xca, 0x2b, 0xcb,
                                               0xae, 0x7b, 0x30, 0xb4, 0x77, 0xcb, 0x2d, 0xa3, 0x80, 0x30,
                                               0xf2, 0x0c, 0x6a, 0x42, 0xb7, 0x3b, 0xbe, 0xac, 0x01, 0xfa};

// A table of 128, as cards have it.
HashSpread spread_over(std::uint16_t queues, bool ipv4 = true, bool ipv6 = true) {
  std::vector<std::uint16_t> table(128);
  for (std::size_t i = 0; i < table.size(); ++i) table[i] = static_cast<std::uint16_t>(i % queues);
  return {{kKey.begin(), kKey.end()}, std::move(table), ipv4, ipv6};
}

// What the card does with a packet.
std::uint16_t queue_of(const HashSpread& spread, const base::SocketAddress& from,
                       const base::SocketAddress& to) {
  std::uint16_t queue = 0;
  while (!spread.leads_to(from, to, queue)) ++queue;
  return queue;
}

TEST(HashSpreadTest, HashesAsTheCardsDo) {
  const auto at = [](const char* ip, std::uint16_t port) { return *base::parse_ip(ip, port); };
  EXPECT_EQ(toeplitz_hash(kKey, at("66.9.149.187", 2'794), at("161.142.100.80", 1'766)), 0x51ccc178U);
  EXPECT_EQ(toeplitz_hash(kKey, at("199.92.111.2", 14'230), at("65.69.140.83", 4'739)), 0xc626b0eaU);
  EXPECT_EQ(toeplitz_hash(kKey, at("3ffe:2501:200:1fff::7", 2'794), at("3ffe:2501:200:3::1", 1'766)),
            0x40207d3dU);
}

TEST(HashSpreadTest, LeadsToTheQueueOfTheTable) {
  const HashSpread spread = spread_over(4);
  const auto from = *base::parse_ip("66.9.149.187", 2'794);
  const auto to = *base::parse_ip("161.142.100.80", 1'766);
  for (std::uint16_t queue = 0; queue < 4; ++queue) {
    EXPECT_EQ(spread.leads_to(from, to, queue), queue == 0x51ccc178U % 128 % 4);
  }
  EXPECT_TRUE(spread.fills(4));
  EXPECT_FALSE(spread.fills(5));
}

TEST(HashSpreadTest, LeavesOpenWhatItDoesNotHash) {
  const auto ipv4 = *base::parse_ip("66.9.149.187", 2'794);
  const auto ipv6 = *base::parse_ip("2001:db8::1", 1'766);
  for (std::uint16_t queue = 0; queue < 4; ++queue) {
    EXPECT_TRUE(spread_over(4, true, false).leads_to(ipv6, ipv6, queue));
    EXPECT_TRUE(spread_over(4, false, true).leads_to(ipv4, ipv4, queue));
    EXPECT_TRUE(HashSpread().leads_to(ipv4, ipv4, queue));
    EXPECT_TRUE(spread_over(4).leads_to(ipv6, ipv4, queue)) << "no packet comes from the other family";
  }
}

TEST(HashSpreadTest, EachQueueHasAPortForEveryRemote) {
  for (const std::uint16_t queues : std::array<std::uint16_t, 5>{2, 3, 4, 8, 16}) {
    const HashSpread spread = spread_over(queues);
    const LocalAddresses addresses({{*base::parse_ip("192.0.2.10"), 24}, {*base::parse_ip("192.0.2.11"), 24}},
                                   {}, {});
    LocalEndpoints endpoints(addresses, &spread);
    net::EndpointAllocator allocator(endpoints, {{addresses[0], addresses[1]}, 16'384, 32'767, queues});
    std::mt19937 random(20'261'126);
    std::size_t right = 0;
    constexpr std::size_t kCalls = 8'000;
    for (std::size_t i = 0; i < kCalls; ++i) {
      auto remote = *base::parse_ip("198.51.100.0", static_cast<std::uint16_t>(1'024 + random() % 60'000));
      remote.ip[3] = static_cast<std::uint8_t>(random());
      const std::size_t core = i % queues;
      const auto opened = allocator.open(true, core, {}, remote);
      ASSERT_TRUE(opened);
      right += queue_of(spread, remote, opened->rtp) == core ? 1 : 0;
    }
    // The last few find hardly a port that is free.
    EXPECT_GE(right, kCalls * 99 / 100) << queues << " queues";
    EXPECT_EQ(allocator.in_use(), kCalls);
  }
}

// Two cores over the real port, the far end in the card's place: what is sent comes to the hash's queue.
class HashedTest : public testing::TestWithParam<bool> {
 protected:
  static constexpr std::uint16_t kCores = 2;
  static constexpr std::uint32_t kCalls = 16;
  static constexpr int kPackets = 25;

  struct Call {
    base::SocketAddress remote;
    net::Endpoint endpoint;
  };

  // Calls of both cores in turn, with the remote known when their ports are opened or not.
  std::vector<Call> calls(bool known) {
    std::vector<Call> all;
    for (std::uint32_t i = 0; i < kCalls; ++i) {
      Call call{host_.far().open(), {}};
      const auto opened = allocator_.open(true, i % kCores, {}, known ? call.remote : base::SocketAddress{});
      if (!opened) ADD_FAILURE();
      call.endpoint = *opened;
      EXPECT_TRUE(host_.port(i % kCores).attach(EndpointId{i}, opened->handles));
      all.push_back(call);
    }
    return all;
  }
  // Each core takes what is its own, and each in the end has all of it.
  void exchange(const std::vector<Call>& all) {
    std::array<std::size_t, kCores> received{};
    for (int i = 0; i < kPackets; ++i) {
      for (const Call& call : all) {
        const std::uint16_t queue = queue_of(spread_, call.remote, call.endpoint.rtp);
        ASSERT_TRUE(host_.far().send(call.remote, call.endpoint.rtp, "voice", queue));
      }
      for (int round = 0; round < 2; ++round) {
        for (std::size_t core = 0; core < kCores; ++core) received[core] += host_.receive(core).size();
      }
    }
    for (const std::size_t count : received) EXPECT_EQ(count, kCalls / kCores * kPackets);
  }
  std::uint64_t handed_over() {
    std::uint64_t all = 0;
    for (std::size_t core = 0; core < kCores; ++core)
      all += host_.port(core).queue_counters().handed_over.value();
    return all;
  }

  NearHost host_{{.cores = kCores, .limits = {.endpoints = kCalls}, .ipv6 = GetParam()}};
  const HashSpread spread_ = spread_over(kCores);
  const LocalAddresses addresses_{{{host_.ip(), 24}}, {}, {}};
  LocalEndpoints endpoints_{addresses_, &spread_};
  net::EndpointAllocator allocator_{endpoints_,
                                    {{host_.ip()}, NearHost::kFirstPort, NearHost::kLastPort, kCores}};
};

TEST_P(HashedTest, NothingIsHandedOverWhereTheRemoteWasKnown) {
  exchange(calls(true));
  EXPECT_EQ(handed_over(), 0u);
}

TEST_P(HashedTest, WhatIsNotKnownIsHandedOverAndNotLost) {
  exchange(calls(false));
  EXPECT_GT(handed_over(), kCalls * kPackets / 8);
  EXPECT_LT(handed_over(), kCalls * kPackets);
}

INSTANTIATE_TEST_SUITE_P(Families, HashedTest, testing::Bool(),
                         [](const auto& family) { return family.param ? "Ipv6" : "Ipv4"; });

}  // namespace
}  // namespace tutti::dpdk
