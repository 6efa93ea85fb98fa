// What only the io_uring body of PacketPort has to show; the contract is in packet_port_test.cpp.
#include "dataplane/net/uring_port.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <netinet/in.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "dataplane/base/realtime.h"
#include "dataplane/net/ethernet_frame.h"
#include "dataplane/net/internet_checksum.h"
#include "dataplane/net/ip_packet.h"
#include "dataplane/net/udp_endpoint_factory.h"
#include "dataplane/net/udp_frame.h"
#include "dataplane/net/udp_packet.h"
#include "dataplane/net/uring_request.h"
#include "port_world.h"

namespace tutti::net {
namespace {

using base::RealtimeSection;
using base::SocketAddress;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr EndpointId kFirstEndpoint{0};

class UringPortTest : public testing::Test {
 protected:
  void make(const PortLimits& limits) {
    MadeWorld made = make_uring_world(limits);
    if (!made.world) GTEST_SKIP() << made.reason;
    world_ = std::move(made.world);
  }
  void SetUp() override { make({.endpoints = 16, .receive_buffers = 64, .transmit_buffers = 16}); }
  PacketPort& port() { return world_->port(); }

  Endpoint attach(EndpointId id) {
    const auto opened = world_->allocator().open(true);
    EXPECT_TRUE(opened);
    EXPECT_TRUE(port().attach(id, opened->handles));
    attached_.push_back(*opened);
    return *opened;
  }

  void TearDown() override {
    for (const Endpoint& endpoint : attached_) factory_.close(endpoint.handles);
  }

