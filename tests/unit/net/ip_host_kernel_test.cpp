// An IpHost at one end of a cable whose other end is a kernel's: that one resolves us, pings us, is resolved
// by us and takes our packets, in both families, in a VLAN and without.
#include <array>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <functional>
#include <string>

#include <gtest/gtest.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "dataplane/net/internet_checksum.h"
#include "dataplane/net/ip_host.h"
#include "dataplane/net/udp_frame.h"
#include "dataplane/net/udp_packet.h"
#include "two_hosts.h"
#include "wire_bytes.h"

namespace tutti::net {
namespace {

using namespace std::chrono_literals;

constexpr MacAddress kOurMac{0x02, 0, 0, 0, 0, 0x01};
constexpr MacAddress kTheirMac{0x02, 0, 0, 0, 0, 0x0F};
constexpr MacAddress kFarMoved{0x02, 0, 0, 0, 0, 0x1F};
constexpr VlanId kVlan = 7;

struct Link {
  bool ipv6;
  VlanId vlan;
  const char* near() const { return ipv6 ? "2001:db8::1" : "192.0.2.1"; }
  const char* far() const { return ipv6 ? "2001:db8::9" : "192.0.2.9"; }
  const char* beyond() const { return ipv6 ? "2001:db8:1::9" : "198.51.100.9"; }
  const char* device() const { return vlan == kNoVlan ? "far" : "far.7"; }
};

// All that comes to one end of the cable, and what is sent into it.
class CableEnd {
 public:
  CableEnd() = default;
  ~CableEnd() {
    if (fd_ >= 0) ::close(fd_);
  }
  CableEnd(const CableEnd&) = delete;
  CableEnd& operator=(const CableEnd&) = delete;

