#include <array>
#include <map>

#include <poll.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "dataplane/base/check.h"
#include "dataplane/net/packet_sender.h"
#include "dataplane/net/udp_endpoint_factory.h"
#include "dataplane/net/uring_port.h"
#include "own_network.h"
#include "port_world.h"

namespace tutti::net {
namespace {

// Below those that the kernel gives to clients: a receiver would take their packets for ours.
constexpr std::uint16_t kFirstPort = 20'000;
constexpr std::uint16_t kLastPort = 29'999;
constexpr auto kPatience = std::chrono::seconds(90);  // for a whole test

// Keeps the test on the processor it is on: packets sent over the loopback interface from two of them may
// overtake each other.
void pin_here() {
  cpu_set_t here;
  CPU_ZERO(&here);
  CPU_SET(static_cast<std::size_t>(::sched_getcpu()), &here);
  ::sched_setaffinity(0, sizeof(here), &here);
}

// Clients are plain UDP sockets on the loopback interface.
class UringWorld final : public PortWorld {
 public:
  UringWorld(std::unique_ptr<UringPort> port, const base::SocketAddress& ip,
             std::unique_ptr<OwnNetwork> network, std::vector<sock_filter> filter)
      : network_(std::move(network)),
        ip_(ip),
        port_(std::move(port)),
        factory_(std::move(filter)),
        allocator_(factory_, {{ip_}, kFirstPort, kLastPort}) {}
  ~UringWorld() override {
    for (const auto& [port, fd] : clients_) ::close(fd);
  }

  PacketPort& port() override { return *port_; }
  EndpointAllocator& allocator() override { return allocator_; }

