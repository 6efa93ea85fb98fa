#include "dataplane/net/packet_receiver.h"

#include <thread>

#include <gtest/gtest.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <sys/socket.h>
#include <unistd.h>

#include "dataplane/base/bound_address.h"
#include "dataplane/net/udp_endpoint_factory.h"
#include "dataplane/net/udp_frame.h"
#include "own_network.h"
#include "port_world.h"
#include "two_hosts.h"

namespace tutti::net {
namespace {

constexpr std::uint16_t kFirstOfLane = 22'000;
constexpr std::uint16_t kLast = 22'099;
constexpr std::uint32_t kSlots = 128;  // the fewest that a ring has

// Lane 1 of 2: pairs 1, 3, 5 of the range.
class PacketReceiverTest : public testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    // Packets sent over loopback from two CPUs may overtake each other.
    cpu_set_t here;
    CPU_ZERO(&here);
    CPU_SET(static_cast<std::size_t>(::sched_getcpu()), &here);
    ::sched_setaffinity(0, sizeof(here), &here);
    // Where no other program's packets are, which the ring would see.
    network_ = OwnNetwork::enter();
    if (network_ == nullptr) GTEST_SKIP() << "this process may not make a network namespace (CAP_SYS_ADMIN)";
    ip_ = GetParam() == std::string("IPv4") ? own_loopback_ip() : *base::parse_ip("::1");
    auto made = PacketReceiver::make(PortLane::of(ip_, kFirstOfLane, kLast, 1, 2), 16);
    if (!made && made.error() == NetError::kNotPermitted) GTEST_SKIP() << "no CAP_NET_RAW";
    ASSERT_TRUE(made) << to_string(made.error());
    receiver_ = std::move(*made);
    factory_ = std::make_unique<UdpEndpointFactory>(socket_filter(receiver_->interface()));
    client_ =
        ::socket(ip_.family == base::AddressFamily::kIpv4 ? AF_INET : AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    sockaddr_storage address;
    const socklen_t length = base::to_sockaddr(ip_.with_port(0), address);
    ASSERT_EQ(::bind(client_, reinterpret_cast<const sockaddr*>(&address), length), 0);
    fence_ = ::socket(address.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    ASSERT_EQ(::bind(fence_, reinterpret_cast<const sockaddr*>(&address), length), 0);
  }
  void TearDown() override {
    for (const auto& handles : open_) factory_->close(handles);
    for (const int socket : {client_, fence_}) {
      if (socket >= 0) ::close(socket);
    }
  }

  int open(std::uint16_t port, bool filtered = true) {
    UdpEndpointFactory plain;
    const auto handles = (filtered ? *factory_ : plain).open(ip_.with_port(port), false);
    EXPECT_TRUE(handles);
    open_.push_back(*handles);
    return handles->rtp;
  }
  // And waits until it has come: a busy kernel puts off what comes to a CPU, but keeps its order.
  void send(std::uint16_t port, std::size_t bytes) {
    const std::vector<char> payload(bytes, 'x');
    send_from(client_, ip_.with_port(port), payload);
    std::array<char, 8> token;
    send_from(client_, base::bound_address(fence_), std::span(token).first(1));
    EXPECT_EQ(::recv(fence_, token.data(), token.size(), 0), 1);
  }
  static void send_from(int socket, const base::SocketAddress& to, std::span<const char> payload) {
    sockaddr_storage address;
    const socklen_t length = base::to_sockaddr(to, address);
    EXPECT_EQ(
        ::sendto(socket, payload.data(), payload.size(), 0, reinterpret_cast<sockaddr*>(&address), length),
        static_cast<ssize_t>(payload.size()));
  }
  // All of it in one, to be cut into packets of `segment`, which loopback hands on as it is.
  void send_joined(std::size_t bytes, int segment) {
    constexpr int kSegment = 103;  // UDP_SEGMENT, which the C library's headers may not have
    ASSERT_EQ(::setsockopt(client_, IPPROTO_UDP, kSegment, &segment, sizeof(segment)), 0);
    std::vector<char> payload(bytes);
    for (std::size_t i = 0; i < bytes; ++i) payload[i] = static_cast<char>('a' + i / segment);
    send_from(client_, ip_.with_port(kFirstOfLane + 2), payload);
    const int none = 0;
    ASSERT_EQ(::setsockopt(client_, IPPROTO_UDP, kSegment, &none, sizeof(none)), 0);
    send(kLast + 1, 1);  // and waits
  }
  // The sizes that the ring brings.
  std::vector<std::size_t> take() {
    std::vector<std::size_t> sizes;
    while (const auto packet = receiver_->next(drops_)) sizes.push_back(packet->payload.size());
    receiver_->release();
    return sizes;
  }
  static std::vector<std::size_t> read(int socket) {
    std::vector<std::size_t> sizes;
    std::array<char, 2'000> into;
    for (ssize_t size = 0; (size = ::recv(socket, into.data(), into.size(), MSG_DONTWAIT)) >= 0;) {
      sizes.push_back(static_cast<std::size_t>(size));
    }
    return sizes;
  }
  using Sizes = std::vector<std::size_t>;

  std::unique_ptr<OwnNetwork> network_;  // the last to go
  base::SocketAddress ip_;
  std::unique_ptr<PacketReceiver> receiver_;
  std::unique_ptr<UdpEndpointFactory> factory_;
  std::vector<base::EndpointHandles> open_;
  base::DropCounters drops_;
  int client_ = -1;
  int fence_ = -1;
};

TEST_P(PacketReceiverTest, BringsEachPacketOneWayByItsSize) {
  const int socket = open(kFirstOfLane + 2);
  ASSERT_TRUE(receiver_->add(EndpointId{3}, socket));
  Sizes by_ring;
  Sizes by_socket;
  for (std::size_t bytes = 0; bytes <= 1'452; bytes += bytes < 360 ? 12 : bytes > 400 ? 60 : 1) {
    send(kFirstOfLane + 2, bytes);
    (bytes + 8 <= kRingUdpBytesMax ? by_ring : by_socket).push_back(bytes);
  }
  EXPECT_EQ(take(), by_ring);
  EXPECT_EQ(read(socket), by_socket);
  EXPECT_EQ(drops_.total(), 0u);
}

TEST_P(PacketReceiverTest, SaysWhoseItIsWhoSentItAndWhen) {
  ASSERT_TRUE(receiver_->add(EndpointId{3}, open(kFirstOfLane + 2)));
  ASSERT_TRUE(receiver_->add(EndpointId{5}, open(kFirstOfLane + 6)));
  const base::Instant before = base::monotonic_now();
  send(kFirstOfLane + 6, 172);
  const base::Instant after = base::monotonic_now();
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  const auto packet = receiver_->next(drops_);
  ASSERT_TRUE(packet);
  EXPECT_EQ(packet->endpoint, EndpointId{5});
  sockaddr_storage address;
  socklen_t length = sizeof(address);
  ::getsockname(client_, reinterpret_cast<sockaddr*>(&address), &length);
  EXPECT_EQ(packet->source, base::from_sockaddr(reinterpret_cast<sockaddr*>(&address), length));
  // Two clocks are read one after the other.
  constexpr auto kApart = std::chrono::milliseconds(5);
  EXPECT_GE(packet->arrival, before - kApart);
  EXPECT_LE(packet->arrival, after + kApart);
}

TEST_P(PacketReceiverTest, LeavesOtherLanesOddPortsAndOtherRangesToTheirSockets) {
  const std::uint16_t others[] = {kFirstOfLane, kFirstOfLane + 4, kFirstOfLane + 3, kLast + 1,
                                  kFirstOfLane - 2};
  for (const std::uint16_t port : others) {
    const int socket = open(port, false);
    EXPECT_FALSE(receiver_->add(EndpointId{1}, socket)) << port;
    send(port, 100);
    EXPECT_EQ(read(socket), Sizes{100}) << port;
  }
  EXPECT_EQ(take(), Sizes());
}

// It would come twice.
TEST_P(PacketReceiverTest, DoesNotTakeASocketWithoutAFilter) {
  EXPECT_FALSE(receiver_->add(EndpointId{3}, open(kFirstOfLane + 2, false)));
}

// Who has moved to another core.
TEST_P(PacketReceiverTest, LetsASocketOfAnotherLaneKeepWhatComes) {
  const int socket = open(kFirstOfLane);
  send(kFirstOfLane, 100);
  EXPECT_EQ(read(socket), Sizes());
  EXPECT_FALSE(receiver_->add(EndpointId{1}, socket));
  send(kFirstOfLane, 101);
  EXPECT_EQ(read(socket), Sizes{101});
}

TEST_P(PacketReceiverTest, BringsNothingForNobodyNorOfWhoWasRemoved) {
  const int socket = open(kFirstOfLane + 2);
  send(kFirstOfLane + 2, 100);
  EXPECT_EQ(take(), Sizes());
  ASSERT_TRUE(receiver_->add(EndpointId{3}, socket));
  send(kFirstOfLane + 2, 101);
  EXPECT_EQ(take(), Sizes{101});
  send(kFirstOfLane + 2, 102);
  receiver_->remove(EndpointId{3});
  EXPECT_EQ(take(), Sizes());
  EXPECT_EQ(drops_.total(), 0u);
}

TEST_P(PacketReceiverTest, CountsWhatFoundNoRoomAndGoesOn) {
  ASSERT_TRUE(receiver_->add(EndpointId{3}, open(kFirstOfLane + 2)));
  for (std::uint32_t i = 0; i < kSlots + 10; ++i) send(kFirstOfLane + 2, 100);
  EXPECT_EQ(take().size(), kSlots);
  send(kFirstOfLane + 2, 101);
  EXPECT_EQ(take(), Sizes{101});
  receiver_->count_overruns(drops_);
  EXPECT_EQ(drops_.value(base::DropReason::kOverrun), 10u);
  for (int round = 0; round < 5; ++round) {
    for (std::uint32_t i = 0; i < kSlots; ++i) send(kFirstOfLane + 2, 102);
    EXPECT_EQ(take().size(), kSlots);
  }
  receiver_->count_overruns(drops_);
  EXPECT_EQ(drops_.total(), 10u);
}

// GRO with rx-udp-gro-forwarding or rx-gro-list, and senders with UDP_SEGMENT behind virtual cables.
TEST_P(PacketReceiverTest, CutsWhatTheKernelHasPutTogether) {
  const int socket = open(kFirstOfLane + 2);
  ASSERT_TRUE(receiver_->add(EndpointId{3}, socket));
  send_joined(344, 172);
  send_joined(300, 172);
  const auto first = receiver_->next(drops_);
  const auto second = receiver_->next(drops_);
  ASSERT_TRUE(first && second);
  EXPECT_EQ(std::string(172, 'a'),
            std::string(reinterpret_cast<const char*>(first->payload.data()), first->payload.size()));
  EXPECT_EQ(std::string(172, 'b'),
            std::string(reinterpret_cast<const char*>(second->payload.data()), second->payload.size()));
  EXPECT_EQ(first->source, second->source);
  EXPECT_EQ(take(), (Sizes{172, 128}));
  EXPECT_EQ(read(socket), Sizes());
  EXPECT_EQ(drops_.total(), 0u);
}

// Each of them is for the ring or for the socket by its own size.
TEST_P(PacketReceiverTest, CountsWhatWasPutTogetherAndFindsNoRoom) {
  const int socket = open(kFirstOfLane + 2);
  ASSERT_TRUE(receiver_->add(EndpointId{3}, socket));
  const auto oversized = [&] { return drops_.value(base::DropReason::kOversize); };
  send_joined(172 * 5 + 10, 172);
  EXPECT_EQ(take(), Sizes());
  EXPECT_EQ(oversized(), 6u);
  send_joined(600 * 2, 600);
  EXPECT_EQ(oversized(), 6u);
  EXPECT_EQ(read(socket), (Sizes{600, 600}));
  send_joined(600 * 2 + 10, 600);
  EXPECT_EQ(take(), Sizes());
  EXPECT_EQ(oversized(), 7u);
  EXPECT_EQ(read(socket), (Sizes{600, 600}));
  send(kFirstOfLane + 2, 600);
  send(kFirstOfLane + 2, 100);
  EXPECT_EQ(take(), Sizes{100});
  EXPECT_EQ(drops_.total(), 7u);
}

TEST_P(PacketReceiverTest, KeepsTheRestOfWhatWasPutTogetherForTheNextBatch) {
  ASSERT_TRUE(receiver_->add(EndpointId{3}, open(kFirstOfLane + 2)));
  send_joined(200, 100);
  ASSERT_TRUE(receiver_->next(drops_));
  receiver_->release();
  for (std::uint32_t i = 0; i < kSlots; ++i) send(kFirstOfLane + 2, 101);  // one more than there is room for
  const auto rest = receiver_->next(drops_);
  ASSERT_TRUE(rest);
  EXPECT_EQ(std::string(100, 'b'),
            std::string(reinterpret_cast<const char*>(rest->payload.data()), rest->payload.size()));
  EXPECT_EQ(take(), Sizes(kSlots - 1, 101));
  send_joined(200, 100);
  ASSERT_TRUE(receiver_->next(drops_));
  receiver_->remove(EndpointId{3});
  EXPECT_EQ(take(), Sizes()) << "of who was removed";
}

INSTANTIATE_TEST_SUITE_P(Ip, PacketReceiverTest, testing::Values("IPv4", "IPv6"),
                         [](const auto& made) { return std::string(made.param); });

// A frame with a tag of VLAN 0 has a priority, as 802.1p's senders give it, and is of no VLAN.
TEST(PacketReceiverTagsTest, TakesATagOfPriorityAsNone) {
  const auto hosts = TwoHosts::enter();
  if (hosts == nullptr) GTEST_SKIP() << "this process may not make a network namespace (CAP_SYS_ADMIN)";
  hosts->ip("link set near address 02:00:00:00:00:0a");
  hosts->ip("addr add 192.0.2.1/24 dev near");
  const auto ip = *base::parse_ip("192.0.2.1");
  const auto made = PacketReceiver::make(PortLane::of(ip, kFirstOfLane, kLast, 0, 1), 16);
  ASSERT_TRUE(made) << to_string(made.error());
  UdpEndpointFactory filtered(socket_filter((*made)->interface()));
  const auto ours = filtered.open(ip.with_port(kFirstOfLane), false);
  const auto large = UdpEndpointFactory().open(ip.with_port(kLast + 1), false);  // what comes last
  ASSERT_TRUE(ours && large && (*made)->add(EndpointId{3}, ours->rtp));
  hosts->over_there([&] {
    const int cable = ::socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
    sockaddr_ll to{};
    to.sll_family = AF_PACKET;
    to.sll_ifindex = static_cast<int>(::if_nametoindex("far"));
    const auto send = [&](std::uint16_t port, std::size_t bytes, std::vector<std::uint8_t> tag) {
      UdpFrame head;
      head.make({2, 0, 0, 0, 0, 0xF}, {2, 0, 0, 0, 0, 0xA}, base::parse_ip("192.0.2.2")->with_port(5'000),
                ip.with_port(port));
      std::vector<std::byte> frame(head.head_bytes() + bytes);
      head.write_summed(bytes, frame.data());
      const auto tag_bytes = std::as_bytes(std::span(tag));
      frame.insert(frame.begin() + 12, tag_bytes.begin(), tag_bytes.end());
      EXPECT_EQ(::sendto(cable, frame.data(), frame.size(), 0, reinterpret_cast<sockaddr*>(&to), sizeof(to)),
                static_cast<ssize_t>(frame.size()));
    };
    send(kFirstOfLane, 171, {});
    send(kFirstOfLane, 172, {0x81, 0, 0xA0, 0});  // priority 5
    send(kFirstOfLane, 173, {0x81, 0, 0xA0, 7});  // of another interface, if of any
    send(kFirstOfLane, 900, {0x81, 0, 0xA0, 0});
    send(kLast + 1, 1, {});
    ::close(cable);
  });
  pollfd last{.fd = large->rtp, .events = POLLIN, .revents = 0};
  ASSERT_EQ(::poll(&last, 1, 60'000), 1);
  base::DropCounters drops;
  std::vector<std::size_t> sizes;
  while (const auto packet = (*made)->next(drops)) sizes.push_back(packet->payload.size());
  EXPECT_EQ(sizes, (std::vector<std::size_t>{171, 172}));
  std::array<char, 1'000> bytes;
  EXPECT_EQ(::recv(ours->rtp, bytes.data(), bytes.size(), MSG_DONTWAIT), 900);
  EXPECT_EQ(::recv(ours->rtp, bytes.data(), bytes.size(), MSG_DONTWAIT), -1);
  filtered.close(*ours);
  filtered.close(*large);
}

TEST(PortLaneTest, DealsThePairsOut) {
  const base::SocketAddress ip = *base::parse_ip("192.0.2.1");
  const PortLane lane = PortLane::of(ip, 4'001, 4'012, 1, 3);  // pairs at 4002 .. 4010; 4012 has no odd one
  EXPECT_EQ(lane.pairs(), 5u);
  for (std::uint32_t port = 0; port < 65'536; ++port) {
    const std::uint32_t expected = port == 4'004 ? 0 : port == 4'010 ? 1 : lane.pairs();
    ASSERT_EQ(lane.place_of(port), expected) << port;
  }
}

TEST(PortLaneTest, HasNothingWhereThereIsNoPair) {
  const base::SocketAddress ip = *base::parse_ip("192.0.2.1");
  for (const auto& [from, to] :
       {std::pair<std::uint16_t, std::uint16_t>{65'535, 65'535}, {4'002, 4'002}, {9, 8}}) {
    EXPECT_EQ(PortLane::of(ip, from, to).pairs(), 0u) << from;
  }
}

TEST(PacketReceiverRefusedTest, NeedsAnAddressOfThisHost) {
  const auto made =
      PacketReceiver::make(PortLane::of(*base::parse_ip("192.0.2.1"), kFirstOfLane, kLast, 0, 1), 16);
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error(), NetError::kAddressNotAvailable);
}

}  // namespace
}  // namespace tutti::net