  // In the network of the calling thread. False where the process may not.
  bool open(const char* interface) {
    fd_ = ::socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd_ < 0) return false;
    const int on = 1;
    EXPECT_EQ(::setsockopt(fd_, SOL_PACKET, PACKET_AUXDATA, &on, sizeof(on)), 0);
    EXPECT_EQ(::setsockopt(fd_, SOL_PACKET, PACKET_IGNORE_OUTGOING, &on, sizeof(on)), 0);
    sockaddr_ll address{};
    address.sll_family = AF_PACKET;
    address.sll_protocol = htons(ETH_P_ALL);
    address.sll_ifindex = static_cast<int>(::if_nametoindex(interface));
    EXPECT_EQ(::bind(fd_, reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
    return true;
  }
  void send(std::span<const std::byte> frame) {
    EXPECT_EQ(::send(fd_, frame.data(), frame.size(), 0), static_cast<ssize_t>(frame.size()));
  }
  // A frame that has come, and its tag where the kernel took it out.
  bool receive(Bytes& frame, std::optional<std::uint16_t>& stripped) {
    frame.resize(2'000);
    iovec part{frame.data(), frame.size()};
    alignas(cmsghdr) std::array<std::byte, CMSG_SPACE(sizeof(tpacket_auxdata))> control{};
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    const auto size = ::recvmsg(fd_, &message, 0);
    if (size < 0) return false;
    frame.resize(static_cast<std::size_t>(size));
    stripped.reset();
    for (cmsghdr* one = CMSG_FIRSTHDR(&message); one != nullptr; one = CMSG_NXTHDR(&message, one)) {
      tpacket_auxdata also{};
      if (one->cmsg_level != SOL_PACKET || one->cmsg_type != PACKET_AUXDATA) continue;
      std::memcpy(&also, CMSG_DATA(one), sizeof(also));
      if ((also.tp_status & TP_STATUS_VLAN_VALID) != 0) stripped = also.tp_vlan_tci;
    }
    return true;
  }
  // For 5 ms at most.
  void wait() {
    pollfd asked{.fd = fd_, .events = POLLIN, .revents = 0};
    ::poll(&asked, 1, 5);
  }

 private:
  int fd_ = -1;
};

class IpHostKernelTest : public testing::TestWithParam<Link> {
 protected:
  void SetUp() override {
    hosts_ = TwoHosts::enter();
    if (hosts_ == nullptr) GTEST_SKIP() << "this process may not make a network namespace (CAP_SYS_ADMIN)";
    // The kernel at our end has no address: it answers nobody.
    std::ofstream("/proc/sys/net/ipv6/conf/near/disable_ipv6") << "1" << std::flush;
    hosts_->far_ip("link set far address 02:00:00:00:00:0f");
    if (link_.vlan != kNoVlan) {
      bool made = false;
      hosts_->over_there(
          [&] { made = std::system("ip link add link far name far.7 type vlan id 7 2>/dev/null") == 0; });
      if (!made) GTEST_SKIP() << "this kernel has no VLAN devices (8021q)";
      hosts_->far_ip("link set far.7 up");
    }
    hosts_->far_ip(std::string("addr add ") + link_.far() + (link_.ipv6 ? "/64 nodad" : "/24") + " dev " +
                   link_.device());
    if (!near_.open("near")) GTEST_SKIP() << "this process may open no packet socket (CAP_NET_RAW)";
    // A cable that was just laid loses what is sent, for as long as the kernel takes to see that it is there.
    // Asked by an address that no test has.
    make(link_.ipv6 ? "2001:db8::5" : "192.0.2.5");
    ASSERT_TRUE(run_until([&] { return host_->ask(far_ip_, now()) == kTheirMac; }));
    make(link_.near());
  }
  void TearDown() override {
    if (far_ >= 0) ::close(far_);
  }

  void make(const char* ip) {
    IpHostOptions options{.mac = kOurMac, .vlan = link_.vlan};
    options.addresses = {*base::parse_ip(ip)};
    options.ipv4.gateway = *base::parse_ip("192.0.2.9");
    options.ipv6.gateway = *base::parse_ip("2001:db8::9");
    host_.emplace(options, [this](std::span<const std::byte> frame) { near_.send(frame); });
  }
  // The host's time runs with the kernel's, and is set ahead at will.
  base::Instant now() const { return base::monotonic_now() + ahead_; }

  // Both ends run until `done`, for a minute at most.
  bool run_until(const std::function<bool()>& done) {
    const auto give_up_at = base::monotonic_now() + 60s;
    while (base::monotonic_now() < give_up_at) {
      Bytes frame;
      std::optional<std::uint16_t> stripped;
      while (near_.receive(frame, stripped)) {
        host_->handle(frame, now(), stripped);
        keep_udp(frame, stripped);
      }
      host_->tick(now());
      if (done()) return true;
      near_.wait();
    }
    return false;
  }
  void keep_udp(const Bytes& frame, std::optional<std::uint16_t> stripped) {
    const auto read = parse_ethernet_frame(frame, host_->station(), stripped);
    if (!read) return;
    const auto packet = parse_udp_packet(read->payload, Checksums::kTrusted);
    if (!packet || packet->destination != base::parse_ip(link_.near(), 5'000)) return;
    received_.emplace(packet->payload.begin(), packet->payload.end());
  }

  void open_far(int type, int protocol) {
    hosts_->over_there([&] {
      far_ = ::socket(link_.ipv6 ? AF_INET6 : AF_INET, type | SOCK_CLOEXEC | SOCK_NONBLOCK, protocol);
      ASSERT_GE(far_, 0);
      sockaddr_storage address{};
      const std::uint16_t port = type == SOCK_DGRAM ? 5'000 : 0;
      socklen_t length = base::to_sockaddr(*base::parse_ip(link_.far(), port), address);
      ASSERT_EQ(::bind(far_, reinterpret_cast<sockaddr*>(&address), length), 0);
      length = base::to_sockaddr(*base::parse_ip(link_.near(), port), address);
      ASSERT_EQ(::connect(far_, reinterpret_cast<sockaddr*>(&address), length), 0);
    });
  }
  // What has come to the far socket; of IPv4 with its header where the socket is raw.
  std::optional<Bytes> far_received() {
    Bytes bytes(2'000);
    const auto size = ::recv(far_, bytes.data(), bytes.size(), 0);
    if (size < 0) return std::nullopt;
    bytes.resize(static_cast<std::size_t>(size));
    return bytes;
  }

  const Link link_ = GetParam();
  const base::SocketAddress far_ip_ = *base::parse_ip(link_.far());
  std::unique_ptr<TwoHosts> hosts_;
  std::optional<IpHost> host_;
  base::Duration ahead_{};
  CableEnd near_;
  int far_ = -1;
  std::optional<Bytes> received_;
};

TEST_P(IpHostKernelTest, IsFoundAndPinged) {
  open_far(SOCK_RAW, link_.ipv6 ? static_cast<int>(IPPROTO_ICMPV6) : static_cast<int>(IPPROTO_ICMP));
  for (const std::size_t data : {0u, 1u, 56u, 1'400u}) {
    Bytes request = hex(link_.ipv6 ? "80 00 00 00 12 34 00 01" : "08 00 00 00 12 34 00 01");
    for (std::size_t i = 0; i < data; ++i) request.push_back(static_cast<std::byte>(i));
    const std::uint16_t sum = checksum(internet_sum(request));  // the kernel sums IPv6 itself
    std::memcpy(&request[2], &sum, 2);
    ASSERT_EQ(::send(far_, request.data(), request.size(), 0), static_cast<ssize_t>(request.size()));
    Bytes expected = with(request, 0, link_.ipv6 ? 129 : 0);
    expected[2] = expected[3] = std::byte{0};
    EXPECT_TRUE(run_until([&] {
      while (auto reply = far_received()) {
        if (!link_.ipv6) reply->erase(reply->begin(), reply->begin() + 20);
        if (reply->size() < 4) continue;
        (*reply)[2] = (*reply)[3] = std::byte{0};  // right, or the kernel had not let it through
        if (*reply == expected) return true;
      }
      return false;
    })) << data;
  }
  EXPECT_EQ(host_->counters().echoes_answered.value(), 4u);
  EXPECT_GE(host_->counters().neighbours_answered.value(), 1u);
  EXPECT_EQ(host_->neighbours().size(), 0u);
}

TEST_P(IpHostKernelTest, FindsTheKernelAndKeepsIt) {
  host_->start(now());
  EXPECT_FALSE(host_->ask(far_ip_, now()));
  ASSERT_TRUE(run_until([&] { return host_->ask(far_ip_, now()) == kTheirMac; }));
  const auto since = [&] { return host_->counters().probes_sent.value(); };
  for (int i = 0; i < 3; ++i) {
    const std::uint64_t asked = since();
    ahead_ += NeighbourTable::kReprobe + 1s;
    EXPECT_EQ(host_->ask(far_ip_, now()), kTheirMac);
    ASSERT_TRUE(run_until([&] { return since() > asked; })) << "asked again";
    // Answered again: nothing is due any more, however the second tries' times come.
    ASSERT_TRUE(
        run_until([&] { return host_->neighbours().find(far_ip_) == NeighbourTable::State::kReachable; }));
  }
  EXPECT_EQ(host_->neighbours().counters().failed.value(), 0u);
  EXPECT_FALSE(host_->take_duplicate());
}

TEST_P(IpHostKernelTest, FindsTheGateway) {
  const base::SocketAddress beyond = *base::parse_ip(link_.beyond());
  EXPECT_TRUE(run_until([&] { return host_->ask(beyond, now()) == kTheirMac; }));
  EXPECT_EQ(host_->neighbours().find(far_ip_), NeighbourTable::State::kReachable);
}

TEST_P(IpHostKernelTest, FollowsTheKernelToAnotherMac) {
  ASSERT_TRUE(run_until([&] { return host_->ask(far_ip_, now()) == kTheirMac; }));
  hosts_->far_ip(std::string("link set ") + link_.device() + " address 02:00:00:00:00:1f");
  ahead_ += NeighbourTable::kReprobe;
  EXPECT_TRUE(run_until([&] {
    ahead_ += 50ms;  // a second of tries in some 20 rounds
    return host_->ask(far_ip_, now()) == kFarMoved;
  }));
}

TEST_P(IpHostKernelTest, GivesUpWhomNobodyIs) {
  const base::SocketAddress nobody = *base::parse_ip(link_.ipv6 ? "2001:db8::77" : "192.0.2.77");
  EXPECT_FALSE(host_->ask(nobody, now()));
  EXPECT_TRUE(run_until([&] {
    ahead_ += 100ms;
    return host_->neighbours().find(nobody) == NeighbourTable::State::kFailed;
  }));
  EXPECT_EQ(host_->counters().probes_sent.value(), 3u);
}

TEST_P(IpHostKernelTest, SeesThatTheKernelHasItsAddress) {
  make(link_.far());
  host_->start(now());
  std::optional<DuplicateAddress> told;
  EXPECT_TRUE(run_until([&] {
    if (!told) told = host_->take_duplicate();
    return told.has_value();
  }));
  ASSERT_TRUE(told);
  EXPECT_EQ(told->ip, far_ip_);
  EXPECT_EQ(told->mac, kTheirMac);
}

TEST_P(IpHostKernelTest, CarriesUdpBothWays) {
  open_far(SOCK_DGRAM, 0);
  ASSERT_TRUE(run_until([&] { return host_->ask(far_ip_, now()) == kTheirMac; }));
  UdpFrame frame;
  frame.make(kOurMac, kTheirMac, base::parse_ip(link_.near(), 5'000).value(), far_ip_.with_port(5'000),
             link_.vlan);
  for (const std::size_t payload : {1u, 171u, 172u}) {
    Bytes bytes(frame.head_bytes() + payload);
    for (std::size_t i = frame.head_bytes(); i < bytes.size(); ++i) bytes[i] = static_cast<std::byte>(i * 31);
    frame.write_summed(payload, bytes.data());
    near_.send(bytes);
    const Bytes expected(bytes.begin() + static_cast<std::ptrdiff_t>(frame.head_bytes()), bytes.end());
    EXPECT_TRUE(run_until([&] { return far_received() == expected; }));
    received_.reset();
    ASSERT_EQ(::send(far_, expected.data(), payload, 0), static_cast<ssize_t>(payload));
    EXPECT_TRUE(run_until([&] { return received_ == expected; }));
  }
}

// Where the kernel has no VLAN devices, it still takes the tags out of the frames for whoever reads them
// here.
TEST(IpHostsInVlanTest, FindEachOtherAndNobodyElse) {
  const auto hosts = TwoHosts::enter();
  if (hosts == nullptr) GTEST_SKIP() << "this process may not make a network namespace (CAP_SYS_ADMIN)";
  CableEnd near;
  CableEnd far;
  if (!near.open("near")) GTEST_SKIP() << "this process may open no packet socket (CAP_NET_RAW)";
  hosts->over_there([&] { ASSERT_TRUE(far.open("far")); });
  IpHostOptions options{.mac = kOurMac, .vlan = kVlan};
  options.addresses = {*base::parse_ip("192.0.2.1"), *base::parse_ip("2001:db8::1")};
  IpHost one(options, [&](auto frame) { near.send(frame); });
  options.mac = kTheirMac;
  options.addresses = {*base::parse_ip("192.0.2.9"), *base::parse_ip("2001:db8::9")};
  IpHost other(options, [&](auto frame) { far.send(frame); });
  options.vlan = kVlan + 1;
  IpHost stranger(options, [&](auto frame) { far.send(frame); });
  const auto ipv4 = *base::parse_ip("192.0.2.9");
  const auto ipv6 = *base::parse_ip("2001:db8::9");
  const auto give_up_at = base::monotonic_now() + 60s;
  std::uint64_t seen_stripped = 0;
  for (bool done = false; !done;) {
    const base::Instant now = base::monotonic_now();
    ASSERT_LT(now, give_up_at);
    Bytes frame;
    std::optional<std::uint16_t> stripped;
    for (; near.receive(frame, stripped); seen_stripped += stripped ? 1 : 0) one.handle(frame, now, stripped);
    while (far.receive(frame, stripped)) {
      stranger.handle(frame, now, stripped);
      other.handle(frame, now, stripped);
    }
    one.tick(now);
    done = one.ask(ipv4, now) == kTheirMac && one.ask(ipv6, now) == kTheirMac;
    if (!done) near.wait();
  }
  EXPECT_GE(seen_stripped, 2u);
  EXPECT_GE(other.counters().neighbours_answered.value(), 2u);
  EXPECT_EQ(stranger.counters().frames_sent.value(), 0u);
  EXPECT_GE(stranger.counters().drops.value(base::DropReason::kForeignVlan), 2u);
}

INSTANTIATE_TEST_SUITE_P(Link, IpHostKernelTest,
                         testing::Values(Link{false, kNoVlan}, Link{true, kNoVlan}, Link{false, kVlan},
                                         Link{true, kVlan}),
                         [](const auto& link) {
                           return std::string(link.param.ipv6 ? "Ipv6" : "Ipv4") +
                                  (link.param.vlan == kNoVlan ? "" : "InVlan");
                         });

}  // namespace
}  // namespace tutti::net
