// The contract of PacketPort at its edges: sizes, numbers, full buffers, peers that are gone.
#include <algorithm>
#include <array>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "port_contract.h"

namespace tutti::net {
namespace {

using base::SocketAddress;

class PacketPortEdges : public PacketPortContract {};

TEST_P(PacketPortEdges, EchoesAThousandPacketsInOrder) {
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

TEST_P(PacketPortEdges, TakesTheLargestPayloadAndDropsALargerOrEmptyOne) {
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

TEST_P(PacketPortEdges, CountsAPacketThatCannotBeSent) {
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

TEST_P(PacketPortEdges, GivesAReservedBufferAgainUntilItIsSent) {
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

TEST_P(PacketPortEdges, SendsAPacketInTwoPiecesAmongOthers) {
  const Endpoint endpoint = attach(kFirst);
  const SocketAddress client = world_->open_client();
  const std::string large(kPayloadBytesMax - 12, 'p');
  std::uint64_t sent = 0;
  std::uint64_t bytes = 0;
  for (const bool connected : {false, true}) {
    if (connected) connect(kFirst, Flow::kRtp, client);
    // More than once: a body may send the first packets to a new peer another way.
    for (int round = 0; round < 5; ++round) {
      std::string shared = "shared " + std::to_string(round);
      send_pieces(kFirst, Flow::kRtp, client, "twelve bytes", shared);
      shared.assign(shared.size(), 'x');  // it was copied
      ASSERT_FALSE(port().reserve().empty());
      send_pieces(kFirst, Flow::kRtp, client, "short, ", "and a payload");
      send(kFirst, Flow::kRtp, client, "reserved anew");
      send_pieces(kFirst, Flow::kRtp, client, "", "no head");
      send_pieces(kFirst, Flow::kRtp, client, "no payload", "");
      send_pieces(kFirst, Flow::kRtp, client, std::string(12, 'h'), large);
      flush();
      for (const std::string& text :
           {"twelve bytesshared " + std::to_string(round), std::string("short, and a payload"),
            std::string("reserved anew"), std::string("no head"), std::string("no payload"),
            std::string(12, 'h') + large}) {
        ASSERT_EQ(client_receive(client), text);
        ++sent;
        bytes += text.size();
      }
    }
  }
  // More than there are transmit buffers: the port flushes on its own.
  for (int i = 0; i < 200; ++i) send_pieces(kFirst, Flow::kRtp, client, "twelve bytes", std::to_string(i));
  flush();
  for (int i = 0; i < 200; ++i) ASSERT_EQ(client_receive(client), "twelve bytes" + std::to_string(i));
  EXPECT_EQ(port().counters().packets_sent.value(), sent + 200);
  EXPECT_EQ(port().counters().bytes_sent.value(), bytes + 200 * 12 + 10 * 1 + 90 * 2 + 100 * 3);
  disconnect(kFirst, Flow::kRtp);
  send_pieces(kFirst, Flow::kRtp, {}, "twelve bytes", "to nowhere");
  flush();
  turn();
  EXPECT_EQ(drops(base::DropReason::kSendFailed), 1u);
  detach_and_close(kFirst, endpoint);
}

TEST_P(PacketPortEdges, SendsSeveralWithOnePayload) {
  const Endpoint first = attach(kFirst);
  const Endpoint second = attach(kSecond, false);
  const SocketAddress client = world_->open_client();
  const SocketAddress other = world_->open_client();
  const std::string payload(160, 'p');
  const auto headed = [](EndpointId id, std::string_view bytes, const SocketAddress& to) {
    PacketHead head{.endpoint = id, .bytes = {}, .to = &to};
    std::memcpy(head.bytes.data(), bytes.data(), head.bytes.size());
    return head;
  };
  for (const bool connected : {false, true}) {
    if (connected) connect(kSecond, Flow::kRtp, other);
    for (int round = 0; round < 3; ++round) {
      const std::array heads{headed(kFirst, "head number1", client), headed(kSecond, "head number2", other),
                             headed(kFirst, "head number3", client)};
      {
        const base::RealtimeSection section;
        ASSERT_EQ(port().send(heads, std::as_bytes(std::span(payload))), heads.size());
        port().flush();
      }
      EXPECT_EQ(client_receive(client), "head number1" + payload);
      EXPECT_EQ(client_receive(client), "head number3" + payload);
      EXPECT_EQ(client_receive(other), "head number2" + payload);
    }
  }
  EXPECT_EQ(port().counters().packets_sent.value(), 18u);
  EXPECT_EQ(port().counters().bytes_sent.value(), 18u * 172);
  detach_and_close(kFirst, first);
  detach_and_close(kSecond, second);
}

TEST_P(PacketPortEdges, SendsSeveralPayloadsFromWhereTheyWereMade) {
  const Endpoint first = attach(kFirst);
  const Endpoint second = attach(kSecond, false);
  const SocketAddress client = world_->open_client();
  const SocketAddress other = world_->open_client();
  const SocketAddress nowhere;
  constexpr int kPackets = 200;  // more than there are transmit buffers: the port flushes on its own
  const auto text = [](int number) { return "payload " + std::to_string(1'000 + number); };
  for (const bool connected : {false, true}) {
    if (connected) connect(kSecond, Flow::kRtp, other);
    for (int number = 0; number < kPackets;) {
      std::array<std::uint8_t*, 16> places;
      std::array<PacketHead, 16> heads;
      const auto wanted = std::min<std::size_t>(places.size(), static_cast<std::size_t>(kPackets - number));
      std::array<std::string, 16> texts;
      for (std::size_t i = 0; i < wanted; ++i) texts[i] = text(number + static_cast<int>(i));
      const base::RealtimeSection section;
      const std::size_t count = port().reserve_payloads(std::span(places).first(wanted));
      ASSERT_TRUE(count > 0 && count <= wanted);
      for (std::size_t i = 0; i < count; ++i, ++number) {
        std::memcpy(places[i], texts[i].data(), texts[i].size());
        const bool to_second = number % 3 == 1;  // which goes nowhere before it is connected
        heads[i].endpoint = to_second ? kSecond : kFirst;
        heads[i].to = to_second ? &nowhere : &client;
        std::memcpy(heads[i].bytes.data(), "twelve bytes", heads[i].bytes.size());
      }
      port().send_reserved(std::span<const PacketHead>(heads).first(count), text(0).size());
    }
    flush();
    for (int number = 0; number < kPackets; ++number) {
      if (number % 3 != 1) {
        ASSERT_EQ(client_receive(client), "twelve bytes" + text(number));
      } else if (connected) {
        ASSERT_EQ(client_receive(other), "twelve bytes" + text(number));
      }
    }
  }
  EXPECT_EQ(port().counters().packets_sent.value(), 2u * kPackets);
  EXPECT_EQ(drops(base::DropReason::kSendFailed), 67u);
  detach_and_close(kFirst, first);
  detach_and_close(kSecond, second);
}

TEST_P(PacketPortEdges, SurvivesAPeerThatIsGone) {
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

TEST_P(PacketPortEdges, RecoversWhenMorePacketsWaitThanThereAreBuffers) {
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

TEST_P(PacketPortEdges, ServesFiveHundredEndpoints) {
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

INSTANTIATE_TEST_SUITE_P(Over, PacketPortEdges, testing::ValuesIn(worlds()), world_name);

}  // namespace
}  // namespace tutti::net
