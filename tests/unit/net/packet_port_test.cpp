// The contract of PacketPort, run over every body of it.
#include "dataplane/net/packet_port.h"

#include <cstring>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dataplane/base/realtime.h"
#include "port_world.h"

namespace tutti::net {
namespace {

using base::RealtimeSection;
using base::SocketAddress;
using testing::ElementsAre;

class PacketPortContract : public testing::TestWithParam<WorldMaker> {
 protected:
  void make(const PortLimits& limits) {
    MadeWorld made = GetParam()(limits);
    if (!made.world) GTEST_SKIP() << made.reason;
    world_ = std::move(made.world);
  }
  void SetUp() override { make({.endpoints = 16, .receive_buffers = 512, .transmit_buffers = 64}); }

  PacketPort& port() { return world_->port(); }

  Endpoint attach(EndpointId id, bool with_rtcp = true) {
    const auto opened = world_->allocator().open(with_rtcp);
    EXPECT_TRUE(opened.has_value());
    const RealtimeSection section;
    EXPECT_TRUE(port().attach(id, opened->handles));
    return *opened;
  }

  // Detaches, waits until that is complete, and closes.
  void detach_and_close(EndpointId id, const Endpoint& endpoint) {
    std::optional<EndpointId> detached;
    {
      const RealtimeSection section;
      port().detach(id);
    }
    while (!detached && !world_->gave_up()) {
      take(nullptr);
      {
        const RealtimeSection section;
        detached = port().next_detached();
      }
      if (!detached) world_->pass_time();
    }
    EXPECT_EQ(detached, id);
    EXPECT_EQ(port().next_detached(), std::nullopt);
    world_->allocator().close(endpoint);
  }

  // One receive(), copied out.
  bool take(std::vector<TakenPacket>* into) {
    std::span<const ReceivedPacket> batch;
    {
      const RealtimeSection section;
      batch = port().receive();
    }
    EXPECT_LE(batch.size(), PacketPort::kReceiveBatch);
    for (const ReceivedPacket& packet : batch) {
      EXPECT_FALSE(packet.payload.empty());
      if (into == nullptr) continue;
      into->push_back(
          {packet.endpoint, packet.flow, packet.source,
           std::string(reinterpret_cast<const char*>(packet.payload.data()), packet.payload.size())});
    }
    return !batch.empty();
  }

  // Receives until `count` packets have come.
  std::vector<TakenPacket> receive(std::size_t count) {
    std::vector<TakenPacket> taken;
    while (taken.size() < count && !world_->gave_up()) {
      while (take(&taken)) {
      }
      if (taken.size() < count) world_->pass_time();
    }
    EXPECT_EQ(taken.size(), count);
    return taken;
  }

  std::string receive_one() {
    const auto taken = receive(1);
    return taken.empty() ? "(nothing)" : taken.front().payload;
  }

  void send(EndpointId id, Flow flow, const SocketAddress& to, std::string_view payload) {
    const RealtimeSection section;
    const std::span<std::byte> buffer = port().reserve();
    ASSERT_EQ(buffer.size(), kPayloadBytesMax);
    std::memcpy(buffer.data(), payload.data(), payload.size());
    port().send(id, flow, to, payload.size());
  }

  void flush() {
    const RealtimeSection section;
    port().flush();
  }
  void connect(EndpointId id, Flow flow, const SocketAddress& remote) {
    const RealtimeSection section;
    port().connect(id, flow, remote);
  }
  void disconnect(EndpointId id, Flow flow) {
    const RealtimeSection section;
    port().disconnect(id, flow);
  }
  // Both take effect with a receive() in which nothing need arrive.
  void turn() { EXPECT_FALSE(take(nullptr)); }

  std::string client_receive(const SocketAddress& client) {
    const auto taken = world_->client_receive(client);
    return taken ? taken->payload : "(nothing)";
  }

  std::uint64_t drops(base::DropReason reason) { return port().counters().drops.value(reason); }

