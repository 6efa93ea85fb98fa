// The contract of PacketPort, run over every body of it: who receives what from whom.
#include "dataplane/net/packet_port.h"

#include <chrono>

#include <gtest/gtest.h>

#include "dataplane/base/clock.h"
#include "port_contract.h"

namespace tutti::net {
namespace {

using base::RealtimeSection;
using base::SocketAddress;

class PacketPortTest : public PacketPortContract {};

TEST_P(PacketPortTest, ReportsEndpointFlowSourceAndPayload) {
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

TEST_P(PacketPortTest, RefusesAnEndpointBeyondItsRoom) {
  const auto opened = world_->allocator().open(true);
  ASSERT_TRUE(opened);
  EXPECT_FALSE(port().attach(EndpointId{16}, opened->handles));
  world_->allocator().close(*opened);
}

TEST_P(PacketPortTest, AttachesAnEndpointWithoutRtcp) {
  const Endpoint endpoint = attach(kFirst, false);
  EXPECT_EQ(endpoint.rtcp, endpoint.rtp);
  const SocketAddress client = world_->open_client();
  world_->client_send(client, endpoint.rtp, "muxed");
  EXPECT_EQ(receive_one(), "muxed");
  detach_and_close(kFirst, endpoint);
}

TEST_P(PacketPortTest, DeliversWhatArrivedBetweenOpenAndAttach) {
  const auto opened = world_->allocator().open(true);
  ASSERT_TRUE(opened);
  const SocketAddress client = world_->open_client();
  world_->client_send(client, opened->rtp, "early");
  world_->pass_time();
  ASSERT_TRUE(port().attach(kFirst, opened->handles));
  EXPECT_EQ(receive_one(), "early");
  detach_and_close(kFirst, *opened);
}

TEST_P(PacketPortTest, SendsToTheGivenAddressUntilConnectedAndToThePeerAfter) {
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

TEST_P(PacketPortTest, APacketSentBeforeConnectGoesWhereItWasSentTo) {
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

TEST_P(PacketPortTest, KeepsStrangersOutOnceConnected) {
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

TEST_P(PacketPortTest, KeepsOutAStrangerWhosePacketWaitedAlready) {
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
  EXPECT_LE(drops(base::DropReason::kStranger), 1u);  // or kept out by the kernel already
  detach_and_close(kFirst, endpoint);
}

TEST_P(PacketPortTest, ReconnectsToAnotherPeer) {
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

TEST_P(PacketPortTest, WhatWasSentBeforeDetachStillLeaves) {
  const Endpoint endpoint = attach(kFirst);
  const SocketAddress client = world_->open_client();
  send(kFirst, Flow::kRtp, client, "bye");
  detach_and_close(kFirst, endpoint);
  EXPECT_EQ(client_receive(client), "bye");
}

TEST_P(PacketPortTest, DeliversNothingOfADetachedEndpointToItsSuccessor) {
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

TEST_P(PacketPortTest, BringsThePacketsThatAreLookedFor) {
  const Endpoint first = attach(kFirst);
  const Endpoint second = attach(kSecond);
  const SocketAddress client = world_->open_client();
  const auto look = [&](EndpointId id, bool thorough = false) {
    const RealtimeSection section;
    port().look(id, thorough);
  };
  for (const EndpointId id : {kFirst, kSecond}) {
    const RealtimeSection section;
    port().connect(id, Flow::kRtp, client);
  }
  turn();
  look(kFirst);
  turn();
  for (int round = 0; round < 40; ++round) {
    // Of a second one that comes before the same look nothing is promised.
    world_->client_send(client, first.rtp, "first");
    world_->pass_time();
    look(kFirst);
    EXPECT_EQ(receive_one(), "first");
    world_->client_send(client, second.rtp, "second");
    world_->pass_time();
    look(kSecond);
    look(kSecond);
    EXPECT_EQ(receive_one(), "second");
    // What has no peer is brought at once.
    world_->client_send(client, first.rtcp, "report");
    EXPECT_EQ(receive_one(), "report");
  }
  for (int i = 0; i < 5; ++i) world_->client_send(client, first.rtp, "after a delay");
  world_->pass_time();
  look(kFirst, true);
  EXPECT_EQ(receive(5).size(), 5u);
  detach_and_close(kFirst, first);
  detach_and_close(kSecond, second);
}

TEST_P(PacketPortTest, TellsWhenAPacketCameAndNotOnlyWhenItWasTaken) {
  const Endpoint endpoint = attach(kFirst);
  const SocketAddress client = world_->open_client();
  const auto ask = [&](base::Instant taken) {
    const RealtimeSection section;
    return port().arrival(kFirst, taken);
  };
  world_->client_send(client, endpoint.rtp, "one");
  EXPECT_EQ(receive_one(), "one");
  // From now on it is remembered. Of what came before nothing is made up: not that it came after it was
  // taken.
  const auto first_taken = base::monotonic_now();
  for (int i = 0; i < 3; ++i) {
    const auto first = ask(first_taken);
    EXPECT_TRUE(!first || *first <= first_taken);
    for (int k = 0; k < 20; ++k) world_->pass_time();  // the kernel begins in its own time
  }
  const auto before = base::monotonic_now();
  world_->client_send(client, endpoint.rtp, "two");
  for (int i = 0; i < 20; ++i) world_->pass_time();
  const auto looked = base::monotonic_now();  // a busy host delivers it some time before this
  EXPECT_EQ(receive_one(), "two");
  const auto taken = base::monotonic_now();
  const auto came = ask(taken);
  ASSERT_TRUE(came);
  if (*came != taken) {  // a simulated network tells with the packet
    // Two clocks are read one after the other.
    EXPECT_GE(*came, before - std::chrono::milliseconds(1));
    EXPECT_LE(*came, looked + std::chrono::milliseconds(1));
  }
  detach_and_close(kFirst, endpoint);
}

INSTANTIATE_TEST_SUITE_P(Over, PacketPortTest, testing::ValuesIn(worlds()), world_name);

}  // namespace
}  // namespace tutti::net
