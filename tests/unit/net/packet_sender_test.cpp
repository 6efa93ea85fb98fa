#include "dataplane/net/packet_sender.h"

#include <array>
#include <chrono>
#include <cstdlib>
#include <span>
#include <string>

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "dataplane/net/packet_port.h"
#include "own_network.h"

namespace tutti::net {
namespace {

using Way = PacketSender::Way;

constexpr std::uint32_t kSenderFlow = 3;

class Socket {
 public:
  explicit Socket(const base::SocketAddress& ip)
      : fd_(::socket(ip.family == base::AddressFamily::kIpv4 ? AF_INET : AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC,
                     0)) {
    sockaddr_storage address{};
    socklen_t length = base::to_sockaddr(ip, address);
    EXPECT_EQ(::bind(fd_, reinterpret_cast<sockaddr*>(&address), length), 0);
    EXPECT_EQ(::getsockname(fd_, reinterpret_cast<sockaddr*>(&address), &length), 0);
    address_ = base::from_sockaddr(reinterpret_cast<sockaddr*>(&address), length);
  }
  ~Socket() { ::close(fd_); }
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;

  int fd() const { return fd_; }
  const base::SocketAddress& address() const { return address_; }
  // The payload, and who sent it; "(nothing)" after a while.
  std::string receive(base::SocketAddress* from = nullptr) {
    pollfd asked{.fd = fd_, .events = POLLIN, .revents = 0};
    if (::poll(&asked, 1, 30'000) != 1) return "(nothing)";
    std::array<char, 2'048> bytes;
    sockaddr_storage address{};
    socklen_t length = sizeof(address);
    const auto size =
        ::recvfrom(fd_, bytes.data(), bytes.size(), 0, reinterpret_cast<sockaddr*>(&address), &length);
    if (from != nullptr) *from = base::from_sockaddr(reinterpret_cast<sockaddr*>(&address), length);
    return {bytes.data(), static_cast<std::size_t>(size)};
  }

 private:
  const int fd_;
  base::SocketAddress address_;
};

class PacketSenderTest : public testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    network_ = OwnNetwork::enter();
    if (network_ == nullptr) GTEST_SKIP() << "this process may not make a network namespace (CAP_SYS_ADMIN)";
    auto made = PacketSender::make(ip_, 8, 64);
    if (!made && made.error() == NetError::kNotPermitted) GTEST_SKIP() << "no CAP_NET_RAW";
    ASSERT_TRUE(made) << to_string(made.error());
    sender_ = std::move(*made);
  }

