// The next hops of frames on an Ethernet: KernelNeighbours, NextHops and PacketSender between two hosts with
// a cable.
#include <array>
#include <chrono>
#include <fstream>
#include <functional>
#include <ostream>
#include <span>
#include <string>

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "dataplane/net/kernel_neighbours.h"
#include "dataplane/net/packet_sender.h"
#include "two_hosts.h"

namespace tutti::net {
namespace {

using Way = PacketSender::Way;

constexpr std::uint32_t kFlow = 1;
constexpr MacAddress kFarMac{0x02, 0, 0, 0, 0, 0x0F};
constexpr MacAddress kOtherMac{0x02, 0, 0, 0, 0, 0x1F};

struct Addresses {
  const char* family;  // of ip(8)
  const char* sysctl;
  const char* tell;  // the sysctl by which an interface tells of its new MAC address
  const char* near;
  const char* far;
  const char* nobody;  // on the same Ethernet
  const char* prefix;
  const char* beyond;  // the gateway's other side
  const char* whole;   // the length of an address
};
// The test's name is the same in each run.
void PrintTo(const Addresses& addresses, std::ostream* out) {
  *out << addresses.sysctl;
}
constexpr Addresses kIpv4{"-4",         "ipv4", "arp_notify",   "192.0.2.1", "192.0.2.2",
                          "192.0.2.77", "/24",  "198.51.100.9", "/32"};
constexpr Addresses kIpv6{"-6",           "ipv6", "ndisc_notify",  "2001:db8::1", "2001:db8::2",
                          "2001:db8::77", "/64",  "2001:db8:1::9", "/128"};

int bound_socket(const base::SocketAddress& ip) {
  sockaddr_storage address{};
  const socklen_t length = base::to_sockaddr(ip, address);
  const int fd = ::socket(address.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  EXPECT_EQ(::bind(fd, reinterpret_cast<sockaddr*>(&address), length), 0) << base::to_string(ip);
  return fd;
}

base::SocketAddress address_of(int fd) {
  sockaddr_storage address{};
  socklen_t length = sizeof(address);
  EXPECT_EQ(::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &length), 0);
  return base::from_sockaddr(reinterpret_cast<sockaddr*>(&address), length);
}

class EthernetNeighboursTest : public testing::TestWithParam<Addresses> {
 protected:
  void SetUp() override {
    hosts_ = TwoHosts::enter();
    if (hosts_ == nullptr) GTEST_SKIP() << "this process may not make a network namespace (CAP_SYS_ADMIN)";
    const Addresses& is = GetParam();
    hosts_->ip(std::string("addr add ") + is.near + is.prefix + " dev near" + no_wait());
    hosts_->far_ip("link set far address 02:00:00:00:00:0f");
    hosts_->far_ip(std::string("addr add ") + is.far + is.prefix + " dev far" + no_wait());
    // The far host tells of a MAC address that has changed, and the near one believes it at once.
    hosts_->over_there([&] { set("/conf/far/" + std::string(is.tell), "1"); });
    set("/neigh/near/locktime", "0");
    const auto interface = find_interface(near_ip_);
    ASSERT_TRUE(interface);
    interface_ = *interface;
    near_ = bound_socket(near_ip_);
    auto made = PacketSender::make(near_ip_, 8, 64);
    if (!made && made.error() == NetError::kNotPermitted) GTEST_SKIP() << "no CAP_NET_RAW";
    ASSERT_TRUE(made) << to_string(made.error());
    sender_ = std::move(*made);
  }
  void TearDown() override {
    for (const int socket : {near_, far_}) {
      if (socket >= 0) ::close(socket);
    }
  }

  const char* no_wait() const { return std::string(GetParam().sysctl) == "ipv6" ? " nodad" : ""; }
  void set(const std::string& name, const char* value) {
    std::ofstream(std::string("/proc/sys/net/") + GetParam().sysctl + name) << value << std::flush;
  }

  void open_far(const base::SocketAddress& ip) {
    hosts_->over_there([&] { far_ = bound_socket(ip); });
  }
  // A connected flow's packet: as the port sends it, with what it was sent by as its text.
  Way send() {
    const std::string as_frame = "by frame";
    const Way way = sender_->send(kFlow, {}, std::as_bytes(std::span(as_frame)));
    if (way == Way::kFrame) {
      sender_->flush();
    } else {
      const std::string by_socket = "by socket";
      sockaddr_storage address{};
      const socklen_t length = base::to_sockaddr(peer_, address);
      static_cast<void>(::sendto(near_, by_socket.data(), by_socket.size(), 0,
                                 reinterpret_cast<sockaddr*>(&address), length));
    }
    return way;
  }
  void connect(const base::SocketAddress& peer) {
    peer_ = peer;
    sender_->connect(kFlow, near_, peer);
  }
  // Whether this came to the far host within 5 ms; what came before it is let fall.
  bool arrives(const std::string& text) {
    for (;;) {
      pollfd asked{.fd = far_, .events = POLLIN, .revents = 0};
      if (::poll(&asked, 1, 5) != 1) return false;
      std::array<char, 64> bytes;
      sockaddr_storage address{};
      socklen_t length = sizeof(address);
      const auto size =
          ::recvfrom(far_, bytes.data(), bytes.size(), 0, reinterpret_cast<sockaddr*>(&address), &length);
      EXPECT_EQ(base::from_sockaddr(reinterpret_cast<sockaddr*>(&address), length), address_of(near_));
      if (std::string(bytes.data(), static_cast<std::size_t>(size)) == text) return true;
    }
  }
  // Packets leave until `done`, for a minute at most.
  bool send_until(const std::function<bool()>& done) {
    const auto give_up_at = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    while (std::chrono::steady_clock::now() < give_up_at) {
      send();
      if (done()) return true;
    }
    return false;
  }

