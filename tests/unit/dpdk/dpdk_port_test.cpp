// What DpdkPort does beyond the contract of every PacketPort (tests/unit/net).
#include "dataplane/dpdk/dpdk_port.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dataplane/net/ndp_packet.h"
#include "near_host.h"

namespace tutti::dpdk {
namespace {

using base::DropReason;
using net::EndpointId;
using testing::ElementsAre;
using testing::IsEmpty;

// Turns a byte of the frame; -1 is the last one.
std::string turned(std::string frame, int at, unsigned bits = 0xFF) {
  char& byte = frame[at < 0 ? frame.size() + static_cast<std::size_t>(at) : static_cast<std::size_t>(at)];
  byte = static_cast<char>(static_cast<unsigned char>(byte) ^ bits);
  return frame;
}

TEST(DpdkPortTest, DropsWhatHasAWrongSumAndTakesIpv4WithoutOne) {
  NearHost host;
  const net::Endpoint endpoint = host.attach(kId);
  const auto client = host.far().open();
  const std::string right = udp_frame(client, endpoint.rtp, "payload");
  ASSERT_TRUE(host.far().end().send(turned(right, -1)));  // UDP's
  ASSERT_TRUE(host.far().end().send(turned(right, 22)));  // IP's: the hop limit
  std::string without = right;
  without[40] = without[41] = 0;
  ASSERT_TRUE(host.far().end().send(without));
  ASSERT_TRUE(host.far().end().send(right));
  EXPECT_THAT(host.receive(), ElementsAre("payload", "payload"));
  EXPECT_EQ(host.drops(DropReason::kBadChecksum), 2u);
}

TEST(DpdkPortTest, DropsIpv6WithoutASum) {
  NearHost host({.ipv6 = true});
  const net::Endpoint endpoint = host.attach(kId);
  std::string frame = udp_frame(host.far().open(), endpoint.rtp, "payload");
  frame[60] = frame[61] = 0;
  ASSERT_TRUE(host.far().end().send(frame));
  EXPECT_THAT(host.receive(), IsEmpty());
  EXPECT_EQ(host.drops(DropReason::kBadChecksum), 1u);
}

// To everybody; what it asks is the slow path's to read.
std::string arp(const base::SocketAddress& from, const base::SocketAddress& to) {
  std::string frame = udp_frame(from, to, "?");
  frame[12] = 0x08;
  frame[13] = 0x06;
  return frame.replace(0, 6, 6, '\xFF');
}

std::string solicitation(const base::SocketAddress& from, const base::SocketAddress& to) {
  std::string frame(net::EthernetFrame::kHeadBytes + net::NdpPacket::kBytesMax, '\0');
  auto* const bytes = reinterpret_cast<std::byte*>(frame.data());
  const auto head = net::write_ethernet_head({.mac = kFarMac}, kNearMac, net::EtherType::kIpv6, bytes);
  frame.resize(head + net::write_ndp_packet({.target = to, .mac = kFarMac}, from, to, bytes + head));
  return frame;
}

// The first piece of a packet.
std::string fragment(const base::SocketAddress& from, const base::SocketAddress& to) {
  std::string frame = udp_frame(from, to, "payload");
  frame[20] = 0x20;  // more follow, and the sum of IP's head as it must be for that
  frame[24] = static_cast<char>(static_cast<unsigned char>(frame[24]) + 0x20);
  return frame;
}

TEST(DpdkPortTest, DropsFragmentsOtherVlansAndOtherStations) {
  NearHost host;
  const net::Endpoint endpoint = host.attach(kId);
  const auto client = host.far().open();
  ASSERT_TRUE(host.far().end().send(fragment(client, endpoint.rtp)));
  ASSERT_TRUE(host.far().end().send(udp_frame(client, endpoint.rtp, "payload", 9)));
  ASSERT_TRUE(host.far().end().send(turned(udp_frame(client, endpoint.rtp, "payload"), 5)));
  EXPECT_THAT(host.receive(), IsEmpty());
  EXPECT_EQ(host.drops(DropReason::kFragment), 1u);
  EXPECT_EQ(host.drops(DropReason::kForeignVlan), 1u);
  EXPECT_EQ(host.drops(DropReason::kForeignMac), 1u);
  EXPECT_EQ(host.port().counters().drops.total(), 3u);
}

TEST(DpdkPortTest, HandsFragmentsToTheSlowPathWhereAKernelIsBesideIt) {
  NearHost host({.kernel_beside = true});
  ASSERT_TRUE(host.far().end().send(fragment(host.far().open(), host.ip().with_port(5'060))));
  std::string broken = fragment(host.far().open(), host.ip().with_port(5'060));
  ASSERT_TRUE(host.far().end().send(turned(broken, 22)));
  EXPECT_THAT(host.receive(), IsEmpty());
  EXPECT_EQ(host.port().queue_counters().exceptions.value(), 1u);
  EXPECT_EQ(host.drops(DropReason::kFragment), 0u);
  EXPECT_EQ(host.drops(DropReason::kBadChecksum), 1u);
  EXPECT_EQ(give_back(host.exchange().to_slow_path(0)), 1u);
}

TEST(DpdkPortTest, CountsWhatComesToAPortThatNobodyHas) {
  NearHost host;
  const auto client = host.far().open();
  ASSERT_TRUE(host.far().send(client, host.ip().with_port(NearHost::kLastPort), "nobody"));
  EXPECT_THAT(host.receive(), IsEmpty());
  EXPECT_EQ(host.drops(DropReason::kUnknownEndpoint), 1u);
}

// A program's there, which asked from a port of the range.
TEST(DpdkPortTest, LeavesAPortThatNobodyHasToAKernelBesideIt) {
  NearHost host({.cores = 2, .kernel_beside = true});
  const net::Endpoint endpoint = host.attach(kId, 1);
  const auto client = host.far().open();
  ASSERT_TRUE(host.far().send(client, host.ip().with_port(NearHost::kLastPort), "nobody's"));
  ASSERT_TRUE(host.far().send(client, endpoint.rtp, "another core's"));
  EXPECT_THAT(host.receive(0), IsEmpty());
  EXPECT_EQ(host.port().queue_counters().exceptions.value(), 1u);
  EXPECT_EQ(host.port().counters().drops.total(), 0u);
  EXPECT_EQ(give_back(host.exchange().to_slow_path(0)), 1u);
  EXPECT_THAT(host.receive(1), ElementsAre("another core's"));
  // Handed over, and its call gone meanwhile.
  ASSERT_TRUE(host.far().send(client, endpoint.rtp, "too late"));
  host.receive(0);
  host.port(1).detach(kId);
  EXPECT_THAT(host.receive(1), IsEmpty());
  EXPECT_EQ(host.port(1).queue_counters().exceptions.value(), 1u);
  EXPECT_EQ(give_back(host.exchange().to_slow_path(1)), 1u);
}

TEST(DpdkPortTest, AFloodToPortsThatNobodyHasLeavesRoomForAllElse) {
  NearHost host({.kernel_beside = true});
  const auto client = host.far().open();
  for (std::size_t i = 0; i < Exchange::kExceptions; ++i) {
    ASSERT_TRUE(host.far().send(client, host.ip().with_port(NearHost::kLastPort), "nobody's"));
  }
  host.receive();
  ASSERT_TRUE(host.far().send(client, host.ip().with_port(5'060), "INVITE"));
  const net::QueueCounters& counters = host.port().queue_counters();
  while (counters.exceptions.value() + counters.exceptions_lost.value() <= Exchange::kExceptions)
    host.receive();
  EXPECT_EQ(counters.exceptions.value(), Exchange::kUnowned + 1);
  EXPECT_EQ(counters.exceptions_lost.value(), Exchange::kExceptions - Exchange::kUnowned);
  EXPECT_EQ(give_back(host.exchange().to_slow_path(0)), Exchange::kUnowned + 1);
}

// As from somewhere in the Internet: a neighbour whose answers are lost is taken for gone, and with a gateway
// all who are beyond it.
TEST(DpdkPortTest, AFloodFromBeyondARouterLeavesRoomForNeighbours) {
  for (const bool ipv6 : {false, true}) {
    NearHost host({.ipv6 = ipv6});
    const auto client = host.far().open();
    for (std::size_t i = 0; i < Exchange::kExceptions; ++i) {
      ASSERT_TRUE(host.far().send(client, host.ip().with_port(5'060), "no call"));
    }
    host.receive();
    ASSERT_TRUE(host.far().end().send(ipv6 ? solicitation(client, host.ip()) : arp(client, host.ip())));
    const net::QueueCounters& counters = host.port().queue_counters();
    while (counters.exceptions.value() + counters.exceptions_lost.value() <= Exchange::kExceptions)
      host.receive();
    EXPECT_EQ(counters.exceptions.value(), Exchange::kOthers + 1);
    EXPECT_EQ(give_back(host.exchange().to_slow_path(0)), Exchange::kOthers + 1);
  }
}

TEST(DpdkPortTest, HandsToTheSlowPathWhatIsNoMedia) {
  NearHost host;
  const auto client = host.far().open();
  ASSERT_TRUE(host.far().send(client, host.ip().with_port(5'060), "INVITE"));
  ASSERT_TRUE(host.far().end().send(arp(client, host.ip())));
  EXPECT_THAT(host.receive(), IsEmpty());
  EXPECT_EQ(host.port().queue_counters().exceptions.value(), 2u);
  EXPECT_EQ(host.port().counters().drops.total(), 0u);
  EXPECT_EQ(give_back(host.exchange().to_slow_path(0)), 2u);
}

TEST(DpdkPortTest, LosesWhatTheSlowPathHasNoRoomFor) {
  NearHost host;
  const auto client = host.far().open();
  for (std::size_t i = 0; i < Exchange::kExceptions + 10; ++i) {
    ASSERT_TRUE(host.far().end().send(arp(client, host.ip())));
  }
  while (host.port().queue_counters().exceptions_lost.value() < 10) host.receive();
  EXPECT_EQ(host.port().queue_counters().exceptions.value(), Exchange::kExceptions);
}

TEST(DpdkPortTest, DropsAFrameInPieces) {
  NearHost host;
  const net::Endpoint endpoint = host.attach(kId);
  const std::string frame = udp_frame(host.far().open(), endpoint.rtp, std::string(160, 'x'));
  ASSERT_TRUE(host.far().end().send_in_pieces(frame, 100));
  EXPECT_THAT(host.receive(), IsEmpty());
  EXPECT_EQ(host.drops(DropReason::kOversize), 1u);
}

TEST(DpdkPortTest, KeepsWhatTheQueueHasNoRoomForAndSendsItInOrder) {
  NearHost host({.limits = {.endpoints = 16, .receive_buffers = 256, .transmit_buffers = 16}, .ring = 64});
  host.attach(kId);
  const auto client = host.far().open();
  int sent = 0;
  while (host.send(kId, client, std::to_string(sent))) ++sent;
  EXPECT_GE(sent, 63 + 16);  // the ring, and what waits for it
  EXPECT_GT(host.port().queue_counters().queue_full.value(), 0u);
  for (int i = 0; i < sent; ++i) {
    auto taken = host.far().receive(client);
    if (!taken) {
      host.port().flush();
      taken = host.far().receive(client);
    }
    ASSERT_TRUE(taken);
    ASSERT_EQ(taken->payload, std::to_string(i));
  }
  EXPECT_TRUE(host.send(kId, client, "again"));
  EXPECT_EQ(host.drops(DropReason::kSendFailed), 0u);
}

TEST(DpdkPortTest, HasNoBufferWhenThePoolIsEmptyAndOneAgainLater) {
  NearHost host({.limits = {.endpoints = 16, .receive_buffers = 256, .transmit_buffers = 16},
                 .transmit_descriptors = 64});
  host.attach(kId);
  const auto client = host.far().open();
  int sent = 0;
  while (host.send(kId, client, "x")) {
    ++sent;
    host.port().flush();
  }
  EXPECT_GT(host.port().queue_counters().no_buffers.value(), 0u);
  EXPECT_FALSE(host.port().send(kId, net::Flow::kRtp, client, {}, {}));
  host.far().end().drain();
  EXPECT_TRUE(host.send(kId, client, "again"));
  host.port().flush();
  EXPECT_EQ(host.far().receive(client)->payload, "again");
}

// A packet of what many hear reads one line besides its own, and the port says which.
TEST(DpdkPortTest, TellsWhereAFlowsFrameIs) {
  NearHost host;
  const net::EndpointLines lines = host.port().send_lines();
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(lines.first) % 64, 0u);
  EXPECT_EQ(lines.first_stride, 64u);
  EXPECT_LE(lines.second_stride, 2u);  // dense
}

TEST(DpdkPortTest, SendsWhatManyHearAsFarAsThereAreBuffers) {
  NearHost host({.limits = {.endpoints = 16, .receive_buffers = 256, .transmit_buffers = 16},
                 .transmit_descriptors = 64});
  const std::string payload(160, 'p');
  std::vector<net::PacketHead> heads;
  std::vector<base::SocketAddress> clients;
  for (std::uint32_t i = 0; i < 8; ++i) {
    host.attach(EndpointId{i});
    clients.push_back(host.far().open());
  }
  const base::SocketAddress nowhere = *base::parse_ip("2001:db8::7", 4'000);
  for (std::uint32_t i = 0; i < 8; ++i) {
    net::PacketHead& head = heads.emplace_back();
    head.endpoint = EndpointId{i};
    head.bytes.fill(static_cast<std::byte>('a' + i));
    head.to = i == 3 ? &nowhere : &clients[i];
  }
  // One cannot be reached, which is no other's loss; each packet is summed over its own head.
  EXPECT_EQ(host.port().send(heads, std::as_bytes(std::span(payload))), heads.size());
  EXPECT_EQ(host.drops(DropReason::kSendFailed), 1u);
  host.port().flush();
  for (std::uint32_t i = 0; i < 8; ++i) {
    const auto heard = host.far().receive(clients[i]);
    if (i == 3) continue;
    ASSERT_TRUE(heard) << i;
    EXPECT_EQ(heard->payload, std::string(12, static_cast<char>('a' + i)) + payload);
  }
  std::size_t sent = heads.size();
  while (sent == heads.size()) sent = host.port().send(heads, std::as_bytes(std::span(payload)));
  EXPECT_GT(host.port().queue_counters().no_buffers.value(), 0u);
  host.far().end().drain();
  host.port().flush();
  host.far().end().drain();
  EXPECT_EQ(host.port().send(heads, std::as_bytes(std::span(payload))), heads.size());
}

TEST(DpdkPortTest, SendsToNobodyOfTheOtherFamily) {
  NearHost host;
  host.attach(kId);
  ASSERT_TRUE(host.send(kId, *base::parse_ip("2001:db8::7", 4'000), "x"));
  ASSERT_TRUE(host.send(kId, *base::parse_ip("10.9.0.2", 0), "x"));
  EXPECT_EQ(host.drops(DropReason::kSendFailed), 2u);
}

TEST(DpdkPortTest, SendsInTwoPieces) {
  NearHost host;
  host.attach(kId);
  const auto client = host.far().open();
  const std::string_view head = "head ";
  const std::string_view payload = "and payload";
  ASSERT_TRUE(host.port().send(kId, net::Flow::kRtp, client, std::as_bytes(std::span(head)),
                               std::as_bytes(std::span(payload))));
  host.port().flush();
  EXPECT_EQ(host.far().receive(client)->payload, "head and payload");
}

TEST(DpdkPortTest, HandsOverWhatIsAnotherCores) {
  NearHost host({.cores = 3});
  const net::Endpoint endpoint = host.attach(kId, 2);
  const auto client = host.far().open();
  ASSERT_TRUE(host.far().send(client, endpoint.rtp, "came on queue 0", 0));
  ASSERT_TRUE(host.far().send(client, endpoint.rtcp, "came on queue 1", 1));
  ASSERT_TRUE(host.far().send(client, endpoint.rtp, "came on queue 2", 2));
  EXPECT_THAT(host.receive(0), IsEmpty());
  EXPECT_THAT(host.receive(1), IsEmpty());
  EXPECT_THAT(host.receive(2), ElementsAre("came on queue 0", "came on queue 1", "came on queue 2"));
  EXPECT_EQ(host.port(0).queue_counters().handed_over.value(), 1u);
  EXPECT_EQ(host.port(1).queue_counters().handed_over.value(), 1u);
  EXPECT_EQ(host.port(2).queue_counters().taken_over.value(), 2u);
  for (std::size_t core = 0; core < 3; ++core) EXPECT_EQ(host.port(core).counters().drops.total(), 0u);
}

TEST(DpdkPortTest, FollowsAnEndpointThatMovesToAnotherCore) {
  NearHost host({.cores = 2});
  const net::Endpoint endpoint = host.attach(kId, 0);
  const auto client = host.far().open();
  host.port(0).detach(kId);
  host.port(0).receive();
  ASSERT_EQ(host.port(0).next_detached(), kId);
  ASSERT_TRUE(host.port(1).attach(EndpointId{9}, endpoint.handles));
  ASSERT_TRUE(host.far().send(client, endpoint.rtp, "after the move", 0));
  EXPECT_THAT(host.receive(0), IsEmpty());
  EXPECT_THAT(host.receive(1), ElementsAre("after the move"));
  // And nobody's once it is gone.
  host.port(1).detach(EndpointId{9});
  ASSERT_TRUE(host.far().send(client, endpoint.rtp, "too late", 0));
  EXPECT_THAT(host.receive(0), IsEmpty());
  EXPECT_EQ(host.drops(DropReason::kUnknownEndpoint, 0), 1u);
}

TEST(DpdkPortTest, LosesWhatACoreThatStandsStillIsHanded) {
  NearHost host({.cores = 2, .ring = 2 * Exchange::kHandOver});
  const net::Endpoint endpoint = host.attach(kId, 1);
  const auto client = host.far().open();
  for (std::size_t i = 0; i < Exchange::kHandOver + 5; ++i) {
    ASSERT_TRUE(host.far().send(client, endpoint.rtp, "x", 0));
  }
  while (host.port(0).queue_counters().hand_over_full.value() < 5) host.receive(0);
  EXPECT_EQ(host.drops(DropReason::kOverrun, 0), 5u);
  EXPECT_EQ(host.receive(1).size(), Exchange::kHandOver);
}

TEST(DpdkPortTest, CountsPollsAndBursts) {
  NearHost host;
  const net::Endpoint endpoint = host.attach(kId);
  const auto client = host.far().open();
  host.receive();
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(host.far().send(client, endpoint.rtp, "x"));
  EXPECT_EQ(host.receive().size(), 5u);
  const net::QueueCounters& counters = host.port().queue_counters();
  EXPECT_EQ(counters.bursts.count(5), 1u);
  EXPECT_EQ(counters.bursts.sum(), 5u);
  EXPECT_EQ(counters.polls.value() - counters.empty_polls.value(), 1u);
  EXPECT_GE(counters.empty_polls.value(), 2u);
}

TEST(DpdkPortTest, SleepsLessWhereItsQueueWouldFillUp) {
  NearHost host(
      {.limits = {.endpoints = 16, .receive_buffers = 4'096, .transmit_buffers = 16}, .ring = 4'096});
  const net::Endpoint endpoint = host.attach(kId);
  const auto client = host.far().open();
  const auto sleep = [&] {
    host.port().wait_until(base::monotonic_now() + std::chrono::microseconds(10));
    return host.port().queue_counters().longest_sleep_ns.value();
  };
  const auto longest = sleep();
  for (std::int64_t expected = longest / 2; expected > longest / 32; expected /= 2) {
    for (int packet = 0; packet < 1'200; ++packet) ASSERT_TRUE(host.far().send(client, endpoint.rtp, "x"));
    host.receive();
    EXPECT_EQ(sleep(), expected);
  }
  for (std::int64_t expected = longest / 8; expected < longest; expected *= 2) EXPECT_EQ(sleep(), expected);
  EXPECT_EQ(sleep(), longest);
  EXPECT_EQ(sleep(), longest);
  // Whatever it is that came.
  for (int packet = 0; packet < 1'200; ++packet) {
    ASSERT_TRUE(host.far().send(client, host.ip().with_port(5'060), "x"));
  }
  const net::QueueCounters& counters = host.port().queue_counters();
  const auto emptied = counters.empty_polls.value();
  while (counters.empty_polls.value() == emptied) host.receive();
  EXPECT_EQ(sleep(), longest / 2);
}

}  // namespace
}  // namespace tutti::dpdk