  Way send(const std::string& text) {
    return sender_->send(kSenderFlow, std::as_bytes(std::span(text)).first(text.size() / 3),
                         std::as_bytes(std::span(text)).subspan(text.size() / 3));
  }
  // Until the next hop is known.
  bool send_as_frame(const std::string& text) {
    const auto give_up_at = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    while (std::chrono::steady_clock::now() < give_up_at) {
      if (send(text) == Way::kFrame) return true;
      ::usleep(1'000);
    }
    return false;
  }

  const base::SocketAddress ip_ = *base::parse_ip(GetParam());
  std::unique_ptr<OwnNetwork> network_;
  std::unique_ptr<PacketSender> sender_;
};

TEST_P(PacketSenderTest, SendsFromTheSocketsAddressOnceTheWayIsKnown) {
  Socket from(ip_);
  Socket to(ip_);
  EXPECT_EQ(send("nobody is connected"), Way::kSocket);
  sender_->connect(kSenderFlow, from.fd(), to.address());
  ASSERT_TRUE(send_as_frame("hello"));
  sender_->flush();
  base::SocketAddress source;
  EXPECT_EQ(to.receive(&source), "hello");
  EXPECT_EQ(source, from.address());
  for (const std::size_t bytes : {std::size_t{1}, std::size_t{171}, std::size_t{172}, kPayloadBytesMax}) {
    const std::string text(bytes, 'x');
    ASSERT_TRUE(send_as_frame(text));
    sender_->flush();
    EXPECT_EQ(to.receive(), text);
  }
}

TEST_P(PacketSenderTest, FollowsAnotherPeer) {
  Socket from(ip_);
  Socket first(ip_);
  Socket second(ip_);
  sender_->connect(kSenderFlow, from.fd(), first.address());
  ASSERT_TRUE(send_as_frame("to the first"));
  sender_->connect(kSenderFlow, from.fd(), second.address());
  ASSERT_TRUE(send_as_frame("to the second"));
  sender_->flush();
  EXPECT_EQ(first.receive(), "to the first");
  EXPECT_EQ(second.receive(), "to the second");
  sender_->disconnect(kSenderFlow);
  EXPECT_EQ(send("to nobody"), Way::kSocket);
}

TEST_P(PacketSenderTest, SendsOneInTwoHundredThroughTheSocket) {
  Socket from(ip_);
  Socket to(ip_);
  sender_->connect(kSenderFlow, from.fd(), to.address());
  ASSERT_TRUE(send_as_frame("first"));
  int frames = 1;
  int sockets = 0;
  for (int i = 1; i < 1'000; ++i) {
    const Way way = send("more");
    frames += way == Way::kFrame ? 1 : 0;
    sockets += way == Way::kSocketNow ? 1 : 0;
    if (i % 50 == 0) sender_->flush();
  }
  EXPECT_EQ(frames, 995);
  EXPECT_EQ(sockets, 5);
}

// Of what was written meanwhile nothing comes late.
TEST_P(PacketSenderTest, SendsFramesAgainAfterTheInterfaceWasDown) {
  Socket from(ip_);
  Socket to(ip_);
  sender_->connect(kSenderFlow, from.fd(), to.address());
  ASSERT_TRUE(send_as_frame("before"));
  sender_->flush();
  EXPECT_EQ(to.receive(), "before");
  ASSERT_EQ(std::system("ip link set lo down"), 0);
  // More than the ring holds, without a flush and with; the thread that asks for next hops may come between.
  int lost = 0;
  for (int i = 0; i < 200; ++i) {
    lost += send("meanwhile") == Way::kFrame ? 1 : 0;
    if (i >= 100) sender_->flush();
  }
  sender_->flush();
  base::DropCounters drops;
  sender_->count_given_up(drops);
  EXPECT_EQ(drops.value(base::DropReason::kSendFailed), static_cast<std::uint64_t>(lost));
  ASSERT_EQ(std::system("ip link set lo up"), 0);
  for (int i = 0; i < 200; ++i) {
    ASSERT_TRUE(send_as_frame("after"));
    sender_->flush();
    ASSERT_EQ(to.receive(), "after") << i;
  }
  sender_->count_given_up(drops);
  EXPECT_EQ(drops.total(), static_cast<std::uint64_t>(lost));
}

TEST_P(PacketSenderTest, KnowsNoWayThroughAnotherInterface) {
  const auto interface = find_interface(ip_);
  ASSERT_TRUE(interface);
  EXPECT_TRUE(interface->loopback);
  KernelNeighbours query(*interface);
  EXPECT_TRUE(query.ask(ip_, base::monotonic_now()));
  LocalInterface other = *interface;
  ++other.index;
  EXPECT_FALSE(KernelNeighbours(other).ask(ip_, base::monotonic_now()));
  EXPECT_FALSE(query.ask(*base::parse_ip("192.0.2.1"), base::monotonic_now()));  // no route
  EXPECT_FALSE(query.ask(*base::parse_ip("2001:db8::1"), base::monotonic_now()));
  EXPECT_FALSE(find_interface(*base::parse_ip("192.0.2.1")));
}

INSTANTIATE_TEST_SUITE_P(Ip, PacketSenderTest, testing::Values("127.0.0.1", "::1"));

TEST(PacketSenderRefusedTest, SaysThatLoopbackTakesNoFrames) {
  const auto network = OwnNetwork::enter();
  if (network == nullptr) GTEST_SKIP() << "this process may not make a network namespace (CAP_SYS_ADMIN)";
  OwnNetwork::refuse_frames();
  const auto made = PacketSender::make(*base::parse_ip("127.0.0.1"), 8, 64);
  ASSERT_FALSE(made);
  if (made.error() == NetError::kNotPermitted) GTEST_SKIP() << "no CAP_NET_RAW";
  EXPECT_EQ(made.error(), NetError::kFramesRefused);
  EXPECT_EQ(PacketSender::make(*base::parse_ip("192.0.2.1"), 8, 64).error(), NetError::kAddressNotAvailable);
}

}  // namespace
}  // namespace tutti::net