  base::SocketAddress open_client() override {
    sockaddr_storage address;
    socklen_t length = base::to_sockaddr(ip_, address);
    const int fd = ::socket(address.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    CHECK(fd >= 0);
    CHECK(::bind(fd, reinterpret_cast<sockaddr*>(&address), length) == 0);
    CHECK(::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &length) == 0);
    const auto bound = base::from_sockaddr(reinterpret_cast<sockaddr*>(&address), length);
    const int bytes = 1 << 20;
    ::setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof(bytes));
    clients_[bound.port] = fd;
    return bound;
  }
  void close_client(const base::SocketAddress& client) override {
    ::close(clients_.at(client.port));
    clients_.erase(client.port);
  }
  void client_send(const base::SocketAddress& client, const base::SocketAddress& to,
                   std::string_view payload) override {
    sockaddr_storage address;
    const socklen_t length = base::to_sockaddr(to, address);
    const auto sent = ::sendto(clients_.at(client.port), payload.data(), payload.size(), 0,
                               reinterpret_cast<sockaddr*>(&address), length);
    CHECK(sent == static_cast<ssize_t>(payload.size()));
  }
  std::optional<TakenPacket> client_receive(const base::SocketAddress& client) override {
    pollfd asked{.fd = clients_.at(client.port), .events = POLLIN, .revents = 0};
    if (::poll(&asked, 1, 30'000) != 1) return std::nullopt;
    std::array<char, 2'048> buffer;
    sockaddr_storage address;
    socklen_t length = sizeof(address);
    const auto size =
        ::recvfrom(asked.fd, buffer.data(), buffer.size(), 0, reinterpret_cast<sockaddr*>(&address), &length);
    if (size < 0) return std::nullopt;
    TakenPacket taken;
    taken.source = base::from_sockaddr(reinterpret_cast<sockaddr*>(&address), length);
    taken.payload.assign(buffer.data(), static_cast<std::size_t>(size));
    return taken;
  }

  void pass_time() override { port_->wait_until(base::monotonic_now() + std::chrono::milliseconds(1)); }
  bool gave_up() const override { return base::monotonic_now() > give_up_at_; }

 private:
  const std::unique_ptr<OwnNetwork> network_;  // the last to go
  const base::SocketAddress ip_;
  const base::Instant give_up_at_ = base::monotonic_now() + kPatience;
  std::map<std::uint16_t, int> clients_;
  std::unique_ptr<UringPort> port_;
  UdpEndpointFactory factory_;
  EndpointAllocator allocator_;
};

enum class Path : std::uint8_t { kSockets, kSendFrames, kReceiveFrames };

MadeWorld make(const PortLimits& limits, const base::SocketAddress& ip, Path way = Path::kSockets) {
  pin_here();
  rlimit files{};
  ::getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &files);
  std::unique_ptr<OwnNetwork> network;
  UringPort::Shortcuts shortcuts;
  std::vector<sock_filter> filter;
  // No other program's packets are there: a ring would see them, and of ::1 there is but one. And loopback
  // takes frames.
  const bool ipv6 = ip.family == base::AddressFamily::kIpv6;
  if (way != Path::kSockets || ipv6) network = OwnNetwork::enter();
  if (way != Path::kSockets && network == nullptr)
    return {nullptr, "this process may not make a network namespace (CAP_SYS_ADMIN)"};
  if (ipv6) {
    const auto opened = UdpEndpointFactory().open(ip.with_port(kFirstPort), false);
    if (!opened && opened.error() == NetError::kAddressNotAvailable)
      return {nullptr, "no IPv6 on this machine"};
    if (opened) UdpEndpointFactory().close(*opened);
  }
  if (way == Path::kSendFrames) {
    auto made = PacketSender::make(ip, 2 * limits.endpoints, limits.transmit_buffers);
    if (!made && made.error() == NetError::kNotPermitted) return {nullptr, "no CAP_NET_RAW"};
    CHECK(made.has_value());
    shortcuts.sender = std::move(*made);
  }
  if (way == Path::kReceiveFrames) {
    auto made = PacketReceiver::make(PortLane::of(ip, kFirstPort, kLastPort, 0, 1), limits.endpoints);
    if (!made && made.error() == NetError::kNotPermitted) return {nullptr, "no CAP_NET_RAW"};
    CHECK(made.has_value());
    filter = socket_filter((*made)->interface());
    shortcuts.receiver = std::move(*made);
  }
  auto port = UringPort::make(limits, std::move(shortcuts));
  if (!port) return {nullptr, "no io_uring on this machine: " + std::string(to_string(port.error()))};
  return {std::make_unique<UringWorld>(std::move(*port), ip, std::move(network), std::move(filter)), ""};
}

}  // namespace

base::SocketAddress own_loopback_ip() {
  // 127.64.0.0/10 by process: a pid has 22 bits at most.
  const auto pid = static_cast<std::uint32_t>(::getpid());
  base::SocketAddress ip = *base::parse_ip("127.64.0.0");
  ip.ip[1] = static_cast<std::uint8_t>(64 + (pid >> 16) % 64);
  ip.ip[2] = static_cast<std::uint8_t>(pid >> 8);
  ip.ip[3] = static_cast<std::uint8_t>(pid);
  return ip;
}

MadeWorld make_uring_world(const PortLimits& limits) {
  return make(limits, own_loopback_ip());
}

MadeWorld make_packet_world(const PortLimits& limits) {
  return make(limits, own_loopback_ip(), Path::kSendFrames);
}

MadeWorld make_packet_ipv6_world(const PortLimits& limits) {
  return make(limits, *base::parse_ip("::1"), Path::kSendFrames);
}

MadeWorld make_receiver_world(const PortLimits& limits) {
  return make(limits, own_loopback_ip(), Path::kReceiveFrames);
}

MadeWorld make_receiver_ipv6_world(const PortLimits& limits) {
  return make(limits, *base::parse_ip("::1"), Path::kReceiveFrames);
}

MadeWorld make_uring_ipv6_world(const PortLimits& limits) {
  return make(limits, *base::parse_ip("::1"));
}

}  // namespace tutti::net