  std::unique_ptr<PortWorld> world_;
};

constexpr EndpointId kFirst{3};
constexpr EndpointId kSecond{15};

TEST_P(PacketPortContract, ReportsEndpointFlowSourceAndPayload) {
  const Endpoint first = attach(kFirst);
  const Endpoint second = attach(kSecond);
  const SocketAddress client = world_->open_client();

  world_->client_send(client, first.rtp, "media");
  auto taken = receive(1);
  ASSERT_EQ(taken.size(), 1u);
  EXPECT_EQ(taken[0].endpoint, kFirst);
  EXPECT_EQ(taken[0].flow, Flow::kRtp);
  EXPECT_EQ(taken[0].source, client);
  EXPECT_EQ(taken[0].payload, "media");

  world_->client_send(client, second.rtcp, "report");
  taken = receive(1);
  ASSERT_EQ(taken.size(), 1u);
  EXPECT_EQ(taken[0].endpoint, kSecond);
  EXPECT_EQ(taken[0].flow, Flow::kRtcp);
  EXPECT_EQ(taken[0].source, client);
  EXPECT_EQ(taken[0].payload, "report");

  EXPECT_EQ(port().counters().packets_received.value(), 2u);
  EXPECT_EQ(port().counters().bytes_received.value(), 11u);
  detach_and_close(kFirst, first);
  detach_and_close(kSecond, second);
  EXPECT_EQ(world_->allocator().in_use(), 0u);
}

TEST_P(PacketPortContract, RefusesAnEndpointBeyondItsRoom) {
  const auto opened = world_->allocator().open(true);
  ASSERT_TRUE(opened);
  EXPECT_FALSE(port().attach(EndpointId{16}, opened->handles));
  world_->allocator().close(*opened);
}

TEST_P(PacketPortContract, AttachesAnEndpointWithoutRtcp) {
  const Endpoint endpoint = attach(kFirst, false);
  EXPECT_EQ(endpoint.rtcp, endpoint.rtp);
  const SocketAddress client = world_->open_client();
  world_->client_send(client, endpoint.rtp, "muxed");
  EXPECT_EQ(receive_one(), "muxed");
  detach_and_close(kFirst, endpoint);
}

TEST_P(PacketPortContract, DeliversWhatArrivedBetweenOpenAndAttach) {
  const auto opened = world_->allocator().open(true);
  ASSERT_TRUE(opened);
  const SocketAddress client = world_->open_client();
  world_->client_send(client, opened->rtp, "early");
  world_->pass_time();
  ASSERT_TRUE(port().attach(kFirst, opened->handles));
  EXPECT_EQ(receive_one(), "early");
  detach_and_close(kFirst, *opened);
}

TEST_P(PacketPortContract, SendsToTheGivenAddressUntilConnectedAndToThePeerAfter) {
  const Endpoint endpoint = attach(kFirst);
  const SocketAddress peer = world_->open_client();
  const SocketAddress other = world_->open_client();

  send(kFirst, Flow::kRtp, other, "to other");
  flush();
  EXPECT_EQ(client_receive(other), "to other");

  connect(kFirst, Flow::kRtp, peer);
  send(kFirst, Flow::kRtp, other, "to peer");
  send(kFirst, Flow::kRtcp, other, "rtcp is not connected");
  flush();
  EXPECT_EQ(client_receive(peer), "to peer");
  const auto report = world_->client_receive(other);
  ASSERT_TRUE(report);
  EXPECT_EQ(report->payload, "rtcp is not connected");
  EXPECT_EQ(report->source, endpoint.rtcp);

  disconnect(kFirst, Flow::kRtp);
  send(kFirst, Flow::kRtp, other, "to other again");
  flush();
  EXPECT_EQ(client_receive(other), "to other again");
  EXPECT_EQ(port().counters().packets_sent.value(), 4u);
  detach_and_close(kFirst, endpoint);
}

TEST_P(PacketPortContract, APacketSentBeforeConnectGoesWhereItWasSentTo) {
  const Endpoint endpoint = attach(kFirst);
  const SocketAddress peer = world_->open_client();
  const SocketAddress other = world_->open_client();
  send(kFirst, Flow::kRtp, other, "before");
  connect(kFirst, Flow::kRtp, peer);
  send(kFirst, Flow::kRtp, {}, "after");
  disconnect(kFirst, Flow::kRtp);
  send(kFirst, Flow::kRtp, other, "later");
  flush();
  EXPECT_EQ(client_receive(other), "before");
  EXPECT_EQ(client_receive(other), "later");
  EXPECT_EQ(client_receive(peer), "after");
  detach_and_close(kFirst, endpoint);
}

TEST_P(PacketPortContract, KeepsStrangersOutOnceConnected) {
  const Endpoint endpoint = attach(kFirst);
  const SocketAddress peer = world_->open_client();
  const SocketAddress stranger = world_->open_client();
  connect(kFirst, Flow::kRtp, peer);

  world_->client_send(stranger, endpoint.rtp, "stranger");
  world_->client_send(peer, endpoint.rtp, "peer");
  world_->client_send(stranger, endpoint.rtp, "stranger");
  world_->client_send(peer, endpoint.rtp, "peer again");
  const auto taken = receive(2);
  ASSERT_EQ(taken.size(), 2u);
  EXPECT_EQ(taken[0].payload, "peer");
  EXPECT_EQ(taken[1].payload, "peer again");
  EXPECT_FALSE(taken[0].source.valid());

  disconnect(kFirst, Flow::kRtp);
  turn();
  world_->client_send(stranger, endpoint.rtp, "no stranger now");
  const auto open = receive(1);
  ASSERT_EQ(open.size(), 1u);
  EXPECT_EQ(open[0].payload, "no stranger now");
  EXPECT_EQ(open[0].source, stranger);
  detach_and_close(kFirst, endpoint);
}

TEST_P(PacketPortContract, KeepsOutAStrangerWhosePacketWaitedAlready) {
  const Endpoint endpoint = attach(kFirst);
  const SocketAddress peer = world_->open_client();
  const SocketAddress stranger = world_->open_client();
  world_->client_send(peer, endpoint.rtp, "first");
  receive(1);
  world_->client_send(stranger, endpoint.rtp, "stranger");
  world_->client_send(peer, endpoint.rtp, "peer");
  world_->pass_time();
  connect(kFirst, Flow::kRtp, peer);
  world_->client_send(peer, endpoint.rtp, "peer again");
  const auto taken = receive(2);
  ASSERT_EQ(taken.size(), 2u);
  EXPECT_EQ(taken[0].payload, "peer");
  EXPECT_EQ(taken[1].payload, "peer again");
  EXPECT_EQ(drops(base::DropReason::kStranger), 1u);
  detach_and_close(kFirst, endpoint);
}

TEST_P(PacketPortContract, ReconnectsToAnotherPeer) {
  const Endpoint endpoint = attach(kFirst);
  const SocketAddress old_peer = world_->open_client();
  const SocketAddress new_peer = world_->open_client();
  connect(kFirst, Flow::kRtp, old_peer);
  world_->client_send(old_peer, endpoint.rtp, "old");
  EXPECT_EQ(receive_one(), "old");

  world_->client_send(old_peer, endpoint.rtp, "old, waiting");
  world_->pass_time();
  connect(kFirst, Flow::kRtp, new_peer);
  turn();
  world_->client_send(new_peer, endpoint.rtp, "new");
  EXPECT_EQ(receive_one(), "new");
  send(kFirst, Flow::kRtp, {}, "to new");
  flush();
  EXPECT_EQ(client_receive(new_peer), "to new");
  detach_and_close(kFirst, endpoint);
}

TEST_P(PacketPortContract, EchoesAThousandPacketsInOrder) {
  const Endpoint endpoint = attach(kFirst);
  const SocketAddress client = world_->open_client();
  constexpr int kPackets = 1'000;
  constexpr int kBurst = 100;
  for (int burst = 0; burst < kPackets; burst += kBurst) {
    for (int i = burst; i < burst + kBurst; ++i) world_->client_send(client, endpoint.rtp, std::to_string(i));
    for (const TakenPacket& packet : receive(kBurst)) {
      send(packet.endpoint, packet.flow, packet.source, packet.payload);
    }
    flush();
    for (int i = burst; i < burst + kBurst; ++i) ASSERT_EQ(client_receive(client), std::to_string(i));
    if (burst == 300) connect(kFirst, Flow::kRtp, client);  // must not cost a packet or its place
  }
  EXPECT_EQ(port().counters().packets_received.value(), 1'000u);
  EXPECT_EQ(port().counters().packets_sent.value(), 1'000u);
  EXPECT_EQ(port().counters().drops.total(), 0u);
  detach_and_close(kFirst, endpoint);
}

TEST_P(PacketPortContract, TakesTheLargestPayloadAndDropsALargerOrEmptyOne) {
  const Endpoint endpoint = attach(kFirst);
  const SocketAddress client = world_->open_client();
  for (const bool connected : {false, true}) {
    if (connected) connect(kFirst, Flow::kRtp, client);
    const std::uint64_t oversize = drops(base::DropReason::kOversize);
    const std::uint64_t truncated = drops(base::DropReason::kTruncated);
    for (const std::size_t bytes :
         {kPayloadBytesMax + 1, std::size_t{1'500}, std::size_t{2'000}, std::size_t{9'000}}) {
      world_->client_send(client, endpoint.rtp, std::string(bytes, 'x'));
    }
    world_->client_send(client, endpoint.rtp, "");
    world_->client_send(client, endpoint.rtp, std::string(kPayloadBytesMax, 'y'));
    EXPECT_EQ(receive_one(), std::string(kPayloadBytesMax, 'y'));
    EXPECT_EQ(drops(base::DropReason::kOversize), oversize + 4);
    EXPECT_EQ(drops(base::DropReason::kTruncated), truncated + 1);
  }
  send(kFirst, Flow::kRtp, client, std::string(kPayloadBytesMax, 'z'));
  flush();
  EXPECT_EQ(client_receive(client), std::string(kPayloadBytesMax, 'z'));
  detach_and_close(kFirst, endpoint);
}

TEST_P(PacketPortContract, CountsAPacketThatCannotBeSent) {
  const Endpoint endpoint = attach(kFirst);
  const SocketAddress client = world_->open_client();
  send(kFirst, Flow::kRtp, {}, "to nowhere");
  send(kFirst, Flow::kRtp, client, "to client");
  flush();
  EXPECT_EQ(client_receive(client), "to client");
  turn();
  EXPECT_EQ(drops(base::DropReason::kSendFailed), 1u);
  detach_and_close(kFirst, endpoint);
}

TEST_P(PacketPortContract, GivesAReservedBufferAgainUntilItIsSent) {
  const Endpoint endpoint = attach(kFirst);
  const SocketAddress client = world_->open_client();
  const std::byte* reserved = port().reserve().data();
  EXPECT_EQ(port().reserve().data(), reserved);
  send(kFirst, Flow::kRtp, client, "a");
  EXPECT_NE(port().reserve().data(), reserved);
  // More than there are transmit buffers: the port flushes on its own.
  for (int i = 0; i < 200; ++i) send(kFirst, Flow::kRtp, client, "b");
  flush();
  EXPECT_EQ(client_receive(client), "a");
  for (int i = 0; i < 200; ++i) ASSERT_EQ(client_receive(client), "b");
  detach_and_close(kFirst, endpoint);
}

TEST_P(PacketPortContract, SurvivesAPeerThatIsGone) {
  const Endpoint endpoint = attach(kFirst);
  const Endpoint neighbour = attach(kSecond);
  const SocketAddress gone = world_->open_client();
  const SocketAddress client = world_->open_client();
  connect(kFirst, Flow::kRtp, gone);
  world_->close_client(gone);
  for (int i = 0; i < 10; ++i) {
    send(kFirst, Flow::kRtp, {}, "anybody there?");
    flush();
    take(nullptr);
    world_->pass_time();
  }
  // It still receives, from a new peer too, and so does its neighbour.
  world_->client_send(client, neighbour.rtp, "neighbour");
  EXPECT_EQ(receive_one(), "neighbour");
  connect(kFirst, Flow::kRtp, client);
  turn();
  world_->client_send(client, endpoint.rtp, "new peer");
  EXPECT_EQ(receive_one(), "new peer");
  send(kFirst, Flow::kRtp, {}, "to new peer");
  flush();
  EXPECT_EQ(client_receive(client), "to new peer");
  detach_and_close(kFirst, endpoint);
  detach_and_close(kSecond, neighbour);
}

TEST_P(PacketPortContract, WhatWasSentBeforeDetachStillLeaves) {
  const Endpoint endpoint = attach(kFirst);
  const SocketAddress client = world_->open_client();
  send(kFirst, Flow::kRtp, client, "bye");
  detach_and_close(kFirst, endpoint);
  EXPECT_EQ(client_receive(client), "bye");
}

TEST_P(PacketPortContract, DeliversNothingOfADetachedEndpointToItsSuccessor) {
  const SocketAddress client = world_->open_client();
  for (int round = 0; round < 20; ++round) {
    const bool connected = round % 2 == 1;
    const Endpoint endpoint = attach(kFirst);
    if (connected) connect(kFirst, Flow::kRtp, client);
    world_->client_send(client, endpoint.rtp, "mine");
    EXPECT_EQ(receive_one(), "mine");
    world_->client_send(client, endpoint.rtp, "too late");
    world_->client_send(client, endpoint.rtcp, "too late");
    if (round % 4 < 2) world_->pass_time();
    {
      const RealtimeSection section;
      port().detach(kFirst);
    }
    std::vector<TakenPacket> taken;
    while (!port().next_detached() && !world_->gave_up()) {
      while (take(&taken)) {
      }
      world_->pass_time();
    }
    EXPECT_TRUE(taken.empty());
    world_->allocator().close(endpoint);
  }
}

TEST_P(PacketPortContract, RecoversWhenMorePacketsWaitThanThereAreBuffers) {
  make({.endpoints = 16, .receive_buffers = 8, .transmit_buffers = 8});
  if (IsSkipped()) return;
  const Endpoint first = attach(kFirst);
  const Endpoint second = attach(kSecond);
  const SocketAddress client = world_->open_client();
  connect(kSecond, Flow::kRtp, client);
  for (int round = 0; round < 3; ++round) {
    for (int i = 0; i < 50; ++i) {
      world_->client_send(client, first.rtp, "first " + std::to_string(i));
      world_->client_send(client, second.rtp, "second " + std::to_string(i));
    }
    int next_first = 0;
    int next_second = 0;
    for (const TakenPacket& packet : receive(100)) {
      if (packet.endpoint == kFirst) {
        ASSERT_EQ(packet.payload, "first " + std::to_string(next_first++));
      } else {
        ASSERT_EQ(packet.payload, "second " + std::to_string(next_second++));
      }
    }
  }
  EXPECT_EQ(port().counters().drops.total(), 0u);
  detach_and_close(kFirst, first);
  detach_and_close(kSecond, second);
}

TEST_P(PacketPortContract, ServesFiveHundredEndpoints) {
  constexpr std::uint32_t kEndpoints = 500;
  make({.endpoints = kEndpoints, .receive_buffers = 1'024, .transmit_buffers = 256});
  if (IsSkipped()) return;
  const SocketAddress client = world_->open_client();
  std::vector<Endpoint> endpoints;
  for (std::uint32_t i = 0; i < kEndpoints; ++i) endpoints.push_back(attach(EndpointId{i}, false));
  for (std::uint32_t i = 0; i < kEndpoints; i += 2) connect(EndpointId{i}, Flow::kRtp, client);
  for (int round = 0; round < 10; ++round) {
    for (std::uint32_t i = 0; i < kEndpoints; ++i) {
      world_->client_send(client, endpoints[i].rtp, std::to_string(i));
    }
    std::vector<int> seen(kEndpoints);
    for (const TakenPacket& packet : receive(kEndpoints)) {
      const auto index = static_cast<std::uint32_t>(packet.endpoint);
      ASSERT_LT(index, kEndpoints);
      EXPECT_EQ(packet.payload, std::to_string(index));
      ++seen[index];
    }
    EXPECT_THAT(seen, testing::Each(1));
    for (std::uint32_t i = 0; i < kEndpoints; ++i) send(EndpointId{i}, Flow::kRtp, client, "reply");
    flush();
    for (std::uint32_t i = 0; i < kEndpoints; ++i) ASSERT_EQ(client_receive(client), "reply");
  }
  EXPECT_EQ(port().counters().drops.total(), 0u);
  for (std::uint32_t i = 0; i < kEndpoints; ++i) detach_and_close(EndpointId{i}, endpoints[i]);
  EXPECT_EQ(world_->allocator().in_use(), 0u);
}

INSTANTIATE_TEST_SUITE_P(Sim, PacketPortContract, testing::Values(&make_sim_world));
INSTANTIATE_TEST_SUITE_P(Uring, PacketPortContract, testing::Values(&make_uring_world));
INSTANTIATE_TEST_SUITE_P(UringIpv6, PacketPortContract, testing::Values(&make_uring_ipv6_world));

}  // namespace
}  // namespace tutti::net