  const base::SocketAddress near_ip_ = *base::parse_ip(GetParam().near);
  const base::SocketAddress far_ip_ = *base::parse_ip(GetParam().far);
  std::unique_ptr<TwoHosts> hosts_;
  LocalInterface interface_;
  std::unique_ptr<PacketSender> sender_;
  int near_ = -1;
  int far_ = -1;
  base::SocketAddress peer_;
};

TEST_P(EthernetNeighboursTest, AreKnownOnceTheKernelHasAsked) {
  EXPECT_FALSE(interface_.loopback);
  KernelNeighbours query(interface_);
  EXPECT_FALSE(query.ask(far_ip_, base::monotonic_now()));  // nobody has spoken yet
  open_far(far_ip_);
  connect(address_of(far_));
  EXPECT_NE(send(), Way::kFrame);  // which makes the kernel ask
  EXPECT_TRUE(send_until([&] { return arrives("by frame"); }));
  EXPECT_EQ(query.ask(far_ip_, base::monotonic_now()), kFarMac);
  // From another interface there is no way.
  LocalInterface other = interface_;
  ++other.index;
  EXPECT_FALSE(KernelNeighbours(other).ask(far_ip_, base::monotonic_now()));
}

TEST_P(EthernetNeighboursTest, AreFollowedToAnotherMac) {
  open_far(far_ip_);
  connect(address_of(far_));
  ASSERT_TRUE(send_until([&] { return arrives("by frame"); }));
  hosts_->far_ip("link set far address 02:00:00:00:00:1f");
  KernelNeighbours query(interface_);
  ASSERT_TRUE(send_until([&] { return query.ask(far_ip_, base::monotonic_now()) == kOtherMac; }));
  while (arrives("what was under way")) {
  }
  // Frames to the old address are let fall over there: one that arrives has the new one.
  EXPECT_TRUE(send_until([&] { return arrives("by frame"); }));
}

TEST_P(EthernetNeighboursTest, AreNoneWhereNobodyAnswers) {
  const base::SocketAddress nobody = base::parse_ip(GetParam().nobody)->with_port(40'000);
  connect(nobody);
  KernelNeighbours query(interface_);
  for (int i = 0; i < 50; ++i) {
    EXPECT_NE(send(), Way::kFrame);
    EXPECT_FALSE(query.ask(nobody, base::monotonic_now()));
    ::usleep(2'000);
  }
}

TEST_P(EthernetNeighboursTest, AreForgottenWhenTheCableIsPulled) {
  open_far(far_ip_);
  connect(address_of(far_));
  ASSERT_TRUE(send_until([&] { return arrives("by frame"); }));
  hosts_->far_ip("link set far down");
  KernelNeighbours query(interface_);
  EXPECT_TRUE(send_until([&] { return !query.ask(far_ip_, base::monotonic_now()); }));
  EXPECT_TRUE(send_until([&] { return send() == Way::kSocket; }));
}

TEST_P(EthernetNeighboursTest, AreTheGatewayForWhoIsBeyondIt) {
  const Addresses& is = GetParam();
  const base::SocketAddress beyond = *base::parse_ip(is.beyond);
  KernelNeighbours query(interface_);
  connect(beyond.with_port(40'000));
  EXPECT_FALSE(query.ask(beyond, base::monotonic_now()));  // no route
  EXPECT_EQ(send(), Way::kSocket);
  hosts_->far_ip(std::string("addr add ") + is.beyond + is.whole + " dev lo" + no_wait());
  hosts_->ip(std::string(is.family) + " route add " + is.beyond + is.whole + " via " + is.far);
  open_far(beyond);
  connect(address_of(far_));
  EXPECT_TRUE(send_until([&] { return arrives("by frame"); }));
  EXPECT_EQ(query.ask(beyond, base::monotonic_now()), kFarMac);
}

// As ip-rule(8) has it for a host in two networks.
TEST_P(EthernetNeighboursTest, AreTheGatewayThatTheSourceHas) {
  const Addresses& is = GetParam();
  const std::string family = std::string(is.family) + " ";
  const std::string to_beyond = std::string(" route add ") + is.beyond + is.whole + " via ";
  hosts_->ip(family + "neigh add " + is.far + " lladdr 02:00:00:00:00:0f dev near");
  hosts_->ip(family + "neigh add " + is.nobody + " lladdr 02:00:00:00:00:1f dev near");
  hosts_->ip(is.family + to_beyond + is.nobody);
  KernelNeighbours query(interface_);
  const base::SocketAddress beyond = *base::parse_ip(is.beyond);
  EXPECT_EQ(query.ask(beyond, base::monotonic_now()), kOtherMac);
  hosts_->ip(is.family + to_beyond + is.far + " table 100");
  hosts_->ip(family + "rule add from " + is.near + is.whole + " lookup 100");
  EXPECT_EQ(query.ask(beyond, base::monotonic_now()), kFarMac);
}

INSTANTIATE_TEST_SUITE_P(Ip, EthernetNeighboursTest, testing::Values(kIpv4, kIpv6),
                         [](const auto& ip) { return std::string(ip.param.sysctl); });

}  // namespace
}  // namespace tutti::net