  std::unique_ptr<PortWorld> world_;
  UdpEndpointFactory factory_;
  std::vector<Endpoint> attached_;
};

// Sends back whatever comes to kFirstEndpoint, until it is told that it is enough.
void echo(PacketPort& port, const base::EndpointHandles& handles, const std::atomic<bool>& enough) {
  const RealtimeSection section;
  ASSERT_TRUE(port.attach(kFirstEndpoint, handles));
  while (!enough) {
    for (const ReceivedPacket& packet : port.receive()) {
      const auto buffer = port.reserve();
      std::copy(packet.payload.begin(), packet.payload.end(), buffer.begin());
      port.send(packet.endpoint, packet.flow, packet.source, packet.payload.size());
      if (packet.source.valid()) port.connect(packet.endpoint, packet.flow, packet.source);
    }
    port.flush();
    port.wait_until(base::monotonic_now() + milliseconds(1));
  }
  port.detach(kFirstEndpoint);
  const base::Instant give_up_at = base::monotonic_now() + seconds(60);
  while (!port.next_detached() && base::monotonic_now() < give_up_at) static_cast<void>(port.receive());
}

// Whether what `client` sends comes back. A packet may get lost on its way, as where somebody floods the
// loopback interface of the host: it is sent again.
bool comes_back(PortWorld& world, const SocketAddress& client, const SocketAddress& to,
                const std::string& text) {
  for (int tries = 0; tries < 3; ++tries) {
    world.client_send(client, to, text);
    while (const auto back = world.client_receive(client)) {
      if (back->payload == text) return true;
    }
  }
  return false;
}

TEST_F(UringPortTest, RunsOnOtherThreadsThanItsMakers) {
  constexpr int kPackets = 50;
  MadeWorld other = make_uring_world({.endpoints = 1, .receive_buffers = 8, .transmit_buffers = 8});
  ASSERT_TRUE(other.world);
  const std::array worlds{world_.get(), other.world.get()};
  std::array<Endpoint, 2> endpoints;
  std::array<std::thread, 2> threads;
  std::atomic<bool> enough = false;
  for (std::size_t i = 0; i < 2; ++i) {
    endpoints[i] = *worlds[i]->allocator().open(true);
    threads[i] = std::thread(echo, std::ref(worlds[i]->port()), endpoints[i].handles, std::cref(enough));
  }
  for (std::size_t i = 0; i < 2; ++i) {
    const SocketAddress client = worlds[i]->open_client();
    for (int sent = 0; sent < kPackets; ++sent) {
      EXPECT_TRUE(comes_back(*worlds[i], client, endpoints[i].rtp, std::to_string(sent))) << i << ' ' << sent;
    }
  }
  enough = true;
  for (std::size_t i = 0; i < 2; ++i) {
    threads[i].join();
    EXPECT_GE(worlds[i]->port().counters().packets_received.value(), 50u);
    worlds[i]->allocator().close(endpoints[i]);
  }
}

TEST_F(UringPortTest, SleepsToTheDeadlineWhileFewPacketsWait) {
  const Endpoint endpoint = attach(kFirstEndpoint);
  const SocketAddress client = world_->open_client();
  EXPECT_TRUE(port().receive().empty());
  const base::Instant deadline = base::monotonic_now() + milliseconds(30);
  std::thread sender([&] {
    for (int i = 0; i < 5; ++i) world_->client_send(client, endpoint.rtp, "few");
  });
  port().wait_until(deadline);
  EXPECT_GE(base::monotonic_now(), deadline);
  sender.join();
  std::size_t received = 0;
  while (received < 5 && !world_->gave_up()) received += port().receive().size();
  EXPECT_EQ(received, 5u);
}

TEST_F(UringPortTest, WakesEarlyWhenABatchWaits) {
  constexpr std::uint32_t kEndpoints = 300;
  make({.endpoints = kEndpoints, .receive_buffers = 600, .transmit_buffers = 16});
  std::vector<Endpoint> endpoints;
  for (std::uint32_t i = 0; i < kEndpoints; ++i) endpoints.push_back(attach(EndpointId{i}));
  EXPECT_TRUE(port().receive().empty());
  const SocketAddress client = world_->open_client();
  std::thread sender([&] {
    for (const Endpoint& endpoint : endpoints) world_->client_send(client, endpoint.rtp, "many");
  });
  const base::Instant deadline = base::monotonic_now() + seconds(60);
  port().wait_until(deadline);
  EXPECT_LT(base::monotonic_now(), deadline);
  sender.join();
}

TEST_F(UringPortTest, WaitsForADeadlineThatHasPassedNotAtAll) {
  port().wait_until(base::monotonic_now() - milliseconds(1));
  EXPECT_TRUE(port().receive().empty());
}

TEST_F(UringPortTest, CountsPeersThatAreGone) {
  attach(kFirstEndpoint);
  const SocketAddress gone = world_->open_client();
  port().connect(kFirstEndpoint, Flow::kRtp, gone);
  static_cast<void>(port().receive());
  world_->close_client(gone);
  const auto& counters = port().counters();
  // Each ICMP error is told once, to the receive request or to the next send; on a busy machine it takes a
  // moment.
  while (counters.peers_gone.value() < 3 && !world_->gave_up()) {
    ASSERT_FALSE(port().reserve().empty());
    port().send(kFirstEndpoint, Flow::kRtp, {}, 100);
    port().flush();
    EXPECT_TRUE(port().receive().empty());
    world_->pass_time();
  }
  EXPECT_GE(counters.peers_gone.value(), 3u);
  EXPECT_LE(counters.peers_gone.value(), counters.packets_sent.value());
  EXPECT_EQ(counters.drops.total(), counters.drops.value(base::DropReason::kSendFailed));
}

// The kernel tells such an error instead of the packet that waits.
TEST_F(UringPortTest, HearsAPeerDespiteIcmpErrors) {
  const int icmp = ::socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_ICMP);
  if (icmp < 0) GTEST_SKIP() << "this process may open no raw socket (CAP_NET_RAW)";
  const Endpoint endpoint = attach(kFirstEndpoint);
  const SocketAddress peer = world_->open_client();
  port().connect(kFirstEndpoint, Flow::kRtp, peer);
  // Until the request that stands has ended, and the socket is polled.
  for (int i = 0; i < 5; ++i) static_cast<void>(port().receive());
  // "Administratively prohibited", by a firewall on the way, of a packet of ours. Source: RFC 792, 1812.
  constexpr std::size_t kIcmpHead = 8;
  std::array<std::byte, kIcmpHead + kIpv4HeadBytes + kUdpHeadBytes> message{std::byte{3}, std::byte{13}};
  UdpFrame ours;
  ours.make({}, {}, endpoint.rtp, peer);
  std::array<std::byte, 100> frame;
  ours.write(10, frame.data());
  std::copy_n(frame.begin() + EthernetFrame::kHeadBytes, message.size() - kIcmpHead, &message[kIcmpHead]);
  const std::uint16_t sum = net::checksum(internet_sum(message));
  std::memcpy(&message[2], &sum, sizeof(sum));
  sockaddr_storage to{};
  const socklen_t length = base::to_sockaddr(endpoint.rtp.with_port(0), to);
  for (int heard = 0; heard < 3 && !world_->gave_up();) {
    world_->client_send(peer, endpoint.rtp, "hello");
    ASSERT_EQ(::sendto(icmp, message.data(), message.size(), 0, reinterpret_cast<sockaddr*>(&to), length),
              static_cast<ssize_t>(message.size()));
    port().look(kFirstEndpoint, false);
    heard += static_cast<int>(port().receive().size());
  }
  EXPECT_FALSE(world_->gave_up());
  EXPECT_EQ(port().counters().peers_gone.value(), 0u);
  ::close(icmp);
}

TEST_F(UringPortTest, WantsToBeToldWhoseTickComes) {
  EXPECT_TRUE(port().looks());
  const EndpointLines lines = port().look_lines();
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(lines.first) % 64, 0u);
  EXPECT_EQ(lines.first_stride, 128u);  // a line for RTP, and RTCP's
}

