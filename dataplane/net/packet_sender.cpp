#include "dataplane/net/packet_sender.h"

#include <array>
#include <cerrno>

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "dataplane/base/bound_address.h"
#include "dataplane/base/check.h"
#include "dataplane/net/net_error.h"
#include "dataplane/net/packet_pieces.h"
#include "dataplane/net/packet_socket.h"

namespace tutti::net {
namespace {

void write_frame(PacketRing& ring, std::byte* at, const UdpFrame& frame, std::span<const std::byte> head,
                 std::span<const std::byte> payload) TUTTI_REALTIME {
  const std::size_t bytes = head.size() + payload.size();
  frame.write(bytes, at);
  copy_pieces(at + frame.head_bytes(), head, payload);
  ring.commit(frame.head_bytes() + bytes, frame.head_bytes() - 8);
}

struct ProbeSocket {
  explicit ProbeSocket(const base::SocketAddress& ip)
      : fd(::socket(ip.family == base::AddressFamily::kIpv4 ? AF_INET : AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC,
                    0)) {
    sockaddr_storage address{};
    const socklen_t length = base::to_sockaddr(ip.with_port(0), address);
    bound = fd >= 0 && ::bind(fd, reinterpret_cast<const sockaddr*>(&address), length) == 0;
  }
  ~ProbeSocket() {
    if (fd >= 0) ::close(fd);
  }
  ProbeSocket(const ProbeSocket&) = delete;
  ProbeSocket& operator=(const ProbeSocket&) = delete;

  const int fd;
  bool bound = false;
};

}  // namespace

base::Result<std::unique_ptr<PacketSender>, NetError> PacketSender::make(const base::SocketAddress& local_ip,
                                                                         std::uint32_t flows,
                                                                         std::uint32_t frames) {
  const auto interface = find_interface(local_ip);
  if (!interface) return base::unexpected(NetError::kAddressNotAvailable);
  auto ring = PacketRing::make(interface->index, frames);
  if (!ring) return base::unexpected(ring.error());
  if (interface->loopback) {
    if (auto tried = try_out(**ring, local_ip); !tried) return base::unexpected(tried.error());
  }
  return std::unique_ptr<PacketSender>(new PacketSender(std::move(*ring), *interface, flows));
}

// IPv4 takes frames from loopback only where it is told to accept local addresses from outside.
base::Result<void, NetError> PacketSender::try_out(PacketRing& ring, const base::SocketAddress& local_ip) {
  const ProbeSocket from(local_ip);
  const ProbeSocket to(local_ip);
  if (!from.bound || !to.bound) return base::unexpected(net_error_from_errno(errno));
  UdpFrame frame;
  frame.make({}, {}, base::bound_address(from.fd), base::bound_address(to.fd));
  const std::array probe{std::byte{1}};
  std::byte* at = ring.frame();
  CHECK(at != nullptr);
  write_frame(ring, at, frame, {}, probe);
  ring.flush();
  pollfd asked{.fd = to.fd, .events = POLLIN, .revents = 0};
  if (::poll(&asked, 1, 1'000) != 1) return base::unexpected(NetError::kFramesRefused);
  return {};
}

PacketSender::PacketSender(std::unique_ptr<PacketRing> ring, const LocalInterface& interface,
                           std::uint32_t flows)
    : interface_(interface),
      ring_(std::move(ring)),
      frames_(flows),
      hops_(flows),
      answers_(hops_, std::make_unique<KernelNeighbours>(interface)) {}

void PacketSender::connect(std::uint32_t flow, int socket, const base::SocketAddress& peer) TUTTI_REALTIME {
  FlowFrame& of = frames_[flow];
  of.made = false;
  of.local = base::bound_address(socket);
  of.peer = peer;
  if (of.local.family == peer.family) {
    hops_.set(flow, peer);
  } else {
    hops_.clear(flow);
  }
}

PacketSender::Way PacketSender::send(std::uint32_t flow, std::span<const std::byte> head,
                                     std::span<const std::byte> payload) TUTTI_REALTIME {
  const auto to = hops_.find(flow);
  if (!to) return Way::kSocket;
  FlowFrame& of = frames_[flow];
  if (!of.made || of.to != *to) {
    of.frame.make(interface_.mac, *to, of.local, of.peer);
    of.to = *to;
    of.made = true;
    return Way::kSocketNow;  // and with it what has gone that way and waits: the first frame comes after it
  }
  if (++of.sent == kThroughSocket) {
    of.sent = 0;
    ring_->flush();  // what was before it leaves first
    return Way::kSocketNow;
  }
  std::byte* at = ring_->frame();
  if (at == nullptr) return Way::kSocket;
  write_frame(*ring_, at, of.frame, head, payload);
  return Way::kFrame;
}

}  // namespace tutti::net