TEST_F(UringPortTest, GoesAwayWithEndpointsAttached) {
  const Endpoint endpoint = attach(kFirstEndpoint);
  const SocketAddress client = world_->open_client();
  world_->client_send(client, endpoint.rtp, "unread");
  world_->pass_time();
  ASSERT_FALSE(port().reserve().empty());
  port().send(kFirstEndpoint, Flow::kRtp, client, 10);  // never flushed
  world_.reset();
}

// Leaves 0 if it is said clearly that the descriptors do not suffice.
[[noreturn]] void make_with_too_few_descriptors() {
  // Both limits: liburing raises the soft one by itself.
  const rlimit tight{.rlim_cur = 256, .rlim_max = 256};
  if (::setrlimit(RLIMIT_NOFILE, &tight) != 0) std::_Exit(2);
  const auto port = UringPort::make({.endpoints = 200});
  std::_Exit(!port && port.error() == NetError::kNoDescriptors ? 0 : 1);
}

TEST(UringPortDeathTest, SaysThatTheLimitOfOpenFilesIsTooLow) {
  EXPECT_EXIT(make_with_too_few_descriptors(), testing::ExitedWithCode(0), "");
}

// Forbids io_uring to this process, as containers often do, and leaves 0 if that is said clearly.
[[noreturn]] void make_where_io_uring_is_forbidden() {
  std::array<sock_filter, 4> rules{{
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_io_uring_setup, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  }};
  sock_fprog program{.len = rules.size(), .filter = rules.data()};
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) std::_Exit(2);
  if (::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0) std::_Exit(3);
  const auto port = UringPort::make({});
  std::_Exit(!port && port.error() == NetError::kNotSupported ? 0 : 1);
}

TEST(UringPortDeathTest, SaysThatIoUringIsSwitchedOff) {
  EXPECT_EXIT(make_where_io_uring_is_forbidden(), testing::ExitedWithCode(0), "");
}

TEST(UringRequestTest, ComesBackFromTheKernelAsItWas) {
  for (const auto kind : {UringRequest::Kind::kReceive, UringRequest::Kind::kCancel,
                          UringRequest::Kind::kSend, UringRequest::Kind::kPoll}) {
    for (const std::uint32_t generation : {0u, 1u, UINT32_MAX}) {
      for (const std::uint32_t flow : {0u, 77u, UringRequest::kFlowsMax - 1}) {
        const auto back = UringRequest::unpack(UringRequest{kind, generation, flow}.pack());
        EXPECT_EQ(back.kind, kind);
        EXPECT_EQ(back.generation, generation);
        EXPECT_EQ(back.flow, flow);
      }
    }
  }
}

}  // namespace
}  // namespace tutti::net
